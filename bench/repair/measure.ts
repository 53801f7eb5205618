import { openMutationRepairer } from "../../agents/fixers/mutation/mutation-repairer.ts";
import type { FixCandidate, TestFailure } from "../../core/fixer.ts";
import type { BrokenProject } from "./corpus.ts";

/** How the repairer alone did on one project. */
export interface Measured {
  /** Place of the true fix among the candidates, counted from 1; absent when it is not among them. */
  readonly rank?: number;
  readonly candidates: number;
  readonly milliseconds: number;
}

/** Asks for all candidates and looks for the text without the mistake. Nothing is run. */
export async function measureRepairer(
  folder: string,
  project: BrokenProject,
  failures: readonly TestFailure[],
): Promise<Measured> {
  const startMs = performance.now();
  const wanted = normal(project.original);
  let candidates = 0;
  let rank: number | undefined;
  for await (const { edits } of candidatesFor(folder, project, failures)) {
    candidates++;
    if (rank === undefined && normal(edits[project.sourceFile] ?? "") === wanted) rank = candidates;
  }
  const milliseconds = performance.now() - startMs;
  return { ...(rank === undefined ? {} : { rank }), candidates, milliseconds };
}

/** The candidates of the repairer for a project whose tests failed so. */
export function candidatesFor(
  folder: string,
  { sourceFile }: BrokenProject,
  failures: readonly TestFailure[],
): AsyncIterable<FixCandidate> {
  return openMutationRepairer().candidates(
    { workspace: folder, failures, suspects: [sourceFile], attempt: 1, earlier: [] },
    new AbortController().signal,
  );
}

/** Blanks within a line do not tell one program from another; how lines are indented does. */
function normal(source: string): string {
  return source.replace(/(?<=\S)[ \t]+/g, "").trim();
}
