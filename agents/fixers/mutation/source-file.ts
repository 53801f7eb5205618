import { readFile, realpath, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { LIMITS } from "../../../core/limits.ts";

export type SourceFile =
  | { readonly status: "read"; readonly text: string }
  | { readonly status: "skipped"; readonly reason: string };

/** A line that nobody wrote by hand: minified code has other mistakes than ours, and no lines to tell them apart. */
const LONGEST_LINE = 5_000;

/** Reads a source file of the workspace exactly: a byte order mark and the ends of its lines stay. */
export async function readSource(workspace: string, file: string): Promise<SourceFile> {
  const path = await placeInside(workspace, file);
  if (path === undefined) return skipped("it is not in the workspace");
  const bytes = await bytesOf(path);
  if (typeof bytes === "string") return skipped(bytes);
  const text = textOf(bytes);
  if (text === undefined) return skipped("it is not UTF-8");
  if (text.includes("\0")) return skipped("it is not text");
  if (hasLongLine(text)) return skipped("it is minified");
  return { status: "read", text };
}

function skipped(reason: string): SourceFile {
  return { status: "skipped", reason };
}

/** The real path of a file below the folder; undefined when a link or `..` leads out of it, or nothing is there. */
async function placeInside(workspace: string, file: string): Promise<string | undefined> {
  try {
    const root = await realpath(workspace);
    const path = await realpath(join(root, file));
    const inside = relative(root, path);
    return inside === ".." || inside.startsWith(`..${sep}`) ? undefined : path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return undefined;
    throw error;
  }
}

async function bytesOf(path: string): Promise<Uint8Array | string> {
  const { size, isFile } = await stat(path).then((stats) => ({
    size: stats.size,
    isFile: stats.isFile(),
  }));
  if (!isFile) return "it is not a file";
  if (size > LIMITS.repairFileBytes) return `it is larger than ${LIMITS.repairFileBytes} bytes`;
  return await readFile(path);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function hasLongLine(text: string): boolean {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf("\n", start);
    const lineEnd = end === -1 ? text.length : end;
    if (lineEnd - start > LONGEST_LINE) return true;
    start = lineEnd + 1;
  }
  return false;
}
