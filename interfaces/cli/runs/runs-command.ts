import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import type { PublishedEvent } from "../../../bus/messages.ts";
import type { Client } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import { parseRunId, parseStageId, type RunId } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { didYouMean } from "../../../language/nearest.ts";
import { clientHere } from "../client-here.ts";
import { EXIT } from "../exit-code.ts";
import { printable } from "../terminal-text.ts";
import { collectRuns } from "./collect-runs.ts";
import type { RunsCommand } from "./command.ts";
import { diffRuns } from "./diff-runs.ts";
import { exportRun } from "./export-run.ts";
import { listRuns } from "./list-runs.ts";
import { rerun } from "./rerun.ts";
import { printLogs } from "./run-logs.ts";
import { showRun } from "./show-run.ts";
import { followRun } from "./watch-run.ts";

const ANSWER_TIMEOUT_MS = 15_000;

/** Shows runs, or tells one something and waits until that is stored and carried out. */
export async function runRuns(
  command: RunsCommand,
  { directory }: { readonly directory: string },
): Promise<number> {
  if (command.action === "logs") return printLogs(runIdOf(command.run), { ...command, directory });
  const client = await clientHere(directory);
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    if (command.action === "ls") return await listRuns(client, command, signal);
    if (command.action === "gc") return await collectRuns(client, command);
    const run = runIdOf(command.run);
    const { json } = command;
    switch (command.action) {
      case "show":
        return await showRun(client, run, json, signal);
      case "watch":
        return await followRun(client, run, { json, directory }, signal);
      case "diff":
        return await diffRuns(client, [run, runIdOf(command.other)], json, signal);
      case "export":
        return await exportRun(client, run, { file: command.file, directory }, signal);
      case "rerun": {
        const again = await rerun(client, run, command, signal);
        process.stderr.write(`${again} begins with ${run}\n`);
        return await followRun(client, again, { json, directory }, signal);
      }
      case "approve":
        return await approve(client, run, command, signal);
      case "pause":
        return await pauseRun(client, run, command);
      case "resume":
        return await resumeRun(client, run, command);
      case "signal":
        return await signalRun(client, run, command);
      case "cancel":
        return await cancel(client, run, command, signal);
      default:
        return command satisfies never;
    }
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
  const { stage, approved, comment, json, content: shown = "" } = command;
  const before = await client.history(run, signal);
  const asked = askedBy(before, stage, run);
  const content = asked.data["content"];
  if (typeof content === "string" && !content.startsWith(shown)) throw otherContent(run, stage);
  await client.approve(run, {
    stage: parseStageId(stage),
    approved,
    by: by(),
    ...(comment === undefined ? {} : { comment }),
    ...(typeof content === "string" ? { content } : {}),
  });
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

const by = (): string => userInfo().username;

async function pauseRun(
  client: Client,
  run: RunId,
  { reason, json }: Extract<RunsCommand, { readonly action: "pause" }>,
): Promise<number> {
  await client.command({ v: 1, command: "pause", run, by: by(), reason });
  print(json, { run, paused: true }, `paused  ${run}: what is under way goes on to its end`);
  return EXIT.ok;
}

async function resumeRun(
  client: Client,
  run: RunId,
  { json }: Extract<RunsCommand, { readonly action: "resume" }>,
): Promise<number> {
  await client.command({ v: 1, command: "resume", run, by: by() });
  print(json, { run, paused: false }, `resumed  ${run}`);
  return EXIT.ok;
}

async function signalRun(
  client: Client,
  run: RunId,
  { name, data, json }: Extract<RunsCommand, { readonly action: "signal" }>,
): Promise<number> {
  const id = randomUUID();
  await client.command({ v: 1, command: "signal", run, by: by(), name, data, id });
  print(json, { run, signal: name, id }, `sent  ${name} to ${run}`);
  return EXIT.ok;
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

/** The event that asks for the approval. @throws SwarmError `usage` when the stage does not wait for one */
function askedBy(events: readonly PublishedEvent[], stage: string, run: RunId): PublishedEvent {
  const waiting = new Map<string, PublishedEvent>();
  for (const event of events) {
    const id = String(event.data["stage"]);
    if (event.type === "stage.paused" && event.data["for"] === "approval") waiting.set(id, event);
    else if (event.type === "stage.succeeded" || event.type === "stage.failed") waiting.delete(id);
  }
  if (events.some(isEnd)) waiting.clear();
  const asked = waiting.get(stage);
  if (asked !== undefined) return asked;
  const shown = JSON.stringify(stage);
  const hint = waiting.size === 0 ? "no stage of it does" : didYouMean(stage, [...waiting.keys()]);
  throw new SwarmError("usage", `the stage ${shown} of ${run} does not wait for an approval`, {
    hint,
  });
}

function otherContent(run: RunId, stage: string): SwarmError {
  const what = `${stage} of ${run} asks for other content than --content names`;
  return new SwarmError("approval-mismatch", what, {
    hint: `npm run cascade -- runs show ${run} shows what it asks for`,
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
