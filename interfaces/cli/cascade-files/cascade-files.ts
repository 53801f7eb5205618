import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { SwarmError } from "../../../core/errors.ts";
import { readCascade } from "../../../language/cascade-registry.ts";
import { readStandardInput } from "./standard-input.ts";

/** A cascade file that a command was given. */
export interface CascadeFile {
  /** As errors name it: as it was given, a file of a folder below that. */
  readonly label: string;
  /** Absolute; undefined for standard input. */
  readonly path: string | undefined;
  /** @throws SwarmError `path-not-found`, `path-unreadable` or `limit-exceeded` */
  read(): Promise<string>;
}

export const STANDARD_INPUT = "-";

/**
 * The file that a word names, or all cascade files of the folder that it names.
 * @param directory where the person stood
 * @throws SwarmError `path-unreadable`, or `nothing-to-do` for a folder without cascades
 */
export async function filesNamed(
  given: string,
  directory: string,
): Promise<readonly CascadeFile[]> {
  if (given === STANDARD_INPUT) {
    return [{ label: "<stdin>", path: undefined, read: readStandardInput }];
  }
  const path = resolve(directory, given);
  if (!(await isFolder(path))) return [{ label: given, path, read: () => readCascade(path) }];
  const names = (await listFolder(path)).filter(isCascadeFile).map((entry) => entry.name);
  if (names.length === 0) {
    const hint = "a cascade file ends in .yaml or .yml; folders below are not looked into";
    throw new SwarmError("nothing-to-do", `${given} has no cascade files`, { hint });
  }
  return names.sort().map((name) => {
    const file = join(path, name);
    return { label: join(given, name), path: file, read: () => readCascade(file) };
  });
}

/** Standard input can be read once. @throws SwarmError `usage` */
export function refuseSecondInput(given: readonly string[]): void {
  if (given.indexOf(STANDARD_INPUT) === given.lastIndexOf(STANDARD_INPUT)) return;
  throw new SwarmError("usage", "- is given twice: standard input can be read once");
}

function isCascadeFile(entry: Dirent): boolean {
  return /\.ya?ml$/.test(entry.name) && !entry.isDirectory();
}

/** What cannot be looked at is no folder: reading it says why. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

async function listFolder(path: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SwarmError("path-unreadable", `${path} cannot be listed (${code})`, { cause: error });
  }
}

/** A failure of the world as a value, so that one file keeps no other from being looked at; a defect is thrown on. */
export async function orError<T>(work: Promise<T> | (() => Promise<T>)): Promise<T | SwarmError> {
  try {
    return await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof SwarmError) return error;
    throw error;
  }
}
