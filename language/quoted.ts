/** A text in quotes on one line; what cannot be seen, or turns the text round, as an escape. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Names the first character that is not of ASCII: it may look like one that is, or like nothing. */
export function strangeLetter(text: string): string | undefined {
  const code = /[^\0-\x7f]/u.exec(text)?.[0].codePointAt(0);
  if (code === undefined) return undefined;
  return `U+${code.toString(16).toUpperCase().padStart(4, "0")} in it is no letter a to z`;
}
