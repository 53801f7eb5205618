import type { ErrorLocation } from "../../../../core/errors.ts";
import type { Source } from "../../../../language/parse.ts";
import { fixKeys } from "./fix-keys.ts";
import { fixNotes } from "./fix-notes.ts";
import { fixTabs } from "./fix-tabs.ts";
import { withModeline } from "./modeline.ts";

/** One thing that was corrected, where it stood. */
export interface Correction {
  readonly location: ErrorLocation;
  readonly message: string;
}

export interface Fixed {
  readonly text: string;
  readonly corrections: readonly Correction[];
}

/**
 * Corrects what can only be meant in one way: tabs that indent, notes behind quoted texts, mistyped keys, and a first line that names the schema
 * to editors when there is none.
 * @param schema as the first line names it
 */
export function fixCascade(source: Source, schema: string): Fixed {
  const { file } = source;
  const tabs = fixTabs(source);
  const notes = fixNotes({ text: tabs.text, file });
  const keys = fixKeys({ text: notes.text, file });
  const named = withModeline({ text: keys.text, file }, schema);
  const corrections = [tabs, notes, keys, named].flatMap((fixed) => fixed.corrections);
  return { text: named.text, corrections };
}
