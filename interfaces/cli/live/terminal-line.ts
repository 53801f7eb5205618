import { styleText } from "node:util";
import stringWidth from "string-width";
import { printable } from "../terminal-text.ts";

/** What a terminal can show. */
export interface TerminalStyle {
  readonly colour: boolean;
  /** False: nothing but ASCII. */
  readonly unicode: boolean;
}

export type Colour = "red" | "yellow" | "green" | "cyan" | "dim" | "bold";

/** A piece of a line in one colour. */
export interface Span {
  readonly text: string;
  readonly colour?: Colour;
}

/** What the terminal that `env` describes can show. */
export function styleOf(env: Readonly<Record<string, string | undefined>>): TerminalStyle {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  return { colour: (env["NO_COLOR"] ?? "") === "", unicode: /utf-?8/i.test(locale) };
}

/** A line that fits `width` columns; what does not is cut and marked. Control characters in it are made visible. */
export function renderLine(spans: readonly Span[], width: number, style: TerminalStyle): string {
  const shown = spans.map((span) => ({ ...span, text: visible(span.text, style) }));
  const total = shown.reduce((sum, { text }) => sum + stringWidth(text), 0);
  const mark = style.unicode ? "…" : "~";
  let left = total <= width ? width : width - 1;
  const parts: string[] = [];
  for (const { text, colour } of shown) {
    const piece = cut(text, left);
    left -= stringWidth(piece);
    if (piece !== "") parts.push(paint(piece, colour, style));
    if (piece !== text) break;
  }
  return total <= width ? parts.join("").trimEnd() : `${parts.join("")}${width > 0 ? mark : ""}`;
}

function visible(text: string, { unicode }: TerminalStyle): string {
  const safe = printable(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all that is not ASCII is replaced
  return unicode ? safe : safe.replace(/[^\x00-\x7f]+/g, "?");
}

/** The longest beginning that is at most `width` columns wide. */
function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let piece = "";
  let used = 0;
  for (const { segment } of graphemes.segment(text.slice(0, Math.max(0, width) * 8))) {
    used += stringWidth(segment);
    if (used > width) break;
    piece += segment;
  }
  return piece;
}

const graphemes = new Intl.Segmenter();

function paint(text: string, colour: Colour | undefined, style: TerminalStyle): string {
  return style.colour && colour !== undefined
    ? styleText(colour, text, { validateStream: false })
    : text;
}
