import { constants } from "node:os";
import type { Guard } from "../../bus/server/guard-client.ts";
import { SwarmError } from "../../core/errors.ts";
import type { SandboxEnd } from "../../core/sandbox.ts";
import { type ContainedEnd, type ContainedProgram, runContained } from "./contained-program.ts";
import type { LimitsChoice } from "./limits/choice.ts";
import { openGroup, type ProgramGroup } from "./limits/group.ts";
import { watchProcesses } from "./limits/watch.ts";
import type { CheckedOrder } from "./order.ts";
import { bubblewrapOptions, DESCRIPTOR, limitedProgram, type Profile } from "./profile.ts";

/** What isolates programs on this machine. */
export interface Bubblewrap {
  /** Absolute path. */
  readonly binary: string;
  readonly profile: Profile;
  /** Bytes of the filter of system calls; undefined: none. */
  readonly filter: Uint8Array | undefined;
  readonly limits: LimitsChoice;
  readonly covered: ContainedProgram["covered"];
  readonly guard: Guard;
}

/** Runs an order to its end. @throws SwarmError `sandbox-unavailable`; the reason of an aborted signal */
export async function runIsolated(
  bubblewrap: Bubblewrap,
  order: CheckedOrder,
  signal: AbortSignal,
): Promise<SandboxEnd> {
  signal.throwIfAborted();
  const group = await openGroup(bubblewrap.limits, order.limits);
  try {
    const program = programOf(bubblewrap, order, group);
    const end = await runContained(program, { guard: bubblewrap.guard, signal });
    signal.throwIfAborted();
    return judged(end, await group.ranOutOfMemory());
  } finally {
    await group.close();
  }
}

function programOf(
  { binary, profile, filter, limits, covered }: Bubblewrap,
  order: CheckedOrder,
  group: ProgramGroup,
): ContainedProgram {
  const options = bubblewrapOptions(order, profile).map((option) => `${option}\0`);
  const feeds = new Map<number, string | Uint8Array>([[DESCRIPTOR.options, options.join("")]]);
  if (filter !== undefined) feeds.set(DESCRIPTOR.filter, filter);
  return {
    // In a stream of their own: a command line can be read inside, and by everybody outside.
    argv: [
      ...[...group.launcher, binary, "--args", String(DESCRIPTOR.options), "--"],
      ...limitedProgram(order, profile),
    ],
    cwd: "/",
    env: variables(group.variables),
    input: order.input ?? "",
    limits: order.limits,
    feeds,
    told: DESCRIPTOR.status,
    covered,
    ...(limits.kind === "rlimits"
      ? { watch: (pid, onExcess) => watchProcesses(pid, order.limits, onExcess) }
      : {}),
  };
}

/** None but those: the first process inside is bubblewrap's own, and its environment can be read there. */
function variables(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function judged(end: ContainedEnd, ranOutOfMemory: boolean): SandboxEnd {
  const { output, why, signal, failure, told } = end;
  if (why !== undefined) return { ...output, status: "killed", why, signal: "SIGKILL" };
  const code = /"exit-code": (\d+)/.exec(told)?.[1];
  if (code !== undefined) return { ...output, ...exited(Number(code), ranOutOfMemory) };
  if (ranOutOfMemory) return { ...output, status: "killed", why: "memory", signal: "SIGKILL" };
  if (signal !== null) return { ...output, status: "killed", why: "signal", signal };
  throw new SwarmError("sandbox-unavailable", `bubblewrap did not start it: ${reason(end)}`, {
    hint: "npm run cascade -- sandbox doctor says what this machine allows",
    ...(failure === undefined ? {} : { cause: failure }),
  });
}

const FIRST_SIGNAL_CODE = 128;
const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

type Ending =
  | { readonly status: "exited"; readonly code: number }
  | { readonly status: "killed"; readonly why: "memory" | "signal"; readonly signal: string };

/** A program that a signal ended is told as 128 and the signal's number, as shells do. */
function exited(code: number, ranOutOfMemory: boolean): Ending {
  const signal = SIGNALS.get(code - FIRST_SIGNAL_CODE);
  if (signal === undefined) return { status: "exited", code };
  const isMemory = ranOutOfMemory && signal === "SIGKILL";
  return { status: "killed", why: isMemory ? "memory" : "signal", signal };
}

function reason({ output, failure, code }: ContainedEnd): string {
  if (failure !== undefined) return failure;
  const lines = output.stderr.trim().split("\n");
  const said = lines.find((line) => line.startsWith("bwrap: ")) ?? lines.at(-1) ?? "";
  return said === "" ? `exit code ${code}` : said;
}
