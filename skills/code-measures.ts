import { z } from "zod";
import { SwarmError } from "../core/errors.ts";
import type { SkillContext } from "../core/skill.ts";
import { churnFrom, churnOfFiles } from "./churn.ts";
import { type Measurements, measureFiles } from "./complexity-analysis/measure-files.ts";
import { run as discoverFiles } from "./discover-files/run.ts";
import { type Duplication, findClones } from "./duplication.ts";
import { openFileList } from "./file-list.ts";
import { type NotAnalysed, notAnalysed } from "./finding.ts";
import { findCycles, type ImportCycle } from "./import-graph.ts";
import { clonesOf } from "./merge-quality-reports/derived-parts.ts";
import type { Score } from "./merge-quality-reports/report-schema.ts";
import { scoreOf } from "./merge-quality-reports/score.ts";

/** All that is known of the code below a path. */
export interface CodeMeasures extends Measurements {
  readonly root: string;
  readonly clones: Duplication;
  readonly cycles: readonly ImportCycle[];
  /** Why the history of the files is not known; undefined when it is. */
  readonly churnUnknown: string | undefined;
  /** Files and folders that were left out, each with its reason. */
  readonly leftOut: readonly NotAnalysed[];
  readonly score: Score;
}

const discovered = z.object({
  root: z.string(),
  batches: z.array(z.object({ files: z.array(z.string()), churn: churnOfFiles })),
  not_analysed: z.array(notAnalysed),
});

/**
 * Discovers the source files below `path` and measures them as `complexity-analysis` does. The score is that of
 * docs/score.md from the parts complexity, duplication and cycles.
 * @throws SwarmError `path-not-found`, `path-unreadable`, `invalid-input`, or `nothing-to-do` when nothing can be measured
 */
export async function measureCode(path: string, context: SkillContext): Promise<CodeMeasures> {
  const found = discovered.parse(await discoverFiles({ path, batches: 1 }, context));
  const { root } = found;
  const [batch] = found.batches;
  const files = batch?.files ?? [];
  const list = await openFileList({ path: root, files }, context.signal);
  const churn =
    batch === undefined
      ? ({ status: "unknown", reason: "there is no source file" } as const)
      : churnFrom(batch.churn, files);
  const measured = await measureFiles(
    { root, sources: list.sources, churn, useCache: true },
    context,
  );
  context.signal.throwIfAborted();
  if (measured.metrics.length === 0) throw nothingToMeasure(path);
  const clones = findClones(measured.fingerprints);
  const cycles = findCycles(measured.imports);
  return {
    ...measured,
    root,
    clones,
    cycles,
    churnUnknown: churn.status === "unknown" ? churn.reason : undefined,
    leftOut: [...found.not_analysed, ...list.notAnalysed, ...measured.notParsed],
    score: scoreOf({
      lines: measured.metrics.reduce((sum, { lines }) => sum + lines, 0),
      run: new Set(["complexity", "duplication", "cycles"]),
      findings: measured.findings.map(({ severity }) => ({ severity, part: "complexity" })),
      clones: clonesOf(clones.groups),
      cycles: cycles.length,
    }),
  };
}

/** The score as a number from 0 to 1, to three decimals. */
export function qualityOf({ score }: Pick<CodeMeasures, "score">): number {
  return Math.round((score.value ?? 0) * 10) / 1_000;
}

function nothingToMeasure(path: string): SwarmError {
  return new SwarmError("nothing-to-do", `${path} holds no source file that can be measured`, {
    hint: "JavaScript, TypeScript, Python, Go, Java and Rust are measured",
  });
}
