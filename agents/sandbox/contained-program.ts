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
  readonly admission?: Admission;
  /** Descriptors that it would inherit, and `/dev/null`, which it gets in their place. */
  readonly covered: { readonly descriptors: readonly number[]; readonly by: number };
  /** Looks after what all of it takes; ended with it. */
  readonly watch?: (pid: number, onExcess: (what: KillReason) => void) => { stop(): void };
}

/** Of a program that starts another one in a group of its own, which waits until it is let go. */
export interface Admission {
  /** A descriptor that the program writes a little to, which nobody else sees. */
  readonly told: number;
  /** The other one's process id, once it is told. */
  readonly pidIn: (told: string) => number | undefined;
  /** Makes ready for what it will start. @throws when it cannot, and then nothing is started */
  readonly admit: (pid: number) => Promise<void>;
  /** Where and with what it is let go. Should this process be gone, the end of the stream must not do that. */
  readonly descriptor: number;
  readonly content: string | Uint8Array;
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
  const groups = new Set<number>();
  let isKilled = false;
  const kill = (reason?: KillReason): void => {
    why ??= reason;
    isKilled = true;
    for (const group of groups) signalGroup(group, "SIGKILL");
  };
  const watchOver = (group: number): void => {
    groups.add(group);
    guard.watch(group);
    if (isKilled) signalGroup(group, "SIGKILL");
  };
  if (pid !== undefined) watchOver(pid);
  const onAbort = (): void => kill();
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => kill("timeout"), program.limits.wallMs);
  const watch = pid === undefined ? undefined : program.watch?.(pid, kill);
  const streams = gatherAll(child, program, () => kill("output"));
  feed(child, program);
  const admitted = admitOther(child, program.admission, { watchOver, kill });
  try {
    if (signal.aborted) kill();
    const end = await endOf(child, kill);
    await admitted();
    const durationMs = Math.round(performance.now() - startedMs);
    const output = { ...outputOf(streams), durationMs };
    const told = streams.told?.bytes().toString() ?? "";
    return { ...end, output, told, ...(why === undefined ? {} : { why }) };
  } finally {
    clearTimeout(timer);
    watch?.stop();
    signal.removeEventListener("abort", onAbort);
    for (const group of groups) guard.forget(group);
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

function stdioOf({ feeds, admission, covered }: ContainedProgram): StdioOptions {
  const { told, descriptor } = admission ?? {};
  const used = [DESCRIPTOR.report, ...feeds.keys(), told, descriptor].filter(
    (each) => each !== undefined,
  );
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

/**
 * Lets the other program go as soon as it is known and everything that ends it knows it, too.
 * @returns what waits for that and throws what went wrong
 */
function admitOther(
  child: ChildProcess,
  admission: Admission | undefined,
  around: { readonly watchOver: (group: number) => void; readonly kill: () => void },
): () => Promise<void> {
  if (admission === undefined) return async () => {};
  let told = "";
  let admitting: Promise<unknown> | undefined;
  const gate = child.stdio[admission.descriptor] as Writable | null;
  gate?.on("error", () => {}); // it ended before it was let go
  (child.stdio[admission.told] as Readable).on("data", (chunk: Buffer) => {
    if (admitting !== undefined) return;
    told += chunk.toString();
    const pid = admission.pidIn(told);
    if (pid === undefined) return;
    around.watchOver(pid);
    admitting = admission.admit(pid).then(
      () => void gate?.end(admission.content),
      (error: unknown) => {
        around.kill();
        return error;
      },
    );
  });
  return async () => {
    const failure = await admitting;
    if (failure !== undefined) throw failure;
  };
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
  { limits, admission }: ContainedProgram,
  onFlood: () => void,
): Streams {
  const most = limits.outputBytes;
  const of = (descriptor: number, keep: number): Gathered =>
    gather(child.stdio[descriptor] as Readable, keep, onFlood);
  return {
    stdout: of(1, most),
    stderr: of(2, most),
    report: of(DESCRIPTOR.report, most),
    told: admission === undefined ? undefined : of(admission.told, MOST_TOLD),
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
