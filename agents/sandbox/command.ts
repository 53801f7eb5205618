import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { toErrorRecord } from "../../core/errors.ts";
import { openLogger } from "../../core/logging.ts";
import type { SandboxEnd } from "../../core/sandbox.ts";
import {
  SANDBOX_COMMAND_DESCRIPTOR,
  type SandboxCommandEnd,
  type SandboxCommandOrder,
  type SandboxCommandOutcome,
} from "../../core/sandbox-command.ts";
import { registerEnvironment, Scrubber } from "../../core/scrub.ts";
import { openSandbox, type ProvenSandbox, sandboxBackend } from "./sandbox.ts";

/** A process that uses the sandbox as an agent does, but for one order from its parent. It ends with its parent. */
async function main(order: SandboxCommandOrder): Promise<void> {
  const { env } = process;
  const scrubber = new Scrubber();
  registerEnvironment(scrubber, env);
  const write = (line: string): void => void process.stderr.write(scrubber.scrub(line));
  const logger = openLogger({ service: "sandbox", scrubber, write, level: "warn" });
  const { signal } = new AbortController();
  const sandbox = await openSandbox({ backend: sandboxBackend(env), env, logger }, signal);
  try {
    tell(await carriedOut(order, sandbox, signal));
  } finally {
    await sandbox.close();
  }
}

async function carriedOut(
  order: SandboxCommandOrder,
  sandbox: ProvenSandbox,
  signal: AbortSignal,
): Promise<SandboxCommandEnd> {
  if (order.kind === "exec") {
    const end = await sandbox.run(order.order, signal);
    await Promise.all([said(process.stdout, end.stdout), said(process.stderr, end.stderr)]);
    return { status: "ended", end: outcomeOf(end) };
  }
  const startedMs = performance.now();
  await sandbox.prove(signal);
  const probeMs = Math.round(performance.now() - startedMs);
  const { enforcement, binary } = sandbox;
  return { status: "enforced", enforcement, probeMs, ...(binary === undefined ? {} : { binary }) };
}

function outcomeOf(end: SandboxEnd): SandboxCommandOutcome {
  const { cut, durationMs } = end;
  if (end.status === "exited") return { status: end.status, code: end.code, cut, durationMs };
  return { status: end.status, why: end.why, signal: end.signal, cut, durationMs };
}

function said(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => void stream.write(text, () => resolve()));
}

function tell(end: SandboxCommandEnd): void {
  writeSync(SANDBOX_COMMAND_DESCRIPTOR, `${JSON.stringify(end)}\n`);
}

const input = createInterface({ input: process.stdin });
input.once("line", (line) => {
  input.once("close", () => process.exit(1)); // whoever asked is gone
  main(JSON.parse(line) as SandboxCommandOrder)
    .catch((error: unknown) => tell({ status: "refused", error: toErrorRecord(error) }))
    .finally(() => process.exit(0));
});
