import { userInfo } from "node:os";
import { z } from "zod";
import type { PublishedEvent } from "../../../bus/messages.ts";
import { type Client, isOutcome } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import { parseStageId } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { didYouMean } from "../../../language/nearest.ts";
import { RUN_STANDINGS } from "../../cli/runs/command.ts";
import { endOf } from "../../cli/runs/run-story.ts";
import { jobOf } from "../jobs.ts";
import {
  answerSignal,
  eventLine,
  knownRun,
  runIdOf,
  runText,
  runView,
  viewOf,
  waitForEnd,
} from "../runs.ts";
import { defineTool } from "../tool.ts";
import { waitMs } from "./cascade-tools.ts";

const run = z.string();

export const runList = defineTool({
  name: "run_list",
  description: "Lists the newest runs.",
  effect: "reads",
  input: z
    .object({
      status: z.enum(RUN_STANDINGS as readonly [string, ...string[]]).optional(),
      limit: z.int().min(1).max(100).default(20),
    })
    .strict(),
  output: z.object({ runs: z.array(z.unknown()) }),
  async call({ status, limit }, context) {
    const client = await context.swarm.client();
    const runs: { run: string; cascade: string; status: string; startedAt: string }[] = [];
    for await (const { run: id, first, last } of client.runs(answerSignal(context))) {
      const standing = endOf(last).status;
      if (status !== undefined && standing !== status) continue;
      runs.push({
        run: id,
        cascade: String(first.data["cascade"]),
        status: standing,
        startedAt: new Date(first.atMs).toISOString(),
      });
      if (runs.length === limit) break;
    }
    const lines = runs.map((each) => `${each.run} ${each.cascade} ${each.status}`);
    return { data: { runs }, text: lines.join("\n") || "no runs" };
  },
});

export const runStatus = defineTool({
  name: "run_status",
  description: "Tells how a run stands, stage by stage; with wait, when it has ended.",
  effect: "reads",
  input: z.object({ run, wait: z.boolean().default(false), timeoutSeconds: waitMs }).strict(),
  output: runView,
  async call({ run: id, wait, timeoutSeconds }, context) {
    const runId = runIdOf(id);
    const client = await context.swarm.client();
    await client.started(runId, answerSignal(context));
    if (wait) await waitForEnd(client, runId, timeoutSeconds * 1_000, context);
    const view = viewOf(await knownRun(client, runId, answerSignal(context)));
    return { data: view, text: runText(view) };
  },
});

export const runLogs = defineTool({
  name: "run_logs",
  description: "Shows a run's events, the last ones or those after a number.",
  effect: "reads",
  input: z
    .object({
      run,
      stage: z.string().optional(),
      after: z.int().min(0).optional(),
      limit: z.int().min(1).max(500).default(50),
    })
    .strict(),
  output: z.object({ events: z.array(z.unknown()), total: z.int() }),
  async call({ run: id, stage, after, limit }, context) {
    const client = await context.swarm.client();
    const all = await client.history(runIdOf(id), answerSignal(context));
    const wanted = all.filter(
      ({ n, data }) => n > (after ?? 0) && (stage === undefined || data["stage"] === stage),
    );
    const shown = after === undefined ? wanted.slice(-limit) : wanted.slice(0, limit);
    const events = shown.map(eventLine);
    const lines = events.map((event) => JSON.stringify(event));
    return { data: { events, total: all.length }, text: lines.join("\n") || "no such events" };
  },
});

export const runCancel = defineTool({
  name: "run_cancel",
  description: "Ends a run early.",
  effect: "changes",
  input: z
    .object({ run, reason: z.string().min(1).max(1_000).default("asked by an MCP client") })
    .strict(),
  output: z.object({ run, status: z.string() }),
  async call({ run: id, reason }, context) {
    const runId = runIdOf(id);
    const client = await context.swarm.client();
    const signal = answerSignal(context);
    const ended = (await client.history(runId, signal)).find(isOutcome);
    if (ended !== undefined) {
      const how = ended.type.slice("run.".length);
      throw new SwarmError("usage", `the run ${runId} has ended already: it ${how}`);
    }
    await client.cancel(runId, reason);
    const outcome = await eventOf(client, runId, signal, isOutcome);
    const status = outcome.type.slice("run.".length);
    return { data: { run: id, status }, text: `run ${id}: ${status}` };
  },
});

