import type { RankedFinding } from "./report-schema.ts";

/** A finding that stands for its copies. */
export interface FindingWithCopies {
  readonly finding: RankedFinding;
  readonly copies: readonly RankedFinding[];
}

/** The findings in their order, each with those that copy it: what is repaired once is listed once. */
export function gatherCopies(findings: readonly RankedFinding[]): FindingWithCopies[] {
  const copies = Map.groupBy(findings, ({ copy_of }) => copy_of);
  return (copies.get(undefined) ?? []).map((finding) => ({
    finding,
    copies: copies.get(finding.fingerprint) ?? [],
  }));
}
