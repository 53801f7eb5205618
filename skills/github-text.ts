import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { code, plainText, table } from "./markdown-text.ts";
import { visible } from "./visible-text.ts";

/** What GitHub takes: https://docs.github.com/en/rest. A longer title or text is refused there. */
export const GITHUB_LIMITS = {
  titleCharacters: 256,
  bodyCharacters: 65_536,
  labels: 100,
  labelCharacters: 50,
} as const;

const TABLE_ROWS = 20;
const TABLE_COLUMNS = 6;
const LISTED = 50;
/** A section that has less room than this is left out instead of cut. */
const LEAST_ROOM = 400;

export interface GithubBody {
  readonly text: string;
  /** Whether something had no room. */
  readonly isShortened: boolean;
}

/** The text of a pull request or issue: what it is about, each section under its heading, and where it is from. Pure. */
export function githubBody(parts: {
  readonly summary: string;
  /** By heading: texts are Markdown, everything else is shown as lists and tables. */
  readonly sections: JsonObject;
  readonly footer: string;
}): GithubBody {
  const { summary, sections, footer } = parts;
  const rest = `\n\n---\n${footer}\n`;
  const pieces = [
    ...(summary.trim() === "" ? [] : [quiet(summary)]),
    ...Object.entries(sections).map(
      ([title, value]) => `## ${plainText(title)}\n\n${shown(value)}`,
    ),
  ];
  const kept: string[] = [];
  let room = GITHUB_LIMITS.bodyCharacters - rest.length - NOTE.length - 2;
  let isShortened = false;
  for (const piece of pieces) {
    const cut = shortenedTo(piece, room);
    isShortened ||= cut !== piece;
    if (cut === "") continue;
    kept.push(cut);
    room -= cut.length + 2;
  }
  return { text: [...kept, ...(isShortened ? [NOTE] : [])].join("\n\n") + rest, isShortened };
}

const NOTE = "_Shortened: GitHub takes no longer text. The files of the run have all of it._";

/** Cut after a whole line; a block of code that is cut is closed. */
function shortenedTo(text: string, room: number): string {
  if (text.length <= room) return text;
  if (room < LEAST_ROOM) return "";
  const end = text.lastIndexOf("\n", room - FENCE.length - 2);
  const cut = text.slice(0, Math.max(0, end)).toWellFormed();
  return isInFence(cut) ? `${cut}\n${FENCE}` : cut;
}

const FENCE = "```";

function isInFence(text: string): boolean {
  return (text.match(/^```/gm) ?? []).length % 2 === 1;
}

/** Markdown that somebody else wrote: formats and code stay; HTML, mentions, and references that GitHub acts on, do not. */
export function quiet(raw: string): string {
  const closed = isInFence(raw) ? `${raw}\n${FENCE}` : raw;
  return closed
    .replaceAll(/\r\n?/g, "\n")
    .split(/(^```[^\n]*\n(?:[\s\S]*?\n)??```[^\S\n]*$)/m)
    .map((part) => linesVisible(part.startsWith(FENCE) ? part : harmless(part)))
    .join("");
}

function harmless(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll("~", "\\~")
    .replaceAll(FENCE, "\\`\\`\\`")
    .replace(/@|#(?=\d)|\bwww(?=\.)|\bGH(?=-\d)|:(?=\/\/)/gi, "$&\u2060");
}

function linesVisible(text: string): string {
  return text
    .split("\n")
    .map((line) => visible(line.replaceAll("\t", "    ").replaceAll("\u2060", MARK)))
    .join("\n")
    .replaceAll(MARK, "\u200b");
}

/** Stands for our own joiner while what others wrote is made visible. */
const MARK = "\ue000";

function shown(value: Json): string {
  if (typeof value === "string") return value.trim() === "" ? "_Nothing._" : quiet(value);
  if (value === null) return "_Not known._";
  if (Array.isArray(value)) return listed(value as readonly Json[]);
  if (isJsonObject(value)) {
    const lines = Object.entries(value).map(
      ([key, each]) => `- **${plainText(key)}**: ${cell(each)}`,
    );
    return lines.length === 0 ? "_Nothing._" : some(lines);
  }
  return cell(value);
}

function listed(values: readonly Json[]): string {
  if (values.length === 0) return "_None._";
  const rows = values.filter(isJsonObject);
  if (rows.length < values.length) return some(values.map((value) => `- ${cell(value)}`));
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].slice(0, TABLE_COLUMNS);
  const cells = rows
    .slice(0, TABLE_ROWS)
    .map((row) => columns.map((column) => cell(row[column] ?? null)));
  const more = rows.length - cells.length;
  const body = table(columns.map(plainText), cells);
  return more > 0 ? `${body}\n\n_and ${more} more_` : body;
}

function some(lines: readonly string[]): string {
  const more = lines.length - LISTED;
  return [...lines.slice(0, LISTED), ...(more > 0 ? [`- _and ${more} more_`] : [])].join("\n");
}

function cell(value: Json): string {
  if (value === null) return "not known";
  if (typeof value === "string") return plainText(value);
  return typeof value === "object" ? code(JSON.stringify(value)) : String(value);
}
