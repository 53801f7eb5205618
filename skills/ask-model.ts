import { z } from "zod";
import { SwarmError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { ModelRequest, SkillModels } from "../core/model.ts";
import type { SkillContext } from "../core/skill.ts";

/** Whatever a stage calls what is to be done. */
const TASK_NAMES = ["prompt", "task", "query"] as const;

/** The inputs that all skills have which ask a model. */
export const askInputs = z.object({
  prompt: z.string().nullish(),
  task: z.string().nullish(),
  query: z.string().nullish(),
  system: z.string().nullish(),
  schema: z
    .custom<JsonObject>((data) => typeof data === "object" && !Array.isArray(data))
    .nullish(),
  max_output_tokens: z.int().min(1).max(1_000_000).nullish(),
});
export type AskInputs = z.infer<typeof askInputs>;

/** What is asked, in the form that models take. @throws SwarmError `missing-input` when there is nothing to do */
export function requestOf(
  given: AskInputs,
  /** Goes before what is to be done. */
  material: readonly string[] = [],
): Omit<ModelRequest, "model" | "features"> {
  const { system, schema, max_output_tokens: maxOutputTokens } = given;
  const texts = [...material, taskOf(given)];
  return {
    messages: [{ role: "user", parts: texts.map((text) => ({ kind: "text", text })) }],
    ...(system == null || system === "" ? {} : { system }),
    ...(schema == null ? {} : { schema }),
    ...(maxOutputTokens == null ? {} : { maxOutputTokens }),
  };
}

function taskOf(given: AskInputs): string {
  const texts = TASK_NAMES.map((name) => given[name] ?? "").filter((text) => text.trim() !== "");
  const [first] = new Set(texts);
  if (first !== undefined) return first;
  throw new SwarmError("missing-input", "there is nothing to ask: `prompt` is empty", {
    hint: "write `prompt:` on the stage, or give the input `prompt`, `task` or `query`",
    location: { pointer: "/prompt" },
  });
}

export function modelsIn({ models }: SkillContext): SkillModels {
  if (models !== undefined) return models;
  throw new SwarmError("not-supported", "there are no models in the lane that this skill runs in", {
    hint: "skills that ask models belong to the lane `light`",
  });
}
