import { parseStrictly } from "../syntax.ts";
import type { CodeComment } from "./code/code-tree.ts";
import { readWithGrammar } from "./code/grammar-tree.ts";
import type { Place } from "./facts.ts";

/** Fewer lines are an example more often than code that was left behind. */
const LEAST_LINES = 3;
const MOST_LINES = 200;
const MOST_RUNS = 50;

/** Comments over several lines that are JavaScript or TypeScript. */
export function deadScript(comments: readonly CodeComment[]): Place[] {
  return runsOf(comments, "//")
    .filter(({ lines }) => {
      const codeLines = lines.filter((line) => /[;{}]\s*$|^\s*[})\]]/.test(line)).length;
      if (codeLines * 2 < lines.length || codeLines < 2) return false;
      return parseStrictly("comment.ts", lines.join("\n")).status === "parsed";
    })
    .map(({ place }) => place);
}

/** Comments over several lines that are Python. */
export async function deadPython(comments: readonly CodeComment[]): Promise<Place[]> {
  const found: Place[] = [];
  for (const { place, lines } of runsOf(comments, "#")) {
    const codeLines = lines.filter((line) =>
      /^\s*(?:[\w.[\]"']+\s*[-+*]?=\s*\S|(?:def|class|if|for|while|with|return|import|from|try|except|elif|else)\b.*|[\w.]+\(.*\))\s*:?$/.test(
        line,
      ),
    ).length;
    if (codeLines * 2 < lines.length || codeLines < 2) continue;
    const { status } = await readWithGrammar("tree-sitter-python.wasm", `${lines.join("\n")}\n`);
    if (status === "read") found.push(place);
  }
  return found;
}

interface Run {
  readonly place: Place;
  readonly lines: string[];
}

/** Line comments that stand alone, one below the other. */
function runsOf(comments: readonly CodeComment[], sign: string): Run[] {
  const runs: Run[] = [];
  let last: CodeComment | undefined;
  for (const comment of comments) {
    if (!comment.text.startsWith(sign) || comment.text.startsWith(`${sign}/`)) continue;
    const follows = last?.line === comment.line - 1 && last.column === comment.column;
    const line = comment.text.slice(sign.length).replace(/^ /, "");
    if (follows) runs.at(-1)?.lines.push(line);
    else runs.push({ place: { line: comment.line, column: comment.column }, lines: [line] });
    last = comment;
  }
  return runs
    .filter(({ lines }) => lines.length >= LEAST_LINES && lines.length <= MOST_LINES)
    .slice(0, MOST_RUNS);
}
