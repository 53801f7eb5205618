import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { openFileList } from "../file-list.ts";
import { fileSize } from "../finding.ts";
import { type FileImports, fileImports } from "../import-graph.ts";
import { isTestFile } from "../test-files.ts";
import { type Measured, measure } from "./measured.ts";
import { reachOf } from "./reach.ts";
import { type ReportFile, readReportFiles } from "./report-files.ts";

const ANALYSIS = { name: "test-coverage", version: "1.0.0" } as const;

/** Of the outputs of a stage, those of `complexity-analysis` count; others have neither list. */
const batchOutput = z.object({
  sizes: z.array(fileSize).exactOptional(),
  imports: z.array(fileImports).exactOptional(),
});

/** Says what tests cover or reach. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const batches = z.array(batchOutput).safeParse(inputs["reports"]);
  if (!batches.success) throw wrongReports(batches.error);
  const { root } = await openFileList({ path: inputs["path"] ?? null, files: [] }, context.signal);
  const sizes = batches.data.flatMap((batch) => batch.sizes ?? []);
  const imports = batches.data.flatMap((batch) => batch.imports ?? []);
  const sources = [...new Set(sizes.map(({ file }) => file))].filter((file) => !isTestFile(file));
  const { found, refused } = await readReportFiles(root, context.signal);
  const measured = await measure(root, sources, found);
  const about = {
    tool: ANALYSIS,
    agent: context.agentId,
    not_read: [...refused, ...measured.refused],
  };
  if (measured.files.length === 0) return { ...about, ...withoutReport(imports) };
  const newestMs = await newestOf(root, sources);
  const total = (field: "covered" | "total"): number =>
    measured.files.reduce((sum, file) => sum + file[field], 0);
  return {
    ...about,
    status: "measured",
    coverage: {
      reports: measured.used.map(({ report, files }) => ({
        file: report.file,
        format: report.format,
        files,
        ...ageOf(report, newestMs),
      })),
      covered: total("covered"),
      total: total("total"),
      files: measured.files,
      files_without: withoutCoverage(sources, measured),
    },
  };
}

function wrongReports(error: z.ZodError): SwarmError {
  const issue = error.issues[0];
  const pointer = ["/reports", ...(issue?.path ?? []).map(String)].join("/");
  return new SwarmError("invalid-input", `${pointer}: ${issue?.message ?? "does not fit"}`, {
    location: { pointer },
  });
}

/** Reach is no coverage, so it stands under a name of its own. */
function withoutReport(imports: readonly FileImports[]): Record<string, Json> {
  if (imports.length === 0) {
    const reason = "there is no coverage report, and no file whose imports are known";
    return { status: "not-run", reason };
  }
  return {
    status: "reach",
    reason: "there is no coverage report to read",
    reach: reachOf(imports),
  };
}

/** Analysed files that no report names: perhaps no test loads them, perhaps the tool did not look at them. */
function withoutCoverage(sources: readonly string[], measured: Measured): string[] {
  const named = new Set(measured.files.map(({ file }) => file));
  return sources.filter((file) => !named.has(file)).sort();
}

/** When the newest source was changed, as the file system tells; undefined when none is there any more. */
async function newestOf(root: string, sources: readonly string[]): Promise<number | undefined> {
  let newestMs: number | undefined;
  for (const file of sources) {
    const modifiedMs = await modifiedOf(join(root, file));
    if (modifiedMs !== undefined) newestMs = Math.max(newestMs ?? modifiedMs, modifiedMs);
  }
  return newestMs;
}

async function modifiedOf(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}

function ageOf({ modifiedMs }: ReportFile, newestMs: number | undefined): Record<string, Json> {
  return {
    written_at: new Date(modifiedMs).toISOString(),
    /** Positive when a source was changed after the report was written. */
    seconds_behind:
      newestMs === undefined ? null : Math.max(0, Math.round((newestMs - modifiedMs) / 1_000)),
  };
}
