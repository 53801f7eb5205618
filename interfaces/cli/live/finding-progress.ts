import { isJsonObject, type Json } from "../../../core/json.ts";

/** Findings of a run as its tasks end. */
export interface FindingProgress {
  /** Of the severities seen so far, in the order of `SEVERITIES`, zeros left out. */
  readonly counts: Readonly<Record<string, number>>;
  /** The latest, newest last. */
  readonly latest: readonly FindingLine[];
  /** Outputs that were too large to travel with their event: their findings are counted at the end only. */
  readonly uncounted: number;
}

export interface FindingLine {
  readonly severity: string;
  readonly place: string;
  readonly message: string;
}

export const SEVERITIES = ["critical", "high", "medium", "low"] as const;
const LATEST = 3;

export const NO_FINDINGS: FindingProgress = { counts: {}, latest: [], uncounted: 0 };

/** With those of one more task's output, as its event has it. Pure. */
export function withFindings(former: FindingProgress, output: Json | undefined): FindingProgress {
  if (!isJsonObject(output)) return former;
  if (!("value" in output)) return { ...former, uncounted: former.uncounted + 1 };
  const found = isJsonObject(output["value"]) ? output["value"]["findings"] : undefined;
  if (!Array.isArray(found)) return former;
  const counts: Record<string, number> = { ...former.counts };
  const lines: FindingLine[] = [];
  for (const finding of found as readonly Json[]) {
    if (!isJsonObject(finding)) continue;
    const severity = SEVERITIES.find((each) => each === finding["severity"]);
    if (severity === undefined) continue;
    counts[severity] = (counts[severity] ?? 0) + 1;
    lines.push({
      severity,
      place: `${String(finding["file"])}:${String(finding["line"])}`,
      message: String(finding["message"]),
    });
  }
  return { ...former, counts, latest: [...former.latest, ...lines].slice(-LATEST) };
}
