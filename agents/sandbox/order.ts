import { lstat, realpath } from "node:fs/promises";
import { isAbsolute, join, normalize } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import type { SandboxLimits, SandboxMount, SandboxOrder } from "../../core/sandbox.ts";

/** An order with all its limits, whose paths and texts are what they should be. */
export interface CheckedOrder extends SandboxOrder {
  readonly limits: SandboxLimits;
  /** `.git` of writable folders: repositories stay as they are, for what stands in them is run by git outside. */
  readonly guarded: readonly SandboxMount[];
}

export const DEFAULT_LIMITS: SandboxLimits = {
  wallMs: LIMITS.sandboxWallMs,
  cpuSeconds: LIMITS.sandboxCpuSeconds,
  memoryBytes: LIMITS.sandboxMemoryBytes,
  processes: LIMITS.sandboxProcesses,
  outputBytes: LIMITS.sandboxOutputBytes,
  fileBytes: LIMITS.sandboxFileBytes,
};

/** The kernel's own, which no order may bring in or cover. */
const KERNEL = ["/proc", "/sys", "/dev"];
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @throws SwarmError `invalid-input` that names what is wrong, `path-not-found` for a source that is not there */
export async function checkedOrder(order: SandboxOrder): Promise<CheckedOrder> {
  if ((order.argv[0] ?? "") === "") throw invalid("a sandbox order names no program");
  for (const text of order.argv) refuseNul(text, "an argument");
  for (const [name, value] of Object.entries(order.env ?? {})) {
    if (!VARIABLE.test(name)) throw invalid(`${JSON.stringify(name)} names no variable`);
    refuseNul(value, `the variable ${name}`);
  }
  refusePath(order.cwd, "the working directory");
  const limits = { ...DEFAULT_LIMITS, ...order.limits };
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw invalid(`the limit ${name} is ${value}, expected a whole number above 0`);
  }
  const guarded = await Promise.all(order.mounts.map(guardedFolder));
  return { ...order, limits, guarded: guarded.flat() };
}

async function guardedFolder(mount: SandboxMount): Promise<CheckedOrder["guarded"]> {
  refusePath(mount.target, "a mount's target");
  if (mount.target === "/" || isBelow(mount.target, KERNEL)) {
    throw invalid(`nothing can be mounted at ${mount.target}`);
  }
  if (mount.kind === "scratch") {
    if (Number.isSafeInteger(mount.bytes) && mount.bytes > 0) return [];
    throw invalid(
      `${mount.target} is to have ${mount.bytes} bytes, expected a whole number above 0`,
    );
  }
  refusePath(mount.source, "a mount's source");
  const source = await realpath(mount.source).catch(() => {
    throw new SwarmError("path-not-found", `${mount.source} is to be mounted and is not there`);
  });
  if (source === "/" || isBelow(source, KERNEL)) throw invalid(`${source} cannot be mounted`);
  if (mount.kind === "read-only") return [];
  const repository = join(mount.source, ".git");
  const found = await lstat(repository).catch(() => undefined);
  if (found === undefined) return [];
  if (found.isSymbolicLink()) throw invalid(`${repository} is a link, and is not followed`);
  return [{ kind: "read-only", source: repository, target: join(mount.target, ".git") }];
}

function refusePath(path: string, what: string): void {
  refuseNul(path, what);
  const isNormal = isAbsolute(path) && normalize(path) === path;
  if (isNormal && (path === "/" || !path.endsWith("/"))) return;
  throw invalid(`${what} is ${JSON.stringify(path)}, expected an absolute path without . and ..`);
}

function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

function refuseNul(text: string, what: string): void {
  if (text.includes("\0")) throw invalid(`${what} has a NUL in it`);
}

function invalid(message: string): SwarmError {
  return new SwarmError("invalid-input", message);
}
