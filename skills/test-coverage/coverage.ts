import type { CoverageReport, LineHits } from "./formats/line-hits.ts";
import type { openPathFinder } from "./path-finder.ts";

/** `type`, not `interface`, so that it is assignable to plain JSON. */
export type FileCoverage = {
  readonly file: string;
  /** Lines that ran at least once. */
  readonly covered: number;
  /** Lines with code. */
  readonly total: number;
};

/** Lines of known sources, put together from one report of several parts. */
export function matchSources(
  report: CoverageReport,
  find: ReturnType<typeof openPathFinder>,
): Map<string, LineHits> {
  const matched = new Map<string, LineHits>();
  for (const [path, hits] of report.files) {
    const file = find(path, report.bases);
    if (file !== undefined) addHits(matched, file, hits);
  }
  return matched;
}

/** Adds what ran in another process or under another path. */
export function addHits(files: Map<string, LineHits>, file: string, hits: LineHits): void {
  const known = files.get(file);
  if (known === undefined) {
    files.set(file, new Map(hits));
    return;
  }
  for (const [line, count] of hits) known.set(line, (known.get(line) ?? 0) + count);
}

export function countCovered(file: string, hits: LineHits): FileCoverage {
  const covered = [...hits.values()].filter((count) => count > 0).length;
  return { file, covered, total: hits.size };
}