export const runPause = defineTool({
  name: "run_pause",
  description: "Nothing of a run begins any more; what is under way ends.",
  effect: "changes",
  input: z
    .object({ run, reason: z.string().max(1_000).default("asked by an MCP client") })
    .strict(),
  output: z.object({ run, paused: z.boolean() }),
  async call({ run: id, reason }, context) {
    const client = await context.swarm.client();
    await client.command({ v: 1, command: "pause", run: runIdOf(id), by: whoAsks(), reason });
    return { data: { run: id, paused: true }, text: `run ${id} is paused` };
  },
});

export const runResume = defineTool({
  name: "run_resume",
  description: "Goes on with a paused run.",
  effect: "changes",
  input: z.object({ run }).strict(),
  output: z.object({ run, paused: z.boolean() }),
  async call({ run: id }, context) {
    const client = await context.swarm.client();
    await client.command({ v: 1, command: "resume", run: runIdOf(id), by: whoAsks() });
    return { data: { run: id, paused: false }, text: `run ${id} goes on` };
  },
});

function whoAsks(): string {
  return `${userInfo().username} (MCP)`;
}

export const runApprove = defineTool({
  name: "run_approve",
  description: "Answers a stage that waits for an approval. Ask the person first.",
  effect: "changes",
  input: z
    .object({
      run,
      stage: z.string(),
      approved: z.boolean(),
      comment: z.string().max(1_000).optional(),
    })
    .strict(),
  output: z.object({ run, stage: z.string(), approved: z.boolean() }),
  async call({ run: id, stage, approved, comment }, context) {
    const runId = runIdOf(id);
    const client = await context.swarm.client();
    const signal = answerSignal(context);
    const before = await client.history(runId, signal);
    refuseUnlessWaiting(before, stage);
    await client.approve(runId, {
      ...{ stage: parseStageId(stage), approved, by: whoAsks() },
      ...(comment === undefined ? {} : { comment }),
    });
    const end = await eventOf(
      client,
      runId,
      signal,
      ({ n, type, data }) =>
        n > before.length && /^stage\.(succeeded|failed)$/.test(type) && data["stage"] === stage,
    );
    // Somebody else, or the time limit, may have been faster.
    const isApproved = end.type === "stage.succeeded";
    const text = `${stage} of ${id} is ${isApproved ? "approved" : "denied"}`;
    return { data: { run: id, stage, approved: isApproved }, text };
  },
});

function refuseUnlessWaiting(events: readonly PublishedEvent[], stage: string): void {
  const waiting = new Set<string>();
  for (const { type, data } of events) {
    const id = String(data["stage"]);
    if (type === "stage.paused" && data["for"] === "approval") waiting.add(id);
    else if (type === "stage.succeeded" || type === "stage.failed") waiting.delete(id);
  }
  if (events.some(isOutcome)) waiting.clear();
  if (waiting.has(stage)) return;
  throw new SwarmError("usage", `the stage ${JSON.stringify(stage)} waits for no approval`, {
    hint: waiting.size === 0 ? "no stage of the run does" : didYouMean(stage, [...waiting]),
  });
}

async function eventOf(
  client: Client,
  runId: ReturnType<typeof runIdOf>,
  signal: AbortSignal,
  matches: (event: PublishedEvent) => boolean,
): Promise<PublishedEvent> {
  for await (const event of client.watch(runId, signal)) if (matches(event)) return event;
  throw new SwarmError("coordinator-unavailable", `nothing was heard of the run ${runId}`);
}

export const runRerun = defineTool({
  name: "run_rerun",
  description:
    "A new run that takes over what succeeded in an earlier one and does the rest; from names stages to do again.",
  effect: "changes",
  input: z
    .object({
      run,
      from: z.array(z.string()).max(100).default([]),
      inputs: z
        .record(
          z.string(),
          z.custom<Json>((data) => data !== undefined),
        )
        .default({}),
    })
    .strict(),
  output: z.object({ run, status: z.string(), rerunOf: z.string() }),
  async call({ run: id, from, inputs }, context) {
    const earlier = runIdOf(id);
    const client = await context.swarm.client();
    const started = await client.started(earlier, answerSignal(context));
    const plan = await client.planOf(started);
    const optional = plan.inputs.map((spec) => ({ ...spec, required: false }));
    await jobOf({ plan: { ...plan, inputs: optional } }, inputs, context.directory);
    const stages = from.map(parseStageId);
    const { runId } = await client.submit({
      ...{ cascade: plan.cascade, inputs },
      rerun: { run: earlier, ...(stages.length === 0 ? {} : { from: stages }) },
    });
    const text = `run ${runId} begins with ${id}; run_status tells how it stands`;
    return { data: { run: runId, status: "accepted", rerunOf: id }, text };
  },
});
