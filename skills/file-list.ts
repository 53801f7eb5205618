import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { SwarmError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { NotAnalysed } from "./finding.ts";
import {
  type Analysis,
  analysesOf,
  languageOf,
  readSource,
  reportName,
  type SourceFile,
} from "./source-file.ts";

export interface FileList {
  readonly root: string;
  readonly sources: readonly { readonly file: string; readonly text: string }[];
  readonly notAnalysed: readonly NotAnalysed[];
}

export interface FileListOptions {
  /** When given, files in languages that it does not take are passed over. */
  readonly analysis?: Analysis;
  /** How each file is opened: sources only, or with `readText` every text file. */
  readonly read?: (root: string, file: string) => Promise<SourceFile>;
}

/**
 * Opens what an analysing skill is given: `path`, the analysed directory or single file, and `files`, names relative
 * to that directory. Each is looked at again, because the tree may have changed since it was listed.
 * @throws SwarmError `invalid-input`, `path-not-found` or `path-unreadable`
 */
export async function openFileList(
  inputs: JsonObject,
  signal: AbortSignal,
  options: FileListOptions = {},
): Promise<FileList> {
  const { path, files } = inputs;
  if (typeof path !== "string" || path === "") throw wrong("path", "must be a path");
  if (!Array.isArray(files) || !files.every(isFileName)) {
    throw wrong("files", "must be a list of file names");
  }
  const root = await openRoot(path);
  const sources: { file: string; text: string }[] = [];
  const notAnalysed: NotAnalysed[] = [];
  for (const file of new Set(files.map((name) => reportName(name)))) {
    signal.throwIfAborted();
    if (options.analysis !== undefined && !takes(options.analysis, file)) continue;
    const source = await (options.read ?? readSource)(root, file);
    if (source.status === "source") sources.push({ file, text: source.text });
    else notAnalysed.push({ file, reason: source.reason });
  }
  return { root, sources, notAnalysed };
}

/** What is no source file at all is not passed over: a reader says why it is left out. */
function takes(analysis: Analysis, file: string): boolean {
  const language = languageOf(file);
  return language === undefined || analysesOf(language).includes(analysis);
}

function isFileName(name: unknown): name is string {
  return typeof name === "string" && name !== "" && !name.includes("\0");
}

function wrong(name: string, message: string): SwarmError {
  return new SwarmError("invalid-input", `${name} ${message}`, {
    location: { pointer: `/${name}` },
  });
}

async function openRoot(path: string): Promise<string> {
  try {
    const real = await realpath(path);
    return (await stat(real)).isDirectory() ? real : dirname(real);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const missing = code === "ENOENT" || code === "ENOTDIR";
    throw new SwarmError(
      missing ? "path-not-found" : "path-unreadable",
      `${path} ${missing ? "does not exist" : `cannot be read (${code ?? String(error)})`}`,
      { cause: error },
    );
  }
}
