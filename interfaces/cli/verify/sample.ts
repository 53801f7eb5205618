import type { ReportedFinding } from "./report-findings.ts";

/** Fewer prove little, and take a second. */
const LEAST = 20;
/** Files of a batch: small enough that all agents have work. */
const BATCH_FILES = 20;

/**
 * Which findings are executed again, each as likely as any other and none twice. In the order of the report.
 * @param share per cent
 * @param randomBelow a whole number from 0 that is below the given one
 */
export function pickFindings(
  findings: readonly ReportedFinding[],
  share: number,
  randomBelow: (bound: number) => number,
): readonly ReportedFinding[] {
  const wanted = Math.min(
    findings.length,
    Math.max(LEAST, Math.ceil((findings.length * share) / 100)),
  );
  const positions = findings.map((_, position) => position);
  for (let at = 0; at < wanted; at++) {
    const other = at + randomBelow(positions.length - at);
    const [here = 0, there = 0] = [positions[at], positions[other]];
    positions[at] = there;
    positions[other] = here;
  }
  const picked = new Set(positions.slice(0, wanted));
  return findings.filter((_, position) => picked.has(position));
}

/** The files of findings, each once, as the input `batches` of the cascade `verify-findings`. */
export function batchesOf(
  findings: readonly ReportedFinding[],
): readonly { readonly files: readonly string[] }[] {
  const files = [...new Set(findings.map(({ file }) => file))].sort();
  return Array.from({ length: Math.ceil(files.length / BATCH_FILES) }, (_, batch) => ({
    files: files.slice(batch * BATCH_FILES, (batch + 1) * BATCH_FILES),
  }));
}
