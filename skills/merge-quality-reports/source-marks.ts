import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { readSource } from "../source-file.ts";
import type { UnmarkedFinding } from "./merge.ts";
import type { QualityReport, RankedFinding } from "./report-schema.ts";
import { isAboutSecret, maskKeys, maskValues } from "./secret-mask.ts";

const FRAME_LINES_AROUND = 3;
const FRAME_COLUMNS = 200;

/** Source lines around a finding, with secrets masked, or why there are none. */
export type CodeFrame =
  | { readonly status: "shown"; readonly from: number; readonly lines: readonly string[] }
  | { readonly status: "not-shown"; readonly reason: string };

export interface MarkedFindings {
  readonly findings: RankedFinding[];
  readonly sources: QualityReport["sources"];
  /** Frames of the first findings, in their order. */
  readonly frames: readonly CodeFrame[];
}

/**
 * Reads each file that has findings once: for fingerprints, content hashes and the code frames of the first findings.
 * @param root real path of the analysed directory; nothing outside it is read
 */
export async function markFindings(
  findings: readonly UnmarkedFinding[],
  options: { readonly root: string; readonly frames: number; readonly signal: AbortSignal },
): Promise<MarkedFindings> {
  const marks = new Map<UnmarkedFinding, string>();
  const frames = new Map<UnmarkedFinding, CodeFrame>();
  const framed = new Set(findings.slice(0, options.frames));
  const sources: { file: string; sha256: string }[] = [];
  for (const [file, own] of Map.groupBy(findings, (each) => each.file)) {
    await setImmediate();
    options.signal.throwIfAborted();
    const source = await readSource(options.root, file);
    const lines = source.status === "source" ? source.text.split(/\r?\n/) : undefined;
    const secretLines = new Set(own.filter(isAboutSecret).map(({ line }) => line));
    for (const [each, mark] of fingerprints(own, lines, secretLines)) marks.set(each, mark);
    for (const each of own.filter((one) => framed.has(one))) {
      const frame =
        source.status === "source"
          ? frameOf(each.line, lines ?? [], secretLines)
          : notShown(source.reason);
      frames.set(each, frame);
    }
    if (source.status === "source") sources.push({ file, sha256: hash(source.text) });
  }
  return {
    findings: findings.map((each) => ({ ...each, fingerprint: marks.get(each) ?? "" })),
    sources: sources.sort((a, b) => (a.file < b.file ? -1 : 1)),
    frames: [...framed].flatMap((each) => frames.get(each) ?? []),
  };
}

/**
 * File, rule and the text of the line, and which of several equal ones it is: the same when lines above are added or
 * taken away. Without the text the message stands in for it.
 */
function fingerprints(
  findings: readonly UnmarkedFinding[],
  lines: readonly string[] | undefined,
  secretLines: ReadonlySet<number>,
): Map<UnmarkedFinding, string> {
  const seen = new Map<string, number>();
  const inOrder = findings.toSorted((a, b) => a.line - b.line || (a.column ?? 0) - (b.column ?? 0));
  return new Map(
    inOrder.map((each) => {
      const text = lines?.[each.line - 1];
      // A hash of a line with a short password would give the password away.
      const shown = text === undefined ? each.message : shownLine(text, secretLines.has(each.line));
      const key = JSON.stringify([each.file, each.rule, shown.replace(/\s+/g, " ").trim()]);
      const base = hash(key).slice(0, 16);
      const number = (seen.get(base) ?? 0) + 1;
      seen.set(base, number);
      return [each, `${base}:${number}`];
    }),
  );
}

function frameOf(
  line: number,
  lines: readonly string[],
  secretLines: ReadonlySet<number>,
): CodeFrame {
  if (line > lines.length) return notShown("the file is shorter now");
  const from = Math.max(1, line - FRAME_LINES_AROUND);
  const around = lines.slice(from - 1, line + FRAME_LINES_AROUND);
  if (around.at(-1) === "") around.pop();
  // A secret may go on in the lines around it.
  const isSecret = secretLines.has(line);
  return {
    status: "shown",
    from,
    lines: around.map((text, index) =>
      shownLine(text, isSecret || secretLines.has(from + index)).slice(0, FRAME_COLUMNS),
    ),
  };
}

function notShown(reason: string): CodeFrame {
  return { status: "not-shown", reason };
}

function shownLine(line: string, isSecret: boolean): string {
  return isSecret ? maskValues(line) : maskKeys(line);
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
