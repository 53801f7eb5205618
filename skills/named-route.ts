import { modelOutput } from "../core/model-output.ts";
import type { SkillRun } from "../core/skill.ts";
import { askInputs, modelsIn, requestOf } from "./ask-model.ts";
import { parseInputs } from "./skill-inputs.ts";

/** A skill that asks the models of one route, by its name in the registry. */
export function namedRoute(model: string): SkillRun {
  return async (inputs, context) => {
    const request = requestOf(parseInputs(askInputs, inputs));
    return modelOutput(await modelsIn(context).generate({ ...request, model }));
  };
}
