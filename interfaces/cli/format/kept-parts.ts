import { type CST, Parser } from "yaml";

/** What a file says beside its data. */
export interface KeptParts {
  /** Sorted: a comment may move to another line, but not be lost. */
  readonly comments: readonly string[];
  /** Anchors, aliases and tags in their order. */
  readonly properties: readonly string[];
}

const PROPERTIES: ReadonlySet<string> = new Set(["anchor", "alias", "tag"]);

/** @param text YAML whose depth is judged already */
export function keptParts(text: string): KeptParts {
  const comments: string[] = [];
  const properties: string[] = [];
  const note = (token: CST.Token): void => {
    if (!("source" in token)) return;
    if (token.type === "comment") comments.push(token.source.trimEnd());
    if (PROPERTIES.has(token.type)) properties.push(token.source);
  };
  for (const token of new Parser().parse(text)) visit(token, note);
  return { comments: comments.sort(), properties };
}

/** Recursive, for the depth is bounded; in the order of the text. */
function visit(token: CST.Token, note: (token: CST.Token) => void): void {
  note(token);
  const visitAll = (tokens: readonly CST.Token[] | null | undefined): void => {
    for (const each of tokens ?? []) visit(each, note);
  };
  if ("start" in token) visitAll(Array.isArray(token.start) ? token.start : [token.start]);
  if ("props" in token) visitAll(token.props);
  if ("items" in token) {
    for (const { start, key, sep, value } of token.items) {
      visitAll(start);
      if (key != null) visit(key, note);
      visitAll(sep);
      if (value !== undefined) visit(value, note);
    }
  }
  if (token.type === "document" && token.value !== undefined) visit(token.value, note);
  if ("end" in token) visitAll(token.end);
}
