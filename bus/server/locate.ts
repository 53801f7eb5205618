import { accessSync, constants } from "node:fs";
import { chmod, copyFile, mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import { downloadPackage, downloadRelease } from "./download.ts";
import {
  askVersion,
  formatVersion,
  isAtLeast,
  LOWEST_VERSION,
  PREFERRED_VERSION,
  type ServerVersion,
} from "./version.ts";

export interface LocatedServer {
  readonly binary: string;
  readonly version: ServerVersion;
  /** Where it was found, in words. */
  readonly origin: string;
}

export interface LocateOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: `$XDG_CACHE_HOME` or `~/.cache`, then `cascade-swarm/nats-server`. */
  readonly cacheFolder?: string;
  /** One line for each step taken. */
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** One way to come by a server: undefined when it has none to offer, an error when it was tried and failed. */
interface Way {
  readonly name: string;
  readonly find: () => Promise<LocatedServer | undefined>;
}

/**
 * Finds a nats-server, or fetches one: `NATS_SERVER_BIN`; PATH from 2.10; the cache; the official release, pinned by
 * sum; Debian packages through apt without root, newest suite first; PATH from 2.9.10.
 * @throws SwarmError `broker-missing` that lists what was tried
 */
export async function locateServer(options: LocateOptions): Promise<LocatedServer> {
  const { env, progress } = options;
  const signal = options.signal ?? new AbortController().signal;
  const cache = options.cacheFolder ?? defaultCacheFolder(env);
  const named = env["NATS_SERVER_BIN"];
  if (named !== undefined && named !== "") return checked(named, "NATS_SERVER_BIN", LOWEST_VERSION);
  const ways: Way[] = [
    { name: "PATH, 2.10 or newer", find: () => onPath(env, PREFERRED_VERSION) },
    { name: `the cache ${cache}`, find: () => cached(cache) },
    {
      name: "the official release",
      find: () => fetched(cache, "the official release", progress, () => downloadRelease(signal)),
    },
    ...["trixie", undefined].map((suite) => {
      const name =
        suite === undefined ? "this machine's apt sources" : `Debian's suite ${suite} through apt`;
      return {
        name,
        find: () => fetched(cache, name, progress, () => downloadPackage(suite, signal)),
      };
    }),
    { name: "PATH, 2.9.10 or newer", find: () => onPath(env, LOWEST_VERSION) },
  ];
  const failures: string[] = [];
  for (const way of ways) {
    signal.throwIfAborted();
    try {
      const found = await way.find();
      if (found !== undefined) return found;
      failures.push(`${way.name}: none there`);
    } catch (error) {
      failures.push(`${way.name}: ${(error as Error).message.split("\n")[0]}`);
      progress(`nats-server: ${failures.at(-1)}`);
    }
  }
  throw new SwarmError("broker-missing", `no nats-server: ${failures.join("; ")}`, {
    hint: "install nats-server (Debian: apt-get install nats-server; macOS: brew install nats-server), or set NATS_SERVER_BIN to one, or NATS_URL to a running server",
  });
}

function defaultCacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const base = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  return join(base, "cascade-swarm", "nats-server");
}

async function checked(
  binary: string,
  origin: string,
  lowest: ServerVersion,
): Promise<LocatedServer> {
  let version: ServerVersion;
  try {
    version = await askVersion(binary);
  } catch (error) {
    throw new SwarmError(
      "broker-missing",
      `${origin}: ${binary} does not run: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
  if (isAtLeast(version, lowest)) return { binary, version, origin };
  throw new SwarmError(
    "broker-too-old",
    `${origin}: ${binary} is ${formatVersion(version)}, at least ${formatVersion(lowest)} is needed`,
  );
}

async function onPath(
  env: Readonly<Record<string, string | undefined>>,
  lowest: ServerVersion,
): Promise<LocatedServer | undefined> {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  // Debian keeps it where only root's PATH looks.
  for (const folder of [...folders, "/usr/sbin", "/usr/local/sbin"]) {
    const binary = join(folder, "nats-server");
    if (isExecutable(binary)) return checked(binary, "PATH", lowest);
  }
  return undefined;
}

async function cached(cache: string): Promise<LocatedServer | undefined> {
  const versions = await readdir(cache).catch(() => []);
  const found: LocatedServer[] = [];
  for (const version of versions) {
    const binary = join(cache, version, "nats-server");
    if (isExecutable(binary)) found.push(await checked(binary, "the cache", LOWEST_VERSION));
  }
  return found.sort((a, b) => (isAtLeast(a.version, b.version) ? -1 : 1))[0];
}

/** Fetches into the cache: beside first, then renamed, so that two starts at once do not disturb each other. */
async function fetched(
  cache: string,
  origin: string,
  progress: (line: string) => void,
  fetch: () => Promise<{ readonly binary: string; readonly folder: string }>,
): Promise<LocatedServer> {
  progress(`nats-server: fetching it from ${origin}`);
  const { binary, folder } = await fetch();
  try {
    const { version } = await checked(binary, origin, LOWEST_VERSION);
    const target = join(cache, formatVersion(version));
    await mkdir(target, { recursive: true });
    const beside = join(target, `nats-server.${process.pid}.part`);
    await copyFile(binary, beside);
    await chmod(beside, 0o755);
    await rename(beside, join(target, "nats-server"));
    progress(`nats-server: ${formatVersion(version)} from ${origin} is in ${target}`);
    return { binary: join(target, "nats-server"), version, origin };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
