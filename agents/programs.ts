import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import { type Guard, openGuard } from "../bus/server/guard-client.ts";
import { signalGroup } from "../bus/server/process-group.ts";

export interface ProgramOrder {
  /** The program and its arguments; no shell reads them. */
  readonly argv: readonly string[];
  readonly cwd: string;
  /** All that the program gets. */
  readonly env: Readonly<Record<string, string>>;
  /** Goes to its standard input. */
  readonly input: string;
  /** Of its standard output, at most. */
  readonly mostOutputBytes: number;
  /** What happens when it writes more: it is killed, or the rest is left out. */
  readonly whenMore: "kill" | "leave-out";
  readonly onErrorOutput: (chunk: string) => void;
  /** Follows its standard output, all of it, while it runs. */
  readonly onOutput?: (chunk: string) => void;
}

/** How a program ended. */
export type ProgramEnd =
  | {
      readonly status: "exited";
      readonly code: number;
      readonly output: Buffer;
      readonly isCut: boolean;
    }
  | { readonly status: "killed"; readonly signal: string }
  | { readonly status: "output-too-large" }
  | { readonly status: "not-started"; readonly why: string };

/** Runs programs, each in a process group of its own that ends with it, and with this process, whatever ends that. */
export interface Programs {
  /**
   * Runs a program to its end. When `signal` aborts, its group is asked to end, and killed after a grace.
   * @throws the signal's reason when it aborts
   */
  run(order: ProgramOrder, signal: AbortSignal): Promise<ProgramEnd>;
  close(): void;
}

/** How long a program may tidy up after it was told to stop. */
const STOP_GRACE_MS = 2_000;
/** What left its group on purpose may hold the pipes open; nobody waits for it longer than this. */
const CLOSE_MS = 500;

export function openPrograms({ stopGraceMs = STOP_GRACE_MS } = {}): Programs {
  let guard: Guard | undefined;
  return {
    async run(order, signal) {
      signal.throwIfAborted();
      guard ??= openGuard();
      const end = await runInGroup(order, { signal, guard, stopGraceMs });
      signal.throwIfAborted();
      return end;
    },
    close() {
      guard?.close();
      guard = undefined;
    },
  };
}

async function runInGroup(
  order: ProgramOrder,
  around: { readonly signal: AbortSignal; readonly guard: Guard; readonly stopGraceMs: number },
): Promise<ProgramEnd> {
  const { signal, guard, stopGraceMs } = around;
  const [command = "", ...args] = order.argv;
  const child = started(command, args, order);
  if ("why" in child) return { status: "not-started", why: child.why };
  const { pid } = child;
  const kill = (how: NodeJS.Signals): void => {
    if (pid !== undefined) signalGroup(pid, how);
  };
  if (pid !== undefined) guard.watch(pid);
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    kill("SIGTERM");
    timer = setTimeout(() => kill("SIGKILL"), stopGraceMs);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  const output = gather(child, order, () => kill("SIGKILL"));
  child.stdin.on("error", () => {}); // it does not read its input, which it need not
  child.stdin.end(order.input);
  try {
    const end = await endOf(child, () => kill("SIGKILL"));
    const isCut = output.isTooLarge();
    if (isCut && order.whenMore === "kill") return { status: "output-too-large" };
    return end.status === "exited" ? { ...end, output: output.bytes(), isCut } : end;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    if (pid !== undefined) guard.forget(pid);
  }
}

/** What the kernel refuses, such as too long a list of arguments, is thrown at once. */
function started(
  command: string,
  args: readonly string[],
  { cwd, env }: ProgramOrder,
): ChildProcessWithoutNullStreams | { readonly why: string } {
  try {
    return spawn(command, args, { cwd, env, detached: true });
  } catch (error) {
    return { why: (error as Error).message };
  }
}

function gather(
  child: ChildProcessWithoutNullStreams,
  { mostOutputBytes, whenMore, onErrorOutput, onOutput }: ProgramOrder,
  stop: () => void,
): { bytes(): Buffer; isTooLarge(): boolean } {
  const chunks: Buffer[] = [];
  let size = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    const room = mostOutputBytes - size;
    size += chunk.length;
    if (room > 0) chunks.push(chunk.subarray(0, room));
    if (size > mostOutputBytes && whenMore === "kill") stop();
  });
  if (onOutput !== undefined) {
    const decoder = new StringDecoder("utf8");
    child.stdout.on("data", (chunk: Buffer) => onOutput(decoder.write(chunk)));
  }
  child.stderr.setEncoding("utf8").on("data", onErrorOutput);
  return { bytes: () => Buffer.concat(chunks), isTooLarge: () => size > mostOutputBytes };
}

type ChildEnd =
  | { readonly status: "exited"; readonly code: number }
  | Extract<ProgramEnd, { readonly status: "killed" | "not-started" }>;

/** Waits for the program and ends what it left behind in its group, which would hold its pipes open. */
function endOf(child: ChildProcessWithoutNullStreams, killGroup: () => void): Promise<ChildEnd> {
  const { promise, resolve } = Promise.withResolvers<ChildEnd>();
  let closing: NodeJS.Timeout | undefined;
  child.once("error", (error) => {
    if (child.pid === undefined) resolve({ status: "not-started", why: error.message });
  });
  child.once("exit", () => {
    killGroup();
    closing = setTimeout(() => {
      child.stdout.destroy();
      child.stderr.destroy();
    }, CLOSE_MS);
  });
  child.once("close", (code, signal) => {
    clearTimeout(closing);
    if (code === null) resolve({ status: "killed", signal: signal ?? "unknown" });
    else resolve({ status: "exited", code });
  });
  return promise;
}
