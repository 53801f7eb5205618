import { z } from "zod";
import { SwarmError } from "../core/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { ModelData, ModelRequest, SkillModels } from "../core/model.ts";
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
  context: z.custom<Json>(() => true).nullish(),
});
export type AskInputs = z.infer<typeof askInputs>;

/** What is asked, in the form that models take. @throws SwarmError `missing-input` when there is nothing to do */
export function requestOf(
  given: AskInputs,
  /** What the task is about, beside what is given as `context`. */
  material: readonly ModelData[] = [],
): Omit<ModelRequest, "model" | "features"> {
  const { system, schema, max_output_tokens: maxOutputTokens } = given;
  const data = [...dataOf(given.context ?? null), ...material];
  return {
    messages: [{ role: "user", parts: [{ kind: "text", text: taskOf(given) }] }],
    ...(data.length === 0 ? {} : { data }),
    ...(system == null || system === "" ? {} : { system }),
    ...(schema == null ? {} : { schema }),
    ...(maxOutputTokens == null ? {} : { maxOutputTokens }),
  };
}

/** A mapping is several pieces of data by their names, anything else is one. */
function dataOf(context: Json): readonly ModelData[] {
  const named = isJsonObject(context) ? Object.entries(context) : [["context", context] as const];
  return named.flatMap(([name, value]) => (value === null ? [] : [{ name, text: textOf(value) }]));
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
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
