import { chmod, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Environment, isExecutable } from "./executables.ts";
import { formatVersion, isAtLeast, type ProgramVersion, parseVersion } from "./version.ts";

/** A program that is here. */
export interface LocatedProgram {
  /** Absolute path. */
  readonly binary: string;
  readonly version: ProgramVersion;
  /** Where it was found, in words. */
  readonly origin: string;
}

/** A folder with versions of one program, each in a folder of its own: `<folder>/<version>/<name>`. */
export interface ProgramCache {
  /** What the program's file is called. */
  readonly name: string;
  readonly folder: string;
}

/** Where programs are kept that were fetched: `$XDG_CACHE_HOME` or `~/.cache`, then `cascade-swarm/<name>`. */
export function programCache(env: Environment, name: string): ProgramCache {
  const base = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  return { name, folder: join(base, "cascade-swarm", name) };
}

/** The newest first. */
export async function cachedPrograms({ folder, name }: ProgramCache): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const versions = names.map(parseVersion).filter((version) => version !== undefined);
  const newestFirst = versions.sort((a, b) => (isAtLeast(a, b) ? -1 : 1));
  return newestFirst
    .map((version) => join(folder, formatVersion(version), name))
    .filter(isExecutable);
}

export interface FetchOptions {
  /** Where it comes from, in words. */
  readonly origin: string;
  /** One line for each step taken. */
  readonly progress: (line: string) => void;
  /** Asks the fetched program for its version. @throws Error when it is of no use here */
  readonly check: (binary: string) => Promise<ProgramVersion>;
}

/** Fetches into a folder beside the cached programs, then renames, so that two starts at once do not disturb each other. */
export async function fetchProgram(
  { name, folder: cache }: ProgramCache,
  { origin, progress, check }: FetchOptions,
  fetch: (folder: string) => Promise<string>,
): Promise<LocatedProgram> {
  progress(`${name}: fetching it from ${origin}`);
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "fetching-"));
  try {
    const binary = await fetch(folder);
    await chmod(binary, 0o755);
    const version = await check(binary);
    const target = join(cache, formatVersion(version));
    await mkdir(target, { recursive: true });
    await rename(binary, join(target, name));
    progress(`${name}: ${formatVersion(version)} from ${origin} is in ${target}`);
    return { binary: join(target, name), version, origin };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
