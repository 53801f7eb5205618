import { isUtf8 } from "node:buffer";
import { constants, type Stats } from "node:fs";
import { lstat, open, realpath } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { reasonInFileName, saysItIsGenerated } from "./generated-code.ts";

/** A larger file is data or generated, and one of 10 MB would hold up its whole batch. */
const LARGEST_SOURCE_BYTES = 1_000_000;
/** Nobody writes lines that are this long on average: the file was made by a tool. */
const MINIFIED_AVERAGE_LINE = 500;
const MINIFIED_LEAST_BYTES = 2_000;

/** Languages we can tell by a file's ending. `analysesOf` says what can be done with each. */
const LANGUAGES: Readonly<Record<string, string>> = {
  ".js": "JavaScript",
  ".mjs": "JavaScript",
  ".cjs": "JavaScript",
  ".jsx": "JavaScript",
  ".ts": "TypeScript",
  ".mts": "TypeScript",
  ".cts": "TypeScript",
  ".tsx": "TypeScript",
  ".c": "C",
  ".h": "C",
  ".cc": "C++",
  ".cpp": "C++",
  ".hpp": "C++",
  ".cs": "C#",
  ".dart": "Dart",
  ".ex": "Elixir",
  ".go": "Go",
  ".java": "Java",
  ".kt": "Kotlin",
  ".lua": "Lua",
  ".php": "PHP",
  ".pl": "Perl",
  ".py": "Python",
  ".rb": "Ruby",
  ".rs": "Rust",
  ".scala": "Scala",
  ".sh": "Shell",
  ".sql": "SQL",
  ".svelte": "Svelte",
  ".swift": "Swift",
  ".vue": "Vue",
  ".zig": "Zig",
};

export function languageOf(file: string): string | undefined {
  return LANGUAGES[extname(file).toLowerCase()];
}

/** What can be found out about a source file. */
export const ANALYSES = ["size", "churn", "duplication", "functions", "imports", "lint"] as const;
export type Analysis = (typeof ANALYSES)[number];

const WITH_SYNTAX: ReadonlySet<string> = new Set([
  "JavaScript",
  "TypeScript",
  "Python",
  "Go",
  "Java",
  "Rust",
]);

/** Which analyses take a language. The first three need no more than text. */
export function analysesOf(language: string): readonly Analysis[] {
  if (language === "JavaScript" || language === "TypeScript") return ANALYSES;
  return WITH_SYNTAX.has(language)
    ? ["size", "churn", "duplication", "functions", "imports"]
    : ["size", "churn", "duplication"];
}

export type SourceFile =
  | { readonly status: "source"; readonly text: string; readonly bytes: number }
  | { readonly status: "not-analysed"; readonly reason: string };

/** Reads a source file that somebody here wrote; what is said of `readText` holds here, too. */
export async function readSource(root: string, file: string): Promise<SourceFile> {
  const path = resolve(root, file);
  const nameReason = reasonOutside(root, path) ?? reasonInSourceName(path);
  if (nameReason !== undefined) return leftOut(nameReason);
  const source = await readText(root, file);
  if (source.status !== "source") return source;
  const textReason = reasonInText(source.text);
  return textReason === undefined ? source : leftOut(textReason);
}

/** Why a text that can be read is no source that somebody here wrote. */
export function reasonInSource(file: string, text: string): string | undefined {
  return reasonInSourceName(file) ?? reasonInText(text);
}

/**
 * Reads a text file of a tree that somebody else made. Whatever is no plain, readable text file is told apart
 * before it is opened: links are not followed, and FIFOs, sockets and devices are never opened.
 * @param root real path of the analysed directory
 * @param file relative to it
 */
export async function readText(root: string, file: string): Promise<SourceFile> {
  const path = resolve(root, file);
  const nameReason = reasonOutside(root, path);
  if (nameReason !== undefined) return leftOut(nameReason);
  try {
    const kindReason = reasonInKind(await lstat(path));
    if (kindReason !== undefined) return leftOut(kindReason);
    if ((await realpath(dirname(path))) !== dirname(path)) return leftOut("behind a symbolic link");
    return await readPlainFile(path);
  } catch (error) {
    return leftOut(unreadableReason(error, file));
  }
}

/** Why a file or folder cannot be read, in the words that all skills use. */
export function unreadableReason(error: unknown, file: string): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  if (code === "ENOENT" && file.includes("\uFFFD")) return "its name is not UTF-8";
  return code === "ENOENT" ? "does not exist" : `unreadable (${code})`;
}

/** Why an entry that is no plain file is left out; undefined for a plain file. */
export function reasonInKind(
  entry: Pick<Stats, "isFile" | "isSymbolicLink" | "isFIFO" | "isSocket">,
): string | undefined {
  if (entry.isFile()) return undefined;
  if (entry.isSymbolicLink()) return "symbolic link";
  if (entry.isFIFO()) return "named pipe";
  if (entry.isSocket()) return "socket";
  return "not a plain file";
}

/** Said of a text file in no language that we know by its ending. */
export const NOT_SOURCE = "not a source language";

function leftOut(reason: string): SourceFile {
  return { status: "not-analysed", reason };
}

function tooLarge(bytes: number): string {
  return `too large (${(bytes / 1_000_000).toFixed(1)} MB; the limit is ${LARGEST_SOURCE_BYTES / 1_000_000} MB)`;
}

function reasonOutside(root: string, path: string): string | undefined {
  const inside = relative(root, path);
  const isOutside = inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  return isOutside ? "outside the analysed directory" : undefined;
}

/** Why a file of this name is no source that somebody here wrote. */
function reasonInSourceName(path: string): string | undefined {
  const apart = reasonInFileName(basename(path));
  if (apart !== undefined) return apart;
  if (languageOf(path) === undefined) return NOT_SOURCE;
  return /\.min\.[cm]?jsx?$/.test(basename(path)) ? "minified" : undefined;
}

/** Opened so that even a link or a pipe put there a moment ago is neither followed nor waited for. */
async function readPlainFile(path: string): Promise<SourceFile> {
  await using handle = await open(
    path,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  const stats = await handle.stat();
  if (!stats.isFile()) return leftOut("not a plain file");
  if (stats.size > LARGEST_SOURCE_BYTES) return leftOut(tooLarge(stats.size));
  const buffer = Buffer.allocUnsafe(stats.size + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
    if (bytesRead === 0) return sourceOf(buffer.subarray(0, length));
    length += bytesRead;
  }
  return leftOut("grew while it was read");
}

function sourceOf(content: Buffer): SourceFile {
  if (content.includes(0)) return leftOut("binary");
  if (!isUtf8(content)) return leftOut("not UTF-8 text");
  return { status: "source", text: content.toString("utf8"), bytes: content.length };
}

function reasonInText(text: string): string | undefined {
  if (isMinified(text)) return "minified";
  return saysItIsGenerated(text) ? "generated" : undefined;
}

function isMinified(text: string): boolean {
  if (text.length < MINIFIED_LEAST_BYTES) return false;
  return text.length / countLines(text) > MINIFIED_AVERAGE_LINE;
}

/** Lines of a text; a line break at its end begins no further one. */
export function countLines(text: string): number {
  if (text === "") return 0;
  let lines = text.endsWith("\n") ? 0 : 1;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

/** The name under which files are reported: with `/` whatever the system uses. */
export function reportName(...parts: readonly string[]): string {
  const name = join(...parts);
  return sep === "/" ? name : name.replaceAll(sep, "/");
}
