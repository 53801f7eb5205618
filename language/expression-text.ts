/**
 * The text of expressions inside `${…}`: where one ends, and which hyphens belong to names.
 * CEL has no hyphens in names; cascades have, in the ids of stages and in the names of skills.
 */

/** A text in quotes as CEL has it, an escaped quote in it or not; the end of the text ends it too. */
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$)/sy;

/** The position of the `}` that closes an expression, or -1. Braces in texts and of maps are passed over. */
export function endOfExpression(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"' || character === "'") {
      at = endOfQuoted(text, at) - 1;
    } else if (character === "{") {
      depth += 1;
    } else if (character === "}") {
      if (depth === 0) return at;
      depth -= 1;
    }
  }
  return -1;
}

function endOfQuoted(text: string, start: number): number {
  QUOTED.lastIndex = start;
  return QUOTED.test(text) ? QUOTED.lastIndex : text.length;
}

const WORD = /[A-Za-z_][\w-]*/y;

/**
 * Replaces the hyphens of known names by underscores, so that the text keeps its length and parses. A hyphen with a
 * space beside it is always a minus; so is one in a word of which no beginning is a known name.
 */
export function joinNames(text: string, isKnown: (name: string) => boolean): string {
  let joined = "";
  for (let at = 0; at < text.length; ) {
    const character = text[at] ?? "";
    if (character === '"' || character === "'") {
      const end = endOfQuoted(text, at);
      joined += text.slice(at, end);
      at = end;
      continue;
    }
    WORD.lastIndex = at;
    const word = WORD.exec(text)?.[0];
    if (word === undefined) {
      joined += character;
      at += 1;
    } else {
      const name = longestKnown(word, isKnown);
      joined += name.replaceAll("-", "_");
      at += name.length;
    }
  }
  return joined;
}

/** The longest beginning of a word with hyphens that is a known name; else what stands before its first hyphen. */
function longestKnown(word: string, isKnown: (name: string) => boolean): string {
  for (let end = word.length; end > 0; end = word.lastIndexOf("-", end - 1)) {
    const name = word.slice(0, end);
    if (!name.includes("-")) return name;
    if (isKnown(name)) return name;
  }
  return word;
}
