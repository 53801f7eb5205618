import type { CodeComment } from "./code-tree.ts";

const COMMENT = /(?:^|\s)(?:\/\/|\/\*|#(?![!{[a-fA-F0-9])|<!--|--(?=\s)|;;)[^\n]*/;

/** Comments of a language that we have no grammar for: what begins like one and runs to the end of its line. */
export function commentsByLine(text: string): CodeComment[] {
  let start = 0;
  return text.split("\n").flatMap((line, index) => {
    const lineStart = start;
    start += line.length + 1;
    const found = COMMENT.exec(line.slice(0, 1_000));
    if (found === null || isInQuotes(line, found.index)) return [];
    const at = found.index + (found[0].length - found[0].trimStart().length);
    const comment = line.slice(at);
    const place = { start: lineStart + at, end: lineStart + line.length };
    return [{ ...place, line: index + 1, column: at + 1, text: comment }];
  });
}

function isInQuotes(line: string, at: number): boolean {
  return ['"', "'", "`"].some((quote) => line.slice(0, at).split(quote).length % 2 === 0);
}
