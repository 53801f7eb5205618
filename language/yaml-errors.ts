import type { CST, YAMLError } from "yaml";
import { tokensIn } from "./yaml-tokens.ts";

/** An error of the YAML library in our words, at the place where it is mended. */
export interface YamlProblem {
  readonly message: string;
  readonly offset: number;
  readonly hint?: string;
}

/** What to do about the errors that people meet most, by their code or, where that says less, their message. */
const HINTS: Readonly<Record<string, string>> = {
  BAD_SCALAR_START: "put the text in quotes",
  BLOCK_AS_IMPLICIT_KEY: "a text that holds `: ` needs quotes",
  TAB_AS_INDENT: "indent with spaces",
  "Unexpected scalar at node end":
    "put what follows the quotes inside of them; `cascade-swarm fmt --fix` does it for a note in brackets",
};
const QUOTED: Readonly<Record<string, string>> = {
  "double-quoted-scalar": '"',
  "single-quoted-scalar": "'",
};
const CORE_TAG = /^!!(?:str|int|float|bool|null|map|seq)$/;

export function problemOf(
  error: YAMLError,
  text: string,
  tokens: readonly CST.Token[],
): YamlProblem {
  const [offset, end] = error.pos;
  if (error.code === "TAG_RESOLVE_FAILED") return tagProblem(text.slice(offset, end), offset);
  if (error.code === "NON_STRING_KEY") {
    const hint = "write it as one text, in quotes if need be";
    return { message: "a key must be a text", offset, hint };
  }
  const open = error.code === "MISSING_CHAR" ? openQuote(tokens, offset) : undefined;
  if (open !== undefined) return open;
  const message = error.message.replace(/\s+/g, " ");
  const hint = HINTS[error.code] ?? HINTS[message];
  return { message, offset, ...(hint === undefined ? {} : { hint }) };
}

function tagProblem(tag: string, offset: number): YamlProblem {
  const isCore = CORE_TAG.test(tag);
  return {
    message: isCore ? `the tag ${tag} does not fit its value` : `the tag ${tag} is not known`,
    offset,
    hint: "write the value without it",
  };
}

/** A text whose quotes are not closed goes on to the end of the file; it is mended where it begins. */
function openQuote(tokens: readonly CST.Token[], end: number): YamlProblem | undefined {
  for (const { token } of tokensIn(tokens)) {
    const quote = QUOTED[token.type];
    if (quote === undefined || !("source" in token)) continue;
    if (token.offset + token.source.length !== end) continue;
    const message = `the text that begins here has no closing ${quote}`;
    return { message, offset: token.offset, hint: "close it, or begin it without the quote" };
  }
  return undefined;
}
