import { SwarmError } from "../core/errors.ts";
import type { RouteDecision } from "./router.ts";

/** Why nobody can answer, with the ways out. */
export function noModel({ requested, rejected }: RouteDecision): SwarmError {
  const told = rejected.map(({ model, text }) => `${model}: ${text}`).join("; ");
  const why = told === "" ? "nobody offers it" : told;
  if (rejected.some((each) => each.why === "health")) {
    return new SwarmError("model-failed", `no model can answer for ${requested} now: ${why}`, {
      disposition: "retry",
    });
  }
  return new SwarmError("no-model", `no model can answer for ${requested}: ${why}`, {
    hint: waysOut(rejected),
  });
}

function waysOut(rejected: RouteDecision["rejected"]): string {
  const isKey = rejected.some(({ why }) => why === "key") || rejected.length === 0;
  if (!isKey) return "npm run cascade -- models ls lists what models can do";
  const keys = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"].join(", ");
  return `set one of ${keys}, or CASCADE_MODEL_BASE_URL and CASCADE_MODEL for an endpoint of your own, or give a recording with --replay, or scripted answers with CASCADE_MODEL_SCRIPT; "models doctor" says what is there`;
}
