import { SwarmError } from "../../core/errors.ts";
import { fetchPackage, missingAptTool } from "./apt.ts";
import { type Environment, findExecutables } from "./executables.ts";
import {
  cachedPrograms,
  fetchProgram,
  type LocatedProgram,
  type ProgramCache,
  programCache,
} from "./program-cache.ts";
import { fetchRelease } from "./release.ts";
import {
  askVersion,
  formatVersion,
  isAtLeast,
  LOWEST_VERSION,
  PREFERRED_VERSION,
  type ProgramVersion,
} from "./version.ts";

export interface LocateOptions {
  readonly env: Environment;
  /** Default: `$XDG_CACHE_HOME` or `~/.cache`, then `cascade-swarm/nats-server`. */
  readonly cacheFolder?: string;
  /** One line for each step taken. */
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal;
  /** What wrote the store that is to be opened: older servers are passed over. */
  readonly storedVersion?: ProgramVersion;
}

/** One way to come by a server. It answers in words when it has none to offer, and throws when it was tried and failed. */
interface Way {
  readonly name: string;
  readonly find: () => Promise<LocatedProgram | string>;
}

const PACKAGE = { name: "nats-server", file: "usr/sbin/nats-server" } as const;
const HINT =
  "install nats-server (Debian: apt-get install nats-server; macOS: brew install nats-server), or set NATS_SERVER_BIN to one, or NATS_URL to a running server";

/**
 * Finds a nats-server, or fetches one: `NATS_SERVER_BIN`; PATH from 2.10; the cache; the official release, pinned by
 * sum; Debian packages through apt without root, newest suite first; PATH from 2.9.10.
 * @throws SwarmError `broker-missing` that lists what was tried; `broker-too-old` when `NATS_SERVER_BIN` is
 */
export async function locateServer(options: LocateOptions): Promise<LocatedProgram> {
  const { env, progress, storedVersion = LOWEST_VERSION } = options;
  const signal = options.signal ?? new AbortController().signal;
  const lowest = isAtLeast(storedVersion, LOWEST_VERSION) ? storedVersion : LOWEST_VERSION;
  const preferred = isAtLeast(lowest, PREFERRED_VERSION) ? lowest : PREFERRED_VERSION;
  const named = env["NATS_SERVER_BIN"];
  if (named !== undefined && named !== "") return checked(named, "NATS_SERVER_BIN", lowest);

  const found = programCache(env, "nats-server");
  const cache = { ...found, folder: options.cacheFolder ?? found.folder };
  const fetched = (origin: string, fetch: (folder: string) => Promise<string>) =>
    fetchProgram(cache, { origin, progress, check: (binary) => newEnough(binary, lowest) }, fetch);
  const throughApt = (name: string, suite: string | undefined): Way => ({
    name,
    find: async () => {
      const missing = missingAptTool(env);
      if (missing !== undefined) return `no ${missing} here`;
      return fetched(name, (folder) => fetchPackage({ ...PACKAGE, suite, folder, env, signal }));
    },
  });
  const release = "the official release";
  return firstOf(
    [
      { name: `PATH, ${formatVersion(preferred)} or newer`, find: () => onPath(env, preferred) },
      { name: `the cache ${cache.folder}`, find: () => cached(cache, lowest) },
      {
        name: release,
        find: () => fetched(release, (folder) => fetchRelease({ folder, env, signal })),
      },
      throughApt("Debian's suite trixie through apt", "trixie"),
      throughApt("this machine's own apt sources", undefined),
      { name: `PATH, ${formatVersion(lowest)} or newer`, find: () => onPath(env, lowest) },
    ],
    { progress, signal },
  );
}

async function firstOf(
  ways: readonly Way[],
  { progress, signal }: { readonly progress: (line: string) => void; readonly signal: AbortSignal },
): Promise<LocatedProgram> {
  const failures: string[] = [];
  for (const way of ways) {
    signal.throwIfAborted();
    try {
      const found = await way.find();
      if (typeof found !== "string") return found;
      failures.push(`${way.name}: ${found}`);
    } catch (error) {
      signal.throwIfAborted();
      const failure = `${way.name}: ${(error as Error).message.split("\n")[0]}`;
      progress(`nats-server: ${failure}`);
      failures.push(failure);
    }
  }
  throw new SwarmError("broker-missing", `no nats-server: ${failures.join("; ")}`, { hint: HINT });
}

/** @throws SwarmError `broker-missing` when it does not run, `broker-too-old` */
async function checked(
  binary: string,
  origin: string,
  lowest: ProgramVersion,
): Promise<LocatedProgram> {
  const version = await askVersion(binary).catch((error: Error) => {
    const why = error.message.split("\n")[0];
    throw new SwarmError("broker-missing", `${binary} does not run: ${why}`, {
      hint: HINT,
      cause: error,
    });
  });
  if (!isAtLeast(version, lowest)) throw tooOld(binary, version, lowest);
  return { binary, version, origin };
}

function tooOld(what: string, version: ProgramVersion, lowest: ProgramVersion): SwarmError {
  return new SwarmError(
    "broker-too-old",
    `${what} is ${formatVersion(version)}, at least ${formatVersion(lowest)} is needed`,
    { hint: HINT },
  );
}

async function onPath(env: Environment, lowest: ProgramVersion): Promise<LocatedProgram | string> {
  return firstGood(findExecutables(env, "nats-server"), "PATH", lowest);
}

async function cached(
  cache: ProgramCache,
  lowest: ProgramVersion,
): Promise<LocatedProgram | string> {
  return firstGood(await cachedPrograms(cache), "the cache", lowest);
}

/** The first that runs and is new enough. @throws the last one's error */
async function firstGood(
  binaries: readonly string[],
  origin: string,
  lowest: ProgramVersion,
): Promise<LocatedProgram | string> {
  let failure: unknown;
  for (const binary of binaries) {
    try {
      return await checked(binary, origin, lowest);
    } catch (error) {
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  return "none there";
}

/** @throws Error when what was fetched does not run or is too old */
async function newEnough(binary: string, lowest: ProgramVersion): Promise<ProgramVersion> {
  const version = await askVersion(binary);
  if (!isAtLeast(version, lowest)) throw tooOld("what it has", version, lowest);
  return version;
}
