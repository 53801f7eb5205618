import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Logger } from "pino";
import { type Environment, findExecutables } from "../../bus/server/executables.ts";
import { openGuard } from "../../bus/server/guard-client.ts";
import type { LocatedProgram } from "../../bus/server/program-cache.ts";
import { formatVersion } from "../../bus/server/version.ts";
import { SwarmError } from "../../core/errors.ts";
import type { Sandbox, SandboxEnforcement } from "../../core/sandbox.ts";
import { type Bubblewrap, runIsolated } from "./bubblewrap.ts";
import { inheritedDescriptors } from "./inherited-descriptors.ts";
import { chooseLimits } from "./limits/choice.ts";
import { findLimits } from "./limits/find.ts";
import { removeLeftGroups } from "./limits/group.ts";
import { locateBubblewrap } from "./locate.ts";
import { checkedOrder } from "./order.ts";
import { openProbe, type Probe } from "./probe.ts";
import { ceilingsOf, DESCRIPTOR, type Profile } from "./profile.ts";
import { seccompFilter } from "./seccomp.ts";
import { systemMounts } from "./system-mounts.ts";
import { runUnisolated } from "./unisolated.ts";

export interface SandboxOptions {
  /** `none` runs programs with all that this process may do; only whoever asks for it by name gets it. */
  readonly backend: SandboxEnforcement["backend"];
  readonly env: Environment;
  readonly logger: Logger;
}

/** Where tasks get their sandbox from. */
export interface Sandboxes {
  /**
   * For one task. The first finds out what this machine can enforce, or fetches what is missing; each proves, by a program
   * that tries it, that network, outside reads and outside writes are refused now.
   * @throws SwarmError `sandbox-unavailable`; the reason of an aborted signal
   */
  forTask(signal: AbortSignal): Promise<Sandbox>;
  /** Calling it twice, or before a task, is harmless. */
  close(): Promise<void>;
}

/** `CASCADE_SANDBOX` names the backend; bubblewrap when it is empty. @throws SwarmError `usage` */
export function sandboxBackend(env: Environment): SandboxEnforcement["backend"] {
  const named = env["CASCADE_SANDBOX"] ?? "";
  if (named === "" || named === "bubblewrap") return "bubblewrap";
  if (named === "none") return "none";
  throw new SwarmError("usage", `CASCADE_SANDBOX=${named}: expected bubblewrap or none`);
}

/** For agents that were given none. */
export const NO_SANDBOXES: Sandboxes = {
  forTask: async () => {
    throw new SwarmError("sandbox-unavailable", "this agent was given no sandbox");
  },
  close: async () => {},
};

export function openSandboxes(options: SandboxOptions): Sandboxes {
  let opened: Promise<ProvenSandbox> | undefined;
  /** One task that is stopped must not take the others' sandbox with it. */
  const closing = new AbortController();
  return {
    async forTask(signal) {
      signal.throwIfAborted();
      opened ??= openSandbox(options, closing.signal).catch((error: unknown) => {
        opened = undefined; // what is missing may be installed by the next task
        throw error;
      });
      const sandbox = await opened;
      signal.throwIfAborted();
      await sandbox.prove(signal);
      return sandbox;
    },
    async close() {
      closing.abort(new SwarmError("task-cancelled", "the agent leaves"));
      const sandbox = await opened?.catch(() => undefined);
      opened = undefined;
      await sandbox?.close();
    },
  };
}

/** A sandbox that has been tried. */
export interface ProvenSandbox extends Sandbox {
  /** Tries it again, quickly. @throws SwarmError `sandbox-unavailable` */
  prove(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** @throws SwarmError `sandbox-unavailable` that says what is missing or not enforced */
export async function openSandbox(
  options: SandboxOptions,
  signal: AbortSignal,
): Promise<ProvenSandbox> {
  const { backend, logger } = options;
  const guard = openGuard();
  const nothing = await open("/dev/null", "r+");
  const covered = { descriptors: inheritedDescriptors(DESCRIPTOR.status + 1), by: nothing.fd };
  const close = async (): Promise<void> => {
    guard.close();
    await nothing.close();
  };
  try {
    if (backend === "none") {
      logger.warn(
        { event: "sandbox.none", enforcement: UNISOLATED },
        "THE SANDBOX IS OFF (CASCADE_SANDBOX=none): foreign code runs with all that this user may do",
      );
      const enforcement = UNISOLATED;
      return {
        enforcement,
        run: async (order, stop) =>
          runUnisolated(await checkedOrder(order), { guard, covered }, stop),
        prove: async () => {},
        close,
      };
    }
    const located = await locate(options, signal);
    const bubblewrap = await prepare(located, { env: options.env, guard, covered });
    const run: Sandbox["run"] = async (order, stop) =>
      runIsolated(bubblewrap, await checkedOrder(order), stop);
    const enforcement: SandboxEnforcement = {
      backend,
      version: formatVersion(located.version),
      limits: bubblewrap.limits.kind,
      hasSeccomp: bubblewrap.filter !== undefined,
    };
    const probe = openProbe(run, enforcement);
    await proveAll(probe, signal);
    logger.info({ event: "sandbox.ready", enforcement, binary: located.binary });
    return { enforcement, run, prove: probe.quick, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const UNISOLATED: SandboxEnforcement = { backend: "none", limits: "none", hasSeccomp: false };

function locate({ env, logger }: SandboxOptions, signal: AbortSignal): Promise<LocatedProgram> {
  const progress = (line: string): void => logger.info({ event: "sandbox.search" }, line);
  return locateBubblewrap({ env, progress, signal });
}

async function prepare(
  { binary }: LocatedProgram,
  { env, guard, covered }: Pick<Bubblewrap, "guard" | "covered"> & { readonly env: Environment },
): Promise<Bubblewrap> {
  const filter = hasSeccomp() ? seccompFilter(process.arch) : undefined;
  const limits = chooseLimits(await findLimits(env));
  await removeLeftGroups(limits);
  const profile: Profile = {
    system: systemMounts(),
    prlimit: systemProgram("prlimit"),
    hasSeccomp: filter !== undefined,
    ceilings: ceilingsOf(readFileSync("/proc/self/limits", "utf8")),
  };
  return { binary, profile, filter, limits, covered, guard };
}

async function proveAll(probe: Probe, signal: AbortSignal): Promise<void> {
  await probe.quick(signal);
  await probe.network(signal);
}

function hasSeccomp(): boolean {
  try {
    const actions = readFileSync("/proc/sys/kernel/seccomp/actions_avail", "utf8").split(/\s+/);
    return actions.includes("errno") && actions.includes("kill_process");
  } catch {
    return false; // the kernel has no such filter
  }
}

/** @throws SwarmError `sandbox-unavailable` */
function systemProgram(name: string): string {
  const [found] = findExecutables({ PATH: "/usr/bin:/bin" }, name);
  if (found !== undefined) return found;
  throw new SwarmError("sandbox-unavailable", `no ${name} in /usr/bin or /bin`, {
    hint: "install util-linux, which has it",
  });
}
