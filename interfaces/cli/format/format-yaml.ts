import { parseDocument } from "yaml";
import { SwarmError } from "../../../core/errors.ts";
import type { Diagnostic } from "../../../language/diagnostic.ts";
import { parseYaml, type Source } from "../../../language/parse.ts";
import { asWritten } from "./as-written.ts";
import { keptParts } from "./kept-parts.ts";

export type Formatted =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Columns after which a text over several lines is folded, and brackets take a line for each entry. */
const WIDTH = 120;
/** A comment that moves to another line may move once more; what does not settle soon never does. */
const MOST_ROUNDS = 4;

/**
 * Lays a YAML file out: two spaces a level, one between a key and its value. Its data, comments, anchors, quotes and
 * the order of keys stay, and the result formatted again is the same.
 * @throws SwarmError `not-supported` when the library cannot write the file without losing some of that
 */
export function formatYaml(source: Source): Formatted {
  const parsed = parseYaml(source);
  if (!parsed.ok) return parsed;
  const { file } = source;
  let text = layOut(source.text);
  for (let round = 1; ; round++) {
    const next = layOut(text);
    if (next === text) break;
    if (round === MOST_ROUNDS) throw refusal(file, "its layout does not settle");
    text = next;
  }
  const again = parseYaml({ text, file });
  if (!again.ok) throw refusal(file, again.diagnostics[0]?.message ?? "it would be no YAML");
  if (JSON.stringify(again.data) !== JSON.stringify(parsed.data)) {
    throw refusal(file, "its data would change");
  }
  if (JSON.stringify(keptParts(text)) !== JSON.stringify(keptParts(source.text))) {
    throw refusal(file, "a comment or an anchor would be lost");
  }
  return { ok: true, text };
}

/** @param text that `parseYaml` accepts, so its depth is bounded */
function layOut(text: string): string {
  const document = parseDocument(text.replaceAll("\r\n", "\n"), {
    version: "1.2",
    schema: "core",
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
    keepSourceTokens: true,
    customTags: asWritten,
  });
  // Nothing but comments, for which the library would write a value.
  if (document.errors.length > 0 || document.contents === null) return text;
  return document.toString({ indent: 2, indentSeq: true, lineWidth: WIDTH });
}

function refusal(file: string, why: string): SwarmError {
  return new SwarmError("not-supported", `it cannot be formatted: ${why}`, {
    location: { file },
    hint: "the file is left as it is; write the part in a plainer way, such as a comment on a line of its own",
  });
}
