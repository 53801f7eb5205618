import { parseYaml, type Source } from "../../../../language/parse.ts";
import type { Correction, Fixed } from "./fix-cascade.ts";

/** A text in quotes with a note in brackets behind it, which YAML has no place for. */
const NOTED = /"((?:[^"\\]|\\.)*)"[ \t]+(\([^()"]*\))[ \t]*$/;
const MOST_CORRECTED = 100;

/** Takes notes behind quoted texts into the quotes: `"All of it" (parallel)` → `"All of it (parallel)"`. */
export function fixNotes(source: Source): Fixed {
  const corrections: Correction[] = [];
  let { text } = source;
  while (corrections.length < MOST_CORRECTED) {
    const parsed = parseYaml({ ...source, text });
    const line = parsed.ok ? undefined : parsed.diagnostics[0]?.location.line;
    if (line === undefined) break;
    const lines = text.split("\n");
    const written = lines[line - 1] ?? "";
    const found = NOTED.exec(written);
    if (found === null) break;
    const [whole, quoted = "", note = ""] = found;
    lines[line - 1] = `${written.slice(0, found.index)}"${quoted} ${note}"`;
    text = lines.join("\n");
    const location = { file: source.file, line, column: found.index + 1 };
    corrections.push({ location, message: `${whole.trim()} → "${quoted} ${note}"` });
  }
  return { text, corrections };
}
