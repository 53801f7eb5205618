import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Guard } from "../../bus/server/guard-client.ts";
import { signalGroup } from "../../bus/server/process-group.ts";
import { LIMITS } from "../../core/limits.ts";
import type { SandboxEnd, SandboxLimits } from "../../core/sandbox.ts";
import { DESCRIPTOR } from "./profile.ts";

export interface ContainedProgram {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** All that it gets. */
  readonly env: Readonly<Record<string, string>>;
  readonly input: string | Uint8Array;
  readonly limits: SandboxLimits;
  /** What it reads from further descriptors. */
  readonly feeds: ReadonlyMap<number, string | Uint8Array>;
  /** A descriptor that it writes a little to, which nobody else sees. */
  readonly told?: number;
  /** Descriptors that it would inherit, and `/dev/null`, which it gets in their place. */
  readonly covered: { readonly descriptors: readonly number[]; readonly by: number };
  /** Looks after what all of it takes; ended with it. */
  readonly watch?: (pid: number, onExcess: (what: KillReason) => void) => { stop(): void };
}

type Killed = Extract<SandboxEnd, { readonly status: "killed" }>;
export type KillReason = Killed["why"];

export interface ContainedEnd {
  readonly output: Pick<SandboxEnd, "stdout" | "stderr" | "report" | "cut" | "durationMs">;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why we ended it. */
  readonly why?: KillReason;
  readonly told: string;
  /** Why it did not start. */
  readonly failure?: string;
}

/** What left its group on purpose may hold the pipes open; nobody waits for it longer than this. */
const CLOSE_MS = 1_000;
const MOST_TOLD = 4_096;

/**
 * Runs a program as the leader of a process group, and ends the group with it, with its time, with `signal` and with this
 * process.
 */
export async function runContained(
  program: ContainedProgram,
  { guard, signal }: { readonly guard: Guard; readonly signal: AbortSignal },
): Promise<ContainedEnd> {
  const startedMs = performance.now();
  const child = started(program);
  if ("failure" in child) return { ...NOT_STARTED, failure: child.failure };
  const { pid } = child;
  let why: KillReason | undefined;
  const kill = (reason?: KillReason): void => {
    why ??= reason;
    if (pid !== undefined) signalGroup(pid, "SIGKILL");
  };
  if (pid !== undefined) guard.watch(pid);
  const onAbort = (): void => kill();
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => kill("timeout"), program.limits.wallMs);
  const watch = pid === undefined ? undefined : program.watch?.(pid, kill);
  const streams = gatherAll(child, program, () => kill("output"));
  feed(child, program);
  try {
    if (signal.aborted) kill();
    const end = await endOf(child, kill);
    const durationMs = Math.round(performance.now() - startedMs);
    const output = { ...outputOf(streams), durationMs };
    const told = streams.told?.bytes().toString() ?? "";
    return { ...end, output, told, ...(why === undefined ? {} : { why }) };
  } finally {
    clearTimeout(timer);
    watch?.stop();
    signal.removeEventListener("abort", onAbort);
    if (pid !== undefined) guard.forget(pid);
  }
}

const NOT_STARTED: ContainedEnd = {
  output: { stdout: "", stderr: "", report: new Uint8Array(), cut: [], durationMs: 0 },
  code: null,
  signal: null,
  told: "",
};

/** What the kernel refuses, such as too long a list of arguments, is thrown at once. */
function started(program: ContainedProgram): ChildProcess | { readonly failure: string } {
  const [command = "", ...args] = program.argv;
  const { cwd, env } = program;
  try {
    return spawn(command, args, { cwd, env, detached: true, stdio: stdioOf(program) });
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

function stdioOf({ feeds, told, covered }: ContainedProgram): StdioOptions {
  const used = [DESCRIPTOR.report, ...feeds.keys(), ...(told === undefined ? [] : [told])];
  const last = Math.max(...used, ...covered.descriptors);
  return Array.from({ length: last + 1 }, (_, descriptor) => {
    if (descriptor < DESCRIPTOR.report || used.includes(descriptor)) return "pipe";
    return covered.descriptors.includes(descriptor) ? covered.by : "ignore";
  });
}

function feed(child: ChildProcess, { input, feeds }: ContainedProgram): void {
  for (const [descriptor, content] of [[0, input] as const, ...feeds]) {
    const stream = child.stdio[descriptor] as Writable | null;
    stream?.on("error", () => {}); // it need not read it
    stream?.end(content);
  }
}

interface Gathered {
  bytes(): Buffer;
  isCut(): boolean;
}

interface Streams {
  readonly stdout: Gathered;
  readonly stderr: Gathered;
  readonly report: Gathered;
  readonly told: Gathered | undefined;
}

function gatherAll(
  child: ChildProcess,
  { limits, told }: ContainedProgram,
  onFlood: () => void,
): Streams {
  const most = limits.outputBytes;
  const of = (descriptor: number, keep: number): Gathered =>
    gather(child.stdio[descriptor] as Readable, keep, onFlood);
  return {
    stdout: of(1, most),
    stderr: of(2, most),
    report: of(DESCRIPTOR.report, most),
    told: told === undefined ? undefined : of(told, MOST_TOLD),
  };
}

/** Keeps the beginning of what a stream brings, reads the rest, and ends what goes on for too long. */
function gather(stream: Readable, most: number, onFlood: () => void): Gathered {
  const flood = Math.max(LIMITS.sandboxFloodBytes, most);
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("error", () => {}); // its other end is gone: the end of the program tells
  stream.on("data", (chunk: Buffer) => {
    const room = most - size;
    size += chunk.length;
    if (room > 0) chunks.push(chunk.subarray(0, room));
    if (size > flood) onFlood();
  });
  return { bytes: () => Buffer.concat(chunks), isCut: () => size > most };
}

function outputOf({ stdout, stderr, report }: Streams): Omit<ContainedEnd["output"], "durationMs"> {
  const named = { stdout, stderr, report };
  const names = Object.keys(named) as (keyof typeof named)[];
  return {
    stdout: textOf(stdout),
    stderr: textOf(stderr),
    report: new Uint8Array(report.bytes()),
    cut: names.filter((name) => named[name].isCut()),
  };
}

/** Without the part of a character that a cut leaves. */
function textOf(stream: Gathered): string {
  return new TextDecoder().decode(stream.bytes(), { stream: stream.isCut() });
}

/** Waits for the program and ends what it left behind, which would hold its pipes open. */
function endOf(
  child: ChildProcess,
  kill: () => void,
): Promise<Pick<ContainedEnd, "code" | "signal" | "failure">> {
  const { promise, resolve } =
    Promise.withResolvers<Pick<ContainedEnd, "code" | "signal" | "failure">>();
  let closing: NodeJS.Timeout | undefined;
  child.once("error", (error) => {
    if (child.pid === undefined) resolve({ code: null, signal: null, failure: error.message });
  });
  child.once("exit", () => {
    kill();
    closing = setTimeout(() => {
      for (const stream of child.stdio) stream?.destroy();
    }, CLOSE_MS);
  });
  child.once("close", (code, signal) => {
    clearTimeout(closing);
    resolve({ code, signal });
  });
  return promise;
}
