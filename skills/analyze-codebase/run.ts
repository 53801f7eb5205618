import { z } from "zod";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { measureCode, qualityOf } from "../code-measures.ts";
import { parseInputs } from "../skill-inputs.ts";
import { hotspotsOf, languagesOf, structureOf } from "./overview.ts";
import { summaryOf } from "./summary.ts";

const analyzeInputs = z.object({ path: z.string() });

/** Gives an overview of the code below `path`. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const { path } = parseInputs(analyzeInputs, inputs);
  const measures = await measureCode(path, context);
  const overview = {
    languages: languagesOf(measures.sizes),
    hotspots: hotspotsOf(measures),
    structure: structureOf(measures.sizes),
  };
  return {
    quality_score: qualityOf(measures),
    ...overview,
    summary: summaryOf(measures, overview),
  };
}
