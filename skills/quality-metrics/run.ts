import { z } from "zod";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { measureCode, qualityOf } from "../code-measures.ts";
import { parseInputs } from "../skill-inputs.ts";
import { metricsOf, worstFunctions } from "./metrics.ts";

const metricsInputs = z.object({
  path: z.string().nullish(),
  threshold: z.number().min(0).max(1).nullish(),
});

const THRESHOLD = 0.7;

/** Measures the code below `path`. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const { path, threshold } = parseInputs(metricsInputs, inputs);
  const measures = await measureCode(path ?? context.directory, context);
  const quality = qualityOf(measures);
  const least = threshold ?? THRESHOLD;
  return {
    quality,
    threshold: least,
    passed: quality >= least,
    metrics: metricsOf(measures),
    worst: worstFunctions(measures),
    formula: measures.score.formula,
  };
}
