import type { EarlierReport } from "./earlier-runs.ts";
import type { Comparison, RankedFinding } from "./report-schema.ts";

/** Tells new findings from those that another report had, by their fingerprints. Pure. */
export function compareFindings(
  findings: readonly RankedFinding[],
  earlier: EarlierReport | undefined,
  kind: "baseline" | "run-before",
): { readonly findings: RankedFinding[]; readonly comparison: Comparison } {
  if (earlier?.fingerprints === undefined) {
    const reason =
      earlier === undefined
        ? "there is no earlier run of this directory"
        : `run ${earlier.run} has no fingerprints`;
    return { findings: [...findings], comparison: { status: "not-compared", reason } };
  }
  const before = new Set(earlier.fingerprints);
  const marked = findings.map((each) => ({ ...each, is_new: !before.has(each.fingerprint) }));
  const added = marked.filter(({ is_new }) => is_new).length;
  const now = new Set(findings.map(({ fingerprint }) => fingerprint));
  return {
    findings: marked,
    comparison: {
      status: "compared",
      with: kind,
      run: earlier.run,
      generated_at: earlier.generatedAt,
      new: added,
      gone: [...before].filter((each) => !now.has(each)).length,
      same: marked.length - added,
    },
  };
}
