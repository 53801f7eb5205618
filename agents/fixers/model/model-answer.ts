/** Lines of a file that are to become others, as a model wrote them down. */
export interface Replacement {
  /** As the answer names it: not checked. */
  readonly path: string;
  /** Empty: the file is new. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/**
 * The changes in an answer. Models are asked for one form and answer in another, so all are read: search and replace blocks, the
 * envelope of Codex, and unified diffs, whose line numbers and counts are often wrong and are not looked at. Pure.
 */
export function replacementsIn(answer: string): readonly Replacement[] {
  const text = answer.replaceAll("\r\n", "\n");
  const blocks = searchBlocks(text);
  if (blocks.length > 0) return blocks;
  return text.includes("*** Begin Patch") ? envelope(text) : unifiedDiff(text);
}

const BLOCK =
  /^([^\n`]+)\n(?:```\w*\n)?<{5,9} ?SEARCH\n([\s\S]*?)^={5,9}\n([\s\S]*?)^>{5,9} ?REPLACE/gm;

function searchBlocks(text: string): readonly Replacement[] {
  return [...text.matchAll(BLOCK)].map(([, path = "", before = "", after = ""]) => ({
    path: path.trim(),
    before: linesOf(before),
    after: linesOf(after),
  }));
}

function envelope(text: string): readonly Replacement[] {
  const found: Replacement[] = [];
  for (const part of text.split(/^(?=\*\*\* (?:Update|Add) File: )/m)) {
    const [, kind, path = ""] = /^\*\*\* (Update|Add) File: (.+)$/m.exec(part) ?? [];
    if (kind === undefined || !part.startsWith("***")) continue;
    const body = part.split("\n").slice(1);
    const end = body.findIndex((line) => /^(\*\*\* (End Patch|Delete File)|```)/.test(line));
    found.push(...hunksOf(path.trim(), end === -1 ? body : body.slice(0, end)));
  }
  return found;
}

function unifiedDiff(text: string): readonly Replacement[] {
  const found: Replacement[] = [];
  for (const part of text.split(/^(?=--- )/m)) {
    const [, before = "", after = ""] = /^--- (\S+)[^\n]*\n\+\+\+ (\S+)/.exec(part) ?? [];
    const path = after === "/dev/null" ? before : after;
    if (path === "") continue;
    const body = part.split("\n").slice(2);
    const end = body.findIndex((line) => /^(diff --git|```)/.test(line));
    found.push(...hunksOf(path.replace(/^[ab]\//, ""), end === -1 ? body : body.slice(0, end)));
  }
  return found;
}

/** Hunks begin with `@@`, whatever stands behind it. */
function hunksOf(path: string, lines: readonly string[]): readonly Replacement[] {
  const hunks: string[][] = [[]];
  for (const line of lines) {
    if (line.startsWith("@@")) hunks.push([]);
    else hunks.at(-1)?.push(line);
  }
  return hunks.flatMap((hunk) => {
    const kept = hunk.filter((line) => /^[-+ ]/.test(line) || line === "");
    while (kept.at(-1) === "") kept.pop();
    if (!kept.some((line) => /^[-+]/.test(line))) return [];
    const side = (sign: string): readonly string[] =>
      kept.filter((line) => !line.startsWith(sign)).map((line) => line.slice(1));
    return [{ path, before: side("+"), after: side("-") }];
  });
}

/** Undefined when the lines are not there, or there more than once. Pure. */
export function replaced(
  text: string,
  { before, after }: Pick<Replacement, "before" | "after">,
): string | undefined {
  const lines = text.split("\n");
  for (const same of [identical, sameButEnd]) {
    for (const { from, to } of contexts(before, after)) {
      const places = from.length === 0 ? [] : placesOf(lines, from, same);
      const [place] = places;
      if (place === undefined || places.length > 1) continue;
      return [...lines.slice(0, place), ...to, ...lines.slice(place + from.length)].join("\n");
    }
  }
  return undefined;
}

const identical = (one: string, other: string): boolean => one === other;
const sameButEnd = (one: string, other: string): boolean => one.trimEnd() === other.trimEnd();

/** The lines as they are, then with a single line that stays around those that change: the others may be remembered wrongly. */
function contexts(before: readonly string[], after: readonly string[]) {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const [cutHead, cutTail] = [Math.max(0, head - 1), Math.max(0, tail - 1)];
  const cut = (lines: readonly string[]): readonly string[] =>
    lines.slice(cutHead, lines.length - cutTail);
  return [
    { from: before, to: after },
    { from: cut(before), to: cut(after) },
  ];
}

function placesOf(
  lines: readonly string[],
  wanted: readonly string[],
  same: (one: string, other: string) => boolean,
): readonly number[] {
  const places: number[] = [];
  for (let at = 0; at + wanted.length <= lines.length; at++) {
    if (wanted.every((line, index) => same(lines[at + index] ?? "", line))) places.push(at);
  }
  return places;
}

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
