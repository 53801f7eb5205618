import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The version of a program, comparable. */
export interface ProgramVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** The lowest server that everything works on. */
export const LOWEST_VERSION: ProgramVersion = { major: 2, minor: 9, patch: 10 };
/** The lowest that can sync every write, and so is preferred. */
export const PREFERRED_VERSION: ProgramVersion = { major: 2, minor: 10, patch: 0 };

/** Reads `2.10.27`, `v2.10.27` or the line that `nats-server -v` prints; undefined when there is no version in it. */
export function parseVersion(text: string): ProgramVersion | undefined {
  const match = /\bv?(\d+)\.(\d+)\.(\d+)/.exec(text);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}

export function isAtLeast(version: ProgramVersion, lowest: ProgramVersion): boolean {
  if (version.major !== lowest.major) return version.major > lowest.major;
  if (version.minor !== lowest.minor) return version.minor > lowest.minor;
  return version.patch >= lowest.patch;
}

export function formatVersion(version: ProgramVersion): string {
  return `${version.major}.${version.minor}.${version.patch}`;
}

const run = promisify(execFile);
const ASK_TIMEOUT_MS = 5_000;

/** Asks a binary for its version with `flag`. @throws Error when it does not run or does not say */
export async function askVersion(binary: string, flag = "-v"): Promise<ProgramVersion> {
  const { stdout, stderr } = await run(binary, [flag], { timeout: ASK_TIMEOUT_MS });
  const version = parseVersion(stdout) ?? parseVersion(stderr);
  if (version === undefined) throw new Error(`${binary} ${flag} does not say a version`);
  return version;
}
