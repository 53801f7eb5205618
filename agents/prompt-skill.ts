import { SwarmError } from "../core/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import type { ModelRequest, SkillModels } from "../core/model.ts";
import { MODEL_OUTPUTS, modelOutput } from "../core/model-output.ts";
import type { InputSpec, InputType } from "../core/plan.ts";
import type { SkillManifest } from "../core/skill.ts";

/**
 * Runs a skill that only instructs a model: its text says how, its inputs say what. When it declares outputs of its own, the
 * answer is JSON with them.
 */
export async function runPromptSkill(
  manifest: SkillManifest,
  inputs: JsonObject,
  models: SkillModels,
): Promise<Readonly<Record<string, Json>>> {
  const own = manifest.outputs.filter(({ name }) => !MODEL_OUTPUTS.has(name));
  const result = await models.generate({
    ...messagesOf(manifest, inputs),
    ...(own.length === 0 ? {} : { schema: schemaOf(own) }),
  });
  const answered = own.length > 0 && isJsonObject(result.json) ? result.json : {};
  return { ...modelOutput(result), ...answered };
}

/** What a skill is given is data for a model, and never part of what it is told to do. */
function messagesOf(
  { name, prompt = "" }: SkillManifest,
  inputs: JsonObject,
): Pick<ModelRequest, "system" | "messages" | "data"> {
  if (prompt === "") {
    const hint = "write under the frontmatter of its SKILL.md what the model is to do";
    throw new SwarmError("invalid-skill", `the skill ${name} has no text`, { hint });
  }
  const given = Object.entries(inputs).filter(([, value]) => value !== null);
  if (given.length === 0) return { messages: [{ role: "user", parts: [textPart(prompt)] }] };
  const data = given.map(([key, value]) => ({ name: key, text: textOf(value) }));
  return { system: prompt, messages: [{ role: "user", parts: [textPart(WITH_DATA)] }], data };
}

const WITH_DATA = "Do with the data what you were told.";

function textPart(text: string): { readonly kind: "text"; readonly text: string } {
  return { kind: "text", text };
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function schemaOf(outputs: readonly InputSpec[]): JsonObject {
  const properties = outputs.map(({ name, type, description }): readonly [string, JsonObject] => [
    name,
    { ...JSON_TYPES[type], ...(description === undefined ? {} : { description }) },
  ]);
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    required: outputs.filter(({ required }) => required).map(({ name }) => name),
  };
}

const JSON_TYPES: Readonly<Record<InputType, JsonObject>> = {
  string: { type: "string" },
  path: { type: "string" },
  number: { type: "number" },
  integer: { type: "integer" },
  boolean: { type: "boolean" },
  array: { type: "array" },
  object: { type: "object" },
  any: {},
};
