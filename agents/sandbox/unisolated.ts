import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Guard } from "../../bus/server/guard-client.ts";
import { SwarmError } from "../../core/errors.ts";
import type { SandboxEnd, SandboxMount } from "../../core/sandbox.ts";
import { type ContainedProgram, runContained } from "./contained-program.ts";
import type { CheckedOrder } from "./order.ts";

/**
 * Runs an order without isolation, for who has asked for that by name: only its time, its output and its environment are
 * limited. Paths inside are those of the machine, so an order that needs others is refused.
 * @throws SwarmError `not-supported`, `sandbox-unavailable`; the reason of an aborted signal
 */
export async function runUnisolated(
  order: CheckedOrder,
  { guard, covered }: { readonly guard: Guard; readonly covered: ContainedProgram["covered"] },
  signal: AbortSignal,
): Promise<SandboxEnd> {
  signal.throwIfAborted();
  for (const mount of order.mounts) refuseOtherPlace(mount);
  const home = await mkdtemp(join(tmpdir(), "cascade-unisolated-"));
  try {
    const { argv, cwd, input = "", limits } = order;
    const env = {
      PATH: process.env["PATH"] ?? "/usr/bin:/bin",
      HOME: home,
      TMPDIR: home,
      LANG: "C.UTF-8",
      CI: "1",
      ...order.env,
    };
    const program = { argv, cwd, env, input, limits, feeds: new Map(), covered };
    const end = await runContained(program, { guard, signal });
    signal.throwIfAborted();
    const { output, why, code, signal: by, failure } = end;
    if (why !== undefined) return { ...output, status: "killed", why, signal: "SIGKILL" };
    if (code !== null) return { ...output, status: "exited", code };
    if (by !== null) return { ...output, status: "killed", why: "signal", signal: by };
    throw new SwarmError("sandbox-unavailable", `${argv[0]} does not start: ${failure}`);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function refuseOtherPlace(mount: SandboxMount): void {
  if (mount.kind !== "scratch" && mount.source === mount.target) return;
  throw new SwarmError(
    "not-supported",
    `without isolation nothing can be mounted at ${mount.target}: programs see files where they are`,
    { hint: "use the sandbox: without CASCADE_SANDBOX=none" },
  );
}
