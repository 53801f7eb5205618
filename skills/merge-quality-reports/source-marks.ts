import { createHash } from "node:crypto";
import { parse } from "node:path";
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
  /** Frames of the first findings that are no copies, in their order. */
  readonly frames: readonly CodeFrame[];
}

interface Mark {
  readonly fingerprint: string;
  /**
   * Equal for the same code under the same rule in files of one name: built code often lies in several folders. It is made of the
   * text itself, so that two passwords stay two, and never leaves this module. Code that cannot be read is like no other.
   */
  readonly likeness: string;
}

interface Lines {
  /** Undefined when the file cannot be read, with the reason. */
  readonly lines: readonly string[] | undefined;
  readonly reason: string;
  /** Numbers of lines whose text would give a secret away. */
  readonly secret: ReadonlySet<number>;
}

/**
 * Reads each file that has findings: for fingerprints, content hashes, copies and the code frames of the first findings.
 * @param root real path of the analysed directory; nothing outside it is read
 */
export async function markFindings(
  findings: readonly UnmarkedFinding[],
  options: { readonly root: string; readonly frames: number; readonly signal: AbortSignal },
): Promise<MarkedFindings> {
  const marks = new Map<UnmarkedFinding, Mark>();
  const sources: { file: string; sha256: string }[] = [];
  const ofFile = Map.groupBy(findings, (each) => each.file);
  for (const [file, own] of ofFile) {
    await setImmediate();
    options.signal.throwIfAborted();
    const source = await readSource(options.root, file);
    for (const [each, mark] of marksOf(own, linesOf(source, own))) marks.set(each, mark);
    if (source.status === "source") sources.push({ file, sha256: hash(source.text) });
  }
  const marked = withCopies(findings, marks);
  const frames: CodeFrame[] = [];
  for (const each of marked
    .filter(({ copy_of }) => copy_of === undefined)
    .slice(0, options.frames)) {
    const source = await readSource(options.root, each.file);
    frames.push(frameOf(each.line, linesOf(source, ofFile.get(each.file) ?? [])));
  }
  return { findings: marked, sources: sources.sort((a, b) => (a.file < b.file ? -1 : 1)), frames };
}

function linesOf(
  source: Awaited<ReturnType<typeof readSource>>,
  own: readonly UnmarkedFinding[],
): Lines {
  return {
    lines: source.status === "source" ? source.text.split(/\r?\n/) : undefined,
    reason: source.status === "source" ? "" : source.reason,
    secret: new Set(own.filter(isAboutSecret).map(({ line }) => line)),
  };
}

/**
 * A fingerprint is made of file, rule and the text of the line, and which of several equal ones it is: the same when lines
 * above are added or taken away. Without the text the message stands in for it.
 */
function marksOf(
  findings: readonly UnmarkedFinding[],
  { lines, secret }: Lines,
): Map<UnmarkedFinding, Mark> {
  const seen = new Map<string, number>();
  const inOrder = findings.toSorted((a, b) => a.line - b.line || (a.column ?? 0) - (b.column ?? 0));
  return new Map(
    inOrder.map((each) => {
      const text = lines?.[each.line - 1];
      // A hash of a line with a short password would give the password away.
      const shown = text === undefined ? each.message : shownLine(text, secret.has(each.line));
      const key = JSON.stringify([each.file, each.rule, withoutIndent(shown)]);
      const base = hash(key).slice(0, 16);
      const number = (seen.get(base) ?? 0) + 1;
      seen.set(base, number);
      const fingerprint = `${base}:${number}`;
      const likeness = lines === undefined ? fingerprint : likenessOf(each, lines, number);
      return [each, { fingerprint, likeness }];
    }),
  );
}

/** A line alone would not do: an empty catch in each of two files called index is two problems. */
function likenessOf(
  { file, rule, message, line }: UnmarkedFinding,
  lines: readonly string[],
  number: number,
): string {
  const from = Math.max(0, line - 1 - FRAME_LINES_AROUND);
  const around = lines.slice(from, line + FRAME_LINES_AROUND).map(withoutIndent);
  return hash(JSON.stringify([parse(file).name, rule, message, around, number]));
}

function withoutIndent(line: string): string {
  return line.replace(/\s+/g, " ").trim();
}

/** Of several that are alike the first one stands for all. */
function withCopies(
  findings: readonly UnmarkedFinding[],
  marks: ReadonlyMap<UnmarkedFinding, Mark>,
): RankedFinding[] {
  const firsts = new Map<string, string>();
  return findings.map((each) => {
    const { fingerprint, likeness } = marks.get(each) ?? { fingerprint: "", likeness: "" };
    const first = firsts.get(likeness);
    if (first === undefined) firsts.set(likeness, fingerprint);
    return { ...each, fingerprint, ...(first === undefined ? {} : { copy_of: first }) };
  });
}

function frameOf(line: number, { lines, reason, secret }: Lines): CodeFrame {
  if (lines === undefined) return notShown(reason);
  if (line > lines.length) return notShown("the file is shorter now");
  const from = Math.max(1, line - FRAME_LINES_AROUND);
  const around = lines.slice(from - 1, line + FRAME_LINES_AROUND);
  if (around.at(-1) === "") around.pop();
  // A secret may go on in the lines around it.
  const isSecret = secret.has(line);
  return {
    status: "shown",
    from,
    lines: around.map((text, index) =>
      shownLine(text, isSecret || secret.has(from + index)).slice(0, FRAME_COLUMNS),
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
