import type { RankedFinding } from "./report-schema.ts";

/** A finding that stands for its copies. */
export interface FindingWithCopies {
  readonly finding: RankedFinding;
  readonly copies: readonly RankedFinding[];
  /** It or one of its copies is new. */
  readonly isNew: boolean;
}

/** The findings in their order, each with those that copy it: what is repaired once is listed once. */
export function gatherCopies(findings: readonly RankedFinding[]): FindingWithCopies[] {
  const copies = Map.groupBy(findings, ({ copy_of }) => copy_of);
  return (copies.get(undefined) ?? []).map((finding) => {
    const own = copies.get(finding.fingerprint) ?? [];
    return { finding, copies: own, isNew: [finding, ...own].some((each) => each.is_new === true) };
  });
}
