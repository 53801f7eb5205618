import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { SwarmError } from "../core/errors.ts";
import { isToken } from "../core/ids.ts";
import { refuseOver } from "../core/limits.ts";
import type { Source } from "./parse.ts";

/** A cascade's file, and what tells whether it was changed since. */
export interface CascadeFile {
  readonly path: string;
  readonly version: string;
}

/** The first folder's `<name>.yaml`; undefined when none has it. @throws SwarmError `path-unreadable` */
export function findCascadeFile(folders: readonly string[], name: string): CascadeFile | undefined {
  if (!isToken(name)) return undefined;
  for (const folder of folders) {
    const path = join(folder, `${name}.yaml`);
    const version = versionOf(path);
    if (version !== undefined) return { path, version };
  }
  return undefined;
}

/** Undefined when there is no such file. @throws SwarmError `path-unreadable` */
function versionOf(path: string): string | undefined {
  try {
    const { mtimeMs, size } = statSync(path);
    return `${mtimeMs} ${size}`;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(path, error);
  }
}

/** Reads a cascade file. @throws SwarmError `path-not-found`, `path-unreadable`, `limit-exceeded` or `invalid-yaml` */
export function readCascadeFile(path: string): Source {
  try {
    const info = statSync(path);
    if (!info.isFile()) throw new SwarmError("path-unreadable", `${path} is not a file`);
    refuseOver("cascadeFileBytes", info.size);
    return { text: decoded(readFileSync(path), path), file: path };
  } catch (error) {
    if (error instanceof SwarmError) throw error;
    throw unreadable(path, error);
  }
}

/** @throws SwarmError `invalid-yaml` at the first byte that is no UTF-8 */
function decoded(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    // Each wrong byte is replaced, so what stands before the first is as long as it should be.
    const before = bytes.toString("utf8").split("\ufffd", 1)[0] ?? "";
    const lines = before.split("\n");
    const line = lines.length;
    const column = (lines.at(-1) ?? "").length + 1;
    const byte = bytes[Buffer.byteLength(before)]?.toString(16).toUpperCase().padStart(2, "0");
    throw new SwarmError("invalid-yaml", `the byte 0x${byte} is not UTF-8`, {
      location: { file, line, column },
      hint: "save the file as UTF-8",
      cause,
    });
  }
}

/** The names of all cascades in the folders, sorted; a folder that is not there has none. @throws SwarmError `path-unreadable` */
export function cascadeNames(folders: readonly string[]): readonly string[] {
  const yaml = folders.flatMap(listFolder).filter((name) => name.endsWith(".yaml"));
  return [...new Set(yaml.map((name) => name.slice(0, -".yaml".length)))].sort();
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(folder, error);
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}

function unreadable(path: string, error: unknown): SwarmError {
  const missing = isMissing(error);
  const why = missing ? "does not exist" : `cannot be read: ${(error as Error).message}`;
  return new SwarmError(missing ? "path-not-found" : "path-unreadable", `${path} ${why}`, {
    location: { file: path },
    cause: error,
  });
}
