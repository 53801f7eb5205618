import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { type Churn, churnFrom, churnOfFiles, readChurn } from "../churn.ts";
import { openFileList } from "../file-list.ts";
import { tellHotspots } from "../second-opinion.ts";
import { PARSER } from "../syntax.ts";
import { ANALYSIS } from "./findings.ts";
import { measureFiles } from "./measure-files.ts";
import { TREE_SITTER } from "./tree-sitter.ts";

/** Measures a batch of files. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const { root, sources, notAnalysed } = await openFileList(inputs, context.signal);
  const churn =
    givenChurn(inputs) ??
    (await readChurn(
      root,
      sources.map(({ file }) => file),
      { nowS: Math.floor(Date.now() / 1_000), signal: context.signal },
    ));
  const {
    cached,
    measured: _,
    notParsed,
    ...outputs
  } = await measureFiles({ root, sources, churn, useCache: inputs["cache"] }, context);
  await tellHotspots(outputs.metrics, context);
  return {
    tool: ANALYSIS,
    parser: PARSER,
    parsers: [PARSER, TREE_SITTER],
    agent: context.agentId,
    files_analysed: sources.length - notParsed.length,
    files_cached: cached,
    ...outputs,
    churn:
      churn.status === "known" ? { status: "known" } : { status: "unknown", reason: churn.reason },
    not_analysed: [...notAnalysed, ...notParsed].map((entry) => ({
      ...entry,
      tool: ANALYSIS.name,
    })),
  };
}

/** The whole history is read once, by `discover-files`, rather than by every batch. */
function givenChurn({ churn, files }: JsonObject): Churn | undefined {
  if (churn === undefined || churn === null) return undefined;
  const given = churnOfFiles.safeParse(churn);
  if (given.success && Array.isArray(files)) return churnFrom(given.data, files.map(String));
  throw new SwarmError("invalid-input", "churn does not fit", { location: { pointer: "/churn" } });
}
