/**
 * Makes characters visible that a reader would not see or that change how others are read: control characters, those
 * of no width and those that turn the reading direction. What comes out is valid in HTML, XML and Markdown.
 */
export function visible(raw: string): string {
  return raw
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029\u3164\ufffe\uffff]/gu, (character) => {
      if (character === "\n") return "\\n";
      return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
    });
}

/** The same, cut after so many characters with an ellipsis. */
export function shortened(raw: string, longest: number): string {
  const shown = visible(raw.slice(0, longest + 1));
  return shown.length <= longest && raw.length <= longest
    ? shown
    : `${shown.slice(0, longest - 1).toWellFormed()}…`;
}

/** Escaped for text and attributes of HTML and XML. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}
