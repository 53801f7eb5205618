import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { SwarmError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { NotAnalysed } from "./finding.ts";
import { readSource, reportName, type SourceFile } from "./source-file.ts";

export interface FileList {
  readonly root: string;
  readonly sources: readonly { readonly file: string; readonly text: string }[];
  readonly notAnalysed: readonly NotAnalysed[];
}

/**
 * Opens what an analysing skill is given: `path`, the analysed directory or single file, and `files`, names relative
 * to that directory. Each is looked at again, because the tree may have changed since it was listed.
 * @param read how each file is opened: source files only, or with `readText` every text file
 * @throws SwarmError `invalid-input`, `path-not-found` or `path-unreadable`
 */
export async function openFileList(
  inputs: JsonObject,
  signal: AbortSignal,
  read: (root: string, file: string) => Promise<SourceFile> = readSource,
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
    const source = await read(root, file);
    if (source.status === "source") sources.push({ file, text: source.text });
    else notAnalysed.push({ file, reason: source.reason });
  }
  return { root, sources, notAnalysed };
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
