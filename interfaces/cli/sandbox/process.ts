import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { fromErrorRecord, SwarmError } from "../../../core/errors.ts";
import {
  SANDBOX_COMMAND_DESCRIPTOR,
  type SandboxCommandEnd,
  type SandboxCommandOrder,
} from "../../../core/sandbox-command.ts";

const PROGRAM = fileURLToPath(new URL("../../../agents/sandbox/command.ts", import.meta.url));

export interface SandboxProcessOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where what the program says goes: to our own output, or nowhere. */
  readonly output: "inherit" | "ignore";
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/**
 * Has an order carried out by a process that uses the sandbox as agents do.
 * @throws SwarmError `sandbox-unavailable` and others of the sandbox
 */
export async function askSandbox(
  order: SandboxCommandOrder,
  { env, output, signal }: SandboxProcessOptions,
): Promise<Exclude<SandboxCommandEnd, { readonly status: "refused" }>> {
  const child = spawn(process.execPath, [PROGRAM], {
    env: { ...env },
    stdio: ["pipe", output, output, "pipe"],
    ...(signal === undefined ? {} : { signal }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let answer: SandboxCommandEnd | undefined;
  createInterface({ input: child.stdio[SANDBOX_COMMAND_DESCRIPTOR] as Readable }).on(
    "line",
    (line) => {
      answer = JSON.parse(line) as SandboxCommandEnd;
    },
  );
  child.stdin?.on("error", () => {}); // it died: its end tells
  child.stdin?.write(`${JSON.stringify(order)}\n`); // stays open: it ends with us
  child.once("error", reject);
  child.once("close", () => resolve());
  await promise;
  if (answer === undefined) {
    throw new SwarmError("internal", "the process that has the sandbox ended without an answer");
  }
  if (answer.status === "refused") throw fromErrorRecord(answer.error);
  return answer;
}
