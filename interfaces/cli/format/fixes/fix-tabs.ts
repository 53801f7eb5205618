import { parseYaml, type Source } from "../../../../language/parse.ts";
import type { Fixed } from "./fix-cascade.ts";

/** How many spaces a tab may stand for. */
const WIDTHS = [2, 4, 8] as const;

/**
 * Turns tabs that indent into spaces, if the file is no YAML because of them and reads the same however wide a tab is
 * taken to be. What cannot be told stays as it is, and is an error.
 */
export function fixTabs(source: Source): Fixed {
  const { text, file } = source;
  const unchanged = { text, corrections: [] };
  if (!/^[ \t]*\t/m.test(text) || parseYaml(source).ok) return unchanged;
  for (const indentation of [/^\t[ \t]*/gm, /^[ \t]*\t[ \t]*/gm]) {
    const spaced = agreed(WIDTHS.map((width) => expandTabs(text, indentation, width)));
    if (spaced === undefined) continue;
    const lines = [...text.matchAll(indentation)];
    const line = text.slice(0, lines[0]?.index).split("\n").length;
    const message = `tabs → spaces on ${lines.length} line${lines.length === 1 ? "" : "s"}`;
    const corrections = [{ location: { file, line, column: 1 }, message }];
    return { text: spaced, corrections };
  }
  return unchanged;
}

function expandTabs(text: string, indentation: RegExp, width: number): string {
  return text.replace(indentation, (indent) => indent.replaceAll("\t", " ".repeat(width)));
}

/** The first of several readings that are YAML, if all of those mean the same. */
function agreed(texts: readonly string[]): string | undefined {
  const read = texts.flatMap((text) => {
    const parsed = parseYaml({ text, file: "" });
    return parsed.ok ? [{ text, data: JSON.stringify(parsed.data) }] : [];
  });
  const [first] = read;
  return first !== undefined && read.every(({ data }) => data === first.data)
    ? first.text
    : undefined;
}
