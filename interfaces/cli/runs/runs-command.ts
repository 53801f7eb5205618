import { userInfo } from "node:os";
import type { PublishedEvent } from "../../../bus/messages.ts";
import { type Client, openClient } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import { parseRunId, parseStageId, type RunId } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { didYouMean } from "../../../language/nearest.ts";
import { EXIT } from "../exit-code.ts";
import { addressHere } from "../swarm-address.ts";
import { printable } from "../terminal-text.ts";
import type { RunsCommand } from "./command.ts";

const ANSWER_TIMEOUT_MS = 15_000;

/** Tells a run something, and waits until that is stored and carried out. */
export async function runRuns(
  command: RunsCommand,
  { directory }: { readonly directory: string },
): Promise<number> {
  const client = await openClient(addressHere(directory), { connectTimeoutMs: 2_000 });
  try {
    const run = runIdOf(command.run);
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    return command.action === "approve"
      ? await approve(client, run, command, signal)
      : await cancel(client, run, command, signal);
  } finally {
    await client.close();
  }
}

function runIdOf(text: string): RunId {
  try {
    return parseRunId(text);
  } catch (error) {
    throw new SwarmError("unknown-run", `no run is called ${JSON.stringify(text)}`, {
      cause: error,
    });
  }
}

async function approve(
  client: Client,
  run: RunId,
  command: Extract<RunsCommand, { readonly action: "approve" }>,
  signal: AbortSignal,
): Promise<number> {
  const { stage, approved, comment, json } = command;
  const before = await client.history(run, signal);
  refuseUnlessWaiting(before, stage, run);
  const answer = { stage: parseStageId(stage), approved, by: userInfo().username };
  await client.approve(run, { ...answer, ...(comment === undefined ? {} : { comment }) });
  for await (const event of client.watch(run, signal)) {
    if (event.n <= before.length || !endsStage(event, stage)) continue;
    const isApproved = event.type === "stage.succeeded";
    const words = isApproved ? "approved" : "denied";
    print(json, { run, stage, approved: isApproved }, `${words}  ${stage} of ${run}`);
    // Somebody else, or the time limit, may have been faster.
    return isApproved === approved ? EXIT.ok : EXIT.runFailed;
  }
  throw new SwarmError("coordinator-unavailable", `the run ${run} ended before it took the answer`);
}

async function cancel(
  client: Client,
  run: RunId,
  { reason, json }: Extract<RunsCommand, { readonly action: "cancel" }>,
  signal: AbortSignal,
): Promise<number> {
  const before = await client.history(run, signal);
  const ended = before.find(isEnd);
  if (ended !== undefined) {
    const how = ended.type.slice("run.".length);
    throw new SwarmError("unknown-run", `the run ${run} has ended already: it ${how}`);
  }
  await client.cancel(run, reason);
  for await (const event of client.watch(run, signal)) {
    if (!isEnd(event)) continue;
    const status = event.type.slice("run.".length);
    print(json, { run, status }, `${status}  ${run}`);
    return status === "cancelled" ? EXIT.ok : EXIT.runFailed;
  }
  throw new SwarmError("coordinator-unavailable", `nothing was heard of the run ${run}`);
}

function refuseUnlessWaiting(events: readonly PublishedEvent[], stage: string, run: RunId): void {
  const waiting = new Set<string>();
  for (const { type, data } of events) {
    const id = String(data["stage"]);
    if (type === "stage.paused" && data["for"] === "approval") waiting.add(id);
    else if (type === "stage.succeeded" || type === "stage.failed") waiting.delete(id);
  }
  if (events.some(isEnd)) waiting.clear();
  if (waiting.has(stage)) return;
  const shown = JSON.stringify(stage);
  const hint = waiting.size === 0 ? "no stage of it does" : didYouMean(stage, [...waiting]);
  throw new SwarmError("usage", `the stage ${shown} of ${run} does not wait for an approval`, {
    hint,
  });
}

function endsStage({ type, data }: PublishedEvent, stage: string): boolean {
  return (type === "stage.succeeded" || type === "stage.failed") && data["stage"] === stage;
}

function isEnd({ type }: PublishedEvent): boolean {
  return type === "run.succeeded" || type === "run.failed" || type === "run.cancelled";
}

function print(json: boolean, document: Json, words: string): void {
  process.stdout.write(json ? `${JSON.stringify(document)}\n` : `${printable(words)}\n`);
}
