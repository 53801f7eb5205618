import type { FileMetrics } from "./finding.ts";

/** A file that is changed often and hard to understand. `type`, not `interface`, so that it is assignable to plain JSON. */
export type Hotspot = {
  readonly file: string;
  readonly commits_365d: number;
  readonly cognitive: number;
  /** Commits × cognitive complexity. */
  readonly score: number;
  /** Of all scores together, from 0 to 1. */
  readonly share: number;
};

/** Files by their score, the highest first. Those whose commits are not known have none and are left out. */
export function rankHotspots(metrics: readonly FileMetrics[]): Hotspot[] {
  const scored = metrics.flatMap(({ file, commits_365d, cognitive }) => {
    const score = (commits_365d ?? 0) * cognitive;
    return commits_365d === null || score === 0 ? [] : [{ file, commits_365d, cognitive, score }];
  });
  const total = scored.reduce((sum, { score }) => sum + score, 0);
  return scored
    .sort((a, b) => b.score - a.score || (a.file < b.file ? -1 : 1))
    .map((each) => ({ ...each, share: each.score / total }));
}
