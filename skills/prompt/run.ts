import { z } from "zod";
import type { Json, JsonObject } from "../../core/json.ts";
import { MODEL_FEATURES } from "../../core/model.ts";
import { modelOutput } from "../../core/model-output.ts";
import type { SkillContext } from "../../core/skill.ts";
import { askInputs, modelsIn, requestOf } from "../ask-model.ts";
import { parseInputs } from "../skill-inputs.ts";

const promptInputs = askInputs.extend({
  model: z.string().nullish(),
  features: z.array(z.enum(MODEL_FEATURES)).nullish(),
});

/** Asks a model. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const given = parseInputs(promptInputs, inputs);
  const { model, features } = given;
  const result = await modelsIn(context).generate({
    ...requestOf(given),
    ...(model == null ? {} : { model }),
    ...(features == null ? {} : { features }),
  });
  return modelOutput(result);
}
