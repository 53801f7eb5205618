import type { CodemodName } from "./codemods/registry.ts";

/** A piece of a file and what stands in its place. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** `type`, not `interface`, so that it is assignable to plain JSON. */
export type Change = {
  readonly path: string;
  readonly codemod: CodemodName;
  readonly line: number;
  /** The lines that the edit touches, with and without it. */
  readonly before: string;
  readonly after: string;
};

const LONGEST = 400;

/** The text with all edits, none of which overlap. */
export function withEdits(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return `${parts.join("")}${text.slice(at)}`;
}

export function changeOf(path: string, text: string, codemod: CodemodName, edit: Edit): Change {
  const start = text.lastIndexOf("\n", edit.start - 1) + 1;
  const found = text.indexOf("\n", edit.end);
  const end = found === -1 ? text.length : found;
  const inside = { ...edit, start: edit.start - start, end: edit.end - start };
  const before = text.slice(start, end);
  return {
    path,
    codemod,
    line: text.slice(0, edit.start).split("\n").length,
    before: shown(before),
    after: shown(withEdits(before, [inside])),
  };
}

function shown(lines: string): string {
  const trimmed = lines.trim().toWellFormed();
  return trimmed.length > LONGEST ? `${trimmed.slice(0, LONGEST - 1)}…` : trimmed;
}
