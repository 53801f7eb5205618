import { fetchPackage, missingAptTool } from "../../bus/server/apt.ts";
import { type Environment, findExecutables } from "../../bus/server/executables.ts";
import {
  cachedPrograms,
  fetchProgram,
  type LocatedProgram,
  programCache,
} from "../../bus/server/program-cache.ts";
import {
  askVersion,
  formatVersion,
  isAtLeast,
  type ProgramVersion,
} from "../../bus/server/version.ts";
import { SwarmError } from "../../core/errors.ts";

export interface LocateOptions {
  readonly env: Environment;
  /** One line for each step taken. */
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** The lowest that can forbid user namespaces inside (`--disable-userns`). */
const LOWEST_VERSION: ProgramVersion = { major: 0, minor: 8, patch: 0 };
const PACKAGE = { name: "bubblewrap", file: "usr/bin/bwrap" } as const;
const APT = "this machine's own apt sources";
const HINT =
  "install bubblewrap 0.8 or newer (Debian, Ubuntu: apt-get install bubblewrap; Fedora: dnf install bubblewrap), or set CASCADE_BWRAP_BIN to one";

/**
 * Finds bubblewrap, or fetches it: `CASCADE_BWRAP_BIN`; PATH; the cache; the Debian package through apt, without root.
 * @throws SwarmError `sandbox-unavailable` that lists what was tried and names the package
 */
export async function locateBubblewrap(options: LocateOptions): Promise<LocatedProgram> {
  const { progress, signal } = options;
  if (process.platform !== "linux") {
    throw new SwarmError(
      "sandbox-unavailable",
      `bubblewrap isolates on Linux only, this is ${process.platform}`,
      { hint: "run the agents that have sandbox tasks in a Linux container or virtual machine" },
    );
  }
  const failures: string[] = [];
  for (const way of ways(options)) {
    signal.throwIfAborted();
    try {
      const found = await way.find();
      if (found !== undefined) return found;
      failures.push(`${way.name}: none there`);
    } catch (error) {
      signal.throwIfAborted();
      const failure = `${way.name}: ${(error as Error).message.split("\n")[0]}`;
      progress(`bwrap: ${failure}`);
      failures.push(failure);
    }
    if (way.isFinal === true) break;
  }
  throw new SwarmError("sandbox-unavailable", `no bubblewrap: ${failures.join("; ")}`, {
    hint: HINT,
  });
}

interface Way {
  readonly name: string;
  /** When it finds none, nothing else is tried. */
  readonly isFinal?: true;
  /** @throws Error when one is there that is of no use */
  readonly find: () => Promise<LocatedProgram | undefined>;
}

function ways({ env, progress, signal }: LocateOptions): readonly Way[] {
  const named = env["CASCADE_BWRAP_BIN"] ?? "";
  if (named !== "") {
    const name = "CASCADE_BWRAP_BIN";
    return [{ name, isFinal: true, find: () => firstGood([named], name) }];
  }
  const cache = programCache(env, "bwrap");
  return [
    { name: "PATH", find: () => firstGood(findExecutables(env, "bwrap"), "PATH") },
    {
      name: `the cache ${cache.folder}`,
      find: async () => firstGood(await cachedPrograms(cache), "the cache"),
    },
    {
      name: APT,
      find: async () => {
        const missing = missingAptTool(env);
        if (missing !== undefined) throw new Error(`no ${missing} here`);
        return fetchProgram(cache, { origin: APT, progress, check: newEnough }, (folder) =>
          fetchPackage({ ...PACKAGE, suite: undefined, folder, env, signal }),
        );
      },
    },
  ];
}

async function firstGood(
  binaries: readonly string[],
  origin: string,
): Promise<LocatedProgram | undefined> {
  let failure: unknown;
  for (const binary of binaries) {
    try {
      return { binary, version: await newEnough(binary), origin };
    } catch (error) {
      failure = error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}

async function newEnough(binary: string): Promise<ProgramVersion> {
  const version = await askVersion(binary, "--version");
  if (isAtLeast(version, LOWEST_VERSION)) return version;
  const [found, least] = [version, LOWEST_VERSION].map(formatVersion);
  throw new Error(`${binary} is ${found}, at least ${least} is needed`);
}
