import type { Json, JsonObject } from "../../core/json.ts";
import { modelOutput } from "../../core/model-output.ts";
import type { SkillContext } from "../../core/skill.ts";
import { askInputs, modelsIn, requestOf } from "../ask-model.ts";
import { parseInputs } from "../skill-inputs.ts";

/** Asks a model that looks things up on the web. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const request = requestOf(parseInputs(askInputs, inputs));
  const result = await modelsIn(context).generate({
    ...request,
    model: "gemini-search",
    search: true,
  });
  const sources = result.sources.map(({ url, title }) => ({ url, title }));
  return { ...modelOutput(result), sources, is_grounded: sources.length > 0 };
}
