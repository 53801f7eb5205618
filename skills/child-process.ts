import { spawn } from "node:child_process";

/** How a program ended. Output is complete only with `exited`. */
export type Exit =
  | {
      readonly status: "exited";
      readonly code: number;
      readonly stdout: Buffer;
      readonly stderr: string;
    }
  | { readonly status: "killed"; readonly signal: string }
  | { readonly status: "timed-out" }
  | { readonly status: "output-too-large" }
  | { readonly status: "missing" };

/** Argument lists are kept far below what Linux and macOS accept. */
const ARGUMENT_BYTES = 100_000;

/**
 * Runs a program to its end without a shell and with no environment but the given one.
 * @throws the signal's reason when it aborts; the child is killed then
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    readonly timeoutMs: number;
    readonly maxOutputBytes: number;
  },
): Promise<Exit> {
  options.signal.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stdout: Buffer[] = [];
  let stderr = "";
  let bytes = 0;
  let reason: "timed-out" | "output-too-large" | undefined;
  const stop = (why: "timed-out" | "output-too-large"): void => {
    reason ??= why;
    child.kill("SIGKILL");
  };
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > options.maxOutputBytes) stop("output-too-large");
    else stdout.push(chunk);
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr = `${stderr}${chunk}`.slice(0, 4_000);
  });
  const timer = setTimeout(() => stop("timed-out"), options.timeoutMs);
  const abort = (): void => void child.kill("SIGKILL");
  options.signal.addEventListener("abort", abort, { once: true });
  try {
    const end = await new Promise<Exit>((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") resolve({ status: "missing" });
        else reject(error);
      });
      child.once("close", (code, signal) => {
        resolve(
          code === null
            ? { status: "killed", signal: signal ?? "unknown" }
            : { status: "exited", code, stdout: Buffer.concat(stdout), stderr },
        );
      });
    });
    options.signal.throwIfAborted();
    return reason === undefined ? end : { status: reason };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", abort);
  }
}

/** Splits names into groups that each fit one command line. */
export function argumentGroups(names: readonly string[]): string[][] {
  const groups: string[][] = [];
  let bytes = ARGUMENT_BYTES;
  for (const name of names) {
    const length = Buffer.byteLength(name) + 9; // the terminator and the pointer to it
    if (bytes + length > ARGUMENT_BYTES) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(name);
    bytes += length;
  }
  return groups;
}
