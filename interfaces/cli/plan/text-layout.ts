import stringWidth from "string-width";
import { printable } from "../terminal-text.ts";

/** Text as lines of at most `width` columns, broken between words; control characters in it are made visible. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of printable(text.replace(/\s+/g, " ").trim()).split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (stringWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    const pieces = cutInto(word, width);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? "";
  }
  return [...lines, line];
}

/** `label     text`, with further lines below the text; a label that is too long has a line of its own. */
export function labelled(
  label: string,
  text: string,
  { indent, labelWidth, width }: Layout,
): readonly string[] {
  const margin = " ".repeat(indent);
  const lines = wrapped(text, Math.max(LEAST_ROOM, width - indent - labelWidth));
  const shown = printable(label);
  const fits = stringWidth(shown) < labelWidth;
  return [
    ...(fits ? [] : wrapped(shown, width - indent).map((line) => `${margin}${line}`)),
    ...lines.map(
      (line, at) => `${margin}${padded(at === 0 && fits ? shown : "", labelWidth)}${line}`,
    ),
  ];
}

/** Columns for labels of which most fit, with the space behind them. */
export function labelWidthFor(labels: readonly string[]): number {
  const longest = Math.max(0, ...labels.map((label) => stringWidth(printable(label))));
  return Math.min(longest, WIDEST_LABEL) + LABEL_GAP;
}

export interface Layout {
  readonly indent: number;
  /** Columns of the label with the space behind it. */
  readonly labelWidth: number;
  /** Columns of the whole line. */
  readonly width: number;
}

const LEAST_ROOM = 20;
const WIDEST_LABEL = 24;
const LABEL_GAP = 2;

/** Text with spaces behind it, up to so many columns. */
export function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - stringWidth(text)));
}

/** At most so many characters; what was cut is marked. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** A word that is longer than a line. */
function cutInto(word: string, width: number): readonly string[] {
  if (stringWidth(word) <= width) return [word];
  const pieces: string[] = [];
  let piece = "";
  for (const { segment } of graphemes.segment(word)) {
    if (stringWidth(piece + segment) > width) {
      pieces.push(piece);
      piece = "";
    }
    piece += segment;
  }
  return [...pieces, piece];
}

const graphemes = new Intl.Segmenter();

const UNITS = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

const EXACT_UP_TO_MS = 60_000;

/** `1h 30m`, `1m 30s`, `500ms`; above a minute, in whole seconds, rounded up. */
export function durationText(ms: number): string {
  let left = ms > EXACT_UP_TO_MS ? Math.ceil(ms / 1_000) * 1_000 : ms;
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.length === 0 ? "0s" : parts.join(" ");
}

/** `1 stage`, `2 stages`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}
