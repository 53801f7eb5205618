import { SEVERITIES, type Severity } from "../finding.ts";
import type { Comparison, Gate, RankedFinding } from "./report-schema.ts";

/**
 * Decides whether a run is good enough. Only new findings count when there is a baseline: what was there before is
 * no reason to refuse a change. Pure.
 * @param failOn least severity that fails the run
 */
export function decideGate(
  findings: readonly Pick<RankedFinding, "severity" | "is_new">[],
  failOn: Severity | undefined,
  comparison: Comparison,
): Gate {
  if (failOn === undefined) return { status: "not-set", reasons: [] };
  const onlyNew = comparison.status === "compared" && comparison.with === "baseline";
  const judged = SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1);
  const reasons = judged.flatMap((severity) => {
    const number = findings.filter(
      (each) => each.severity === severity && (!onlyNew || each.is_new === true),
    ).length;
    if (number === 0) return [];
    return [`${number} ${onlyNew ? "new " : ""}${severity} finding${number === 1 ? "" : "s"}`];
  });
  return { status: reasons.length === 0 ? "passed" : "failed", reasons };
}
