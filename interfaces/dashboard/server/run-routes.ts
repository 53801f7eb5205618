import { userInfo } from "node:os";
import { z } from "zod";
import type { PublishedEvent } from "../../../bus/messages.ts";
import { isOutcome, type RunEnds } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import { isToken, parseRunId, parseStageId, type RunId } from "../../../core/ids.ts";
import { isJsonObject, type Json } from "../../../core/json.ts";
import { rerun } from "../../cli/runs/rerun.ts";
import { endOf } from "../../cli/runs/run-story.ts";
import { graphOf } from "../state/graph.ts";
import type { ListedRun } from "../state/listed-run.ts";
import { RunFold } from "../state/run-fold.ts";
import { streamTo } from "./event-stream.ts";
import { placed } from "./graph-layout.ts";
import { pageEvent, planView } from "./page-data.ts";
import { bodyOf, RequestRefused } from "./request-body.ts";
import { sendJson } from "./responses.ts";
import { type DashboardContext, inTime, type Route, type RouteRequest } from "./route.ts";

const RUN = "(?<run>[^/]+)";
const LISTED = { default: 50, most: 200 } as const;
/** A longer output is cut: it is for reading, not for keeping. */
const SHOWN_OUTPUT = 200_000;

const cancelBody = z.strictObject({ reason: z.string().min(1).max(1_000) });
const approveBody = z.strictObject({
  stage: z.string().refine(isToken, "must be a stage id"),
  approved: z.boolean(),
  comment: z.string().max(1_000).exactOptional(),
});
const rerunBody = z.strictObject({
  from: z.array(z.string().refine(isToken, "must be a stage id")).max(100),
  inputs: z.array(z.string().max(100_000)).max(100).exactOptional(),
});

export function runRoutes(context: DashboardContext): readonly Route[] {
  const { client } = context;
  return [
    {
      method: "GET",
      path: /^\/api\/runs$/,
      async handle({ response, query, signal }) {
        const most = wholeNumber(query, "limit", LISTED.default, { from: 1, to: LISTED.most });
        const runs: ListedRun[] = [];
        for await (const ends of client.runs(inTime(signal))) {
          runs.push(listed(ends));
          if (runs.length === most) break;
        }
        sendJson(response, { runs });
      },
    },
    {
      method: "GET",
      path: new RegExp(`^/api/runs/${RUN}$`),
      async handle(asked) {
        const started = await client.started(runIn(asked), inTime(asked.signal));
        const plan = planView(await client.planOf(started));
        const graph = placed(graphOf(plan.stages));
        const { inputs: given } = started.data;
        const inputs = isJsonObject(given) ? (given["value"] ?? null) : null;
        sendJson(asked.response, { run: started.run, plan, graph, inputs });
      },
    },
    {
      method: "GET",
      path: new RegExp(`^/api/runs/${RUN}/events$`),
      isStream: true,
      async handle(asked) {
        const { request, response, signal } = asked;
        const run = runIn(asked);
        const after = lastEventId(request.headers["last-event-id"]);
        const started = await client.started(run, inTime(signal));
        if (after > 0 && (await hasEndedBy(context, started.run, after, signal))) {
          response.writeHead(204).end(); // the browser stops asking
          return;
        }
        await streamTo(response, eventsAfter(context, run, after, signal), ({ n }) => n);
      },
    },
    {
      method: "GET",
      path: new RegExp(`^/api/runs/${RUN}/output$`),
      async handle(asked) {
        const events = await client.history(runIn(asked), inTime(asked.signal));
        const event = outputEvent(events, asked.query);
        sendJson(asked.response, await shownOutput(context, event));
      },
    },
    {
      method: "POST",
      path: new RegExp(`^/api/runs/${RUN}/cancel$`),
      async handle(asked) {
        const { reason } = await bodyOf(asked.request, cancelBody);
        const run = runIn(asked);
        const fold = await folded(context, run, asked.signal);
        if (fold.status !== "running")
          throw new SwarmError(
            "unknown-run",
            `the run ${run} has ended already: it ${fold.status}`,
          );
        await client.cancel(run, reason);
        sendJson(asked.response, { run }, 202);
      },
    },
    {
      method: "POST",
      path: new RegExp(`^/api/runs/${RUN}/approve$`),
      async handle(asked) {
        const { stage, approved, comment } = await bodyOf(asked.request, approveBody);
        const run = runIn(asked);
        const fold = await folded(context, run, asked.signal);
        if (fold.stages.get(stage)?.waitsFor?.what !== "approval" || fold.status !== "running")
          throw new SwarmError("usage", `the stage ${stage} of ${run} waits for no approval`, {
            hint: "somebody else may have answered, or its time was up",
          });
        await client.approve(run, {
          stage: parseStageId(stage),
          approved,
          by: userInfo().username,
          ...(comment === undefined || comment === "" ? {} : { comment }),
        });
        sendJson(asked.response, { run, stage }, 202);
      },
    },
    {
      method: "POST",
      path: new RegExp(`^/api/runs/${RUN}/rerun$`),
      async handle(asked) {
        const { from, inputs = [] } = await bodyOf(asked.request, rerunBody);
        const run = runIn(asked);
        const command = { kind: "runs", action: "rerun", run, from, inputs, json: true } as const;
        const again = await rerun(client, run, command, inTime(asked.signal));
        sendJson(asked.response, { run: again }, 201);
      },
    },
  ];
}

export function listed({ run, first, last }: RunEnds): ListedRun {
  const { status, endedAtMs, error, reason } = endOf(last);
  return {
    run,
    cascade: String(first.data["cascade"]),
    status,
    startedMs: first.atMs,
    ...(endedAtMs === undefined ? {} : { endedMs: endedAtMs }),
    ...(error === undefined ? {} : { failure: { code: error.code, message: error.message } }),
    ...(reason === undefined ? {} : { reason }),
  };
}

async function* eventsAfter(
  { client }: DashboardContext,
  run: RunId,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<ReturnType<typeof pageEvent>> {
  for await (const event of client.watch(run, signal)) {
    if (event.n > after) yield pageEvent(event);
  }
}

async function hasEndedBy(
  { client }: DashboardContext,
  run: RunId,
  after: number,
  signal: AbortSignal,
): Promise<boolean> {
  const last = (await client.history(run, inTime(signal))).at(-1);
  return last !== undefined && isOutcome(last) && last.n <= after;
}

/** A run's state without its plan: only the stages that something happened to. */
export async function folded(
  { client }: DashboardContext,
  run: RunId,
  signal: AbortSignal,
): Promise<RunFold> {
  const fold = new RunFold();
  for (const event of await client.history(run, inTime(signal))) fold.apply(pageEvent(event));
  return fold;
}

function runIn({ parameters }: RouteRequest): RunId {
  const text = parameters["run"] ?? "";
  if (!isToken(text)) throw new SwarmError("unknown-run", "no run has such an id");
  return parseRunId(text);
}

/** The event whose output is asked for: of a task, of a stage without tasks, or of the run. */
function outputEvent(events: readonly PublishedEvent[], query: URLSearchParams): PublishedEvent {
  const stage = query.get("stage");
  const index = wholeNumber(query, "index", 0, { from: 0, to: Number.MAX_SAFE_INTEGER });
  const found = events.findLast(({ type, data }) => {
    if (stage === null) return type === "run.succeeded";
    if (data["stage"] !== stage) return false;
    if (type === "task.succeeded") return data["index"] === index;
    return type === "stage.succeeded" && data["output"] !== undefined;
  });
  if (found !== undefined) return found;
  const reused = events.find(
    ({ type, data }) => type === "stage.reused" && data["stage"] === stage,
  );
  const outputs = reused?.data["outputs"];
  const output = Array.isArray(outputs) ? (outputs as readonly Json[])[index] : undefined;
  if (reused === undefined || output === undefined)
    throw new RequestRefused(404, "there is no such output");
  return { ...reused, type: "task.succeeded", data: { ...reused.data, output } };
}

async function shownOutput({ client }: DashboardContext, event: PublishedEvent): Promise<object> {
  const text = JSON.stringify(await client.outputOf(event), null, 2);
  return { text: text.slice(0, SHOWN_OUTPUT), length: text.length };
}

function lastEventId(header: string | string[] | undefined): number {
  if (header === undefined) return 0;
  if (typeof header === "string" && /^\d{1,15}$/.test(header)) return Number(header);
  throw new RequestRefused(400, "Last-Event-ID must be the number of an event");
}

export function wholeNumber(
  query: URLSearchParams,
  name: string,
  fallback: number,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= from && number <= to) return number;
  throw new RequestRefused(400, `${name} must be a whole number from ${from} to ${to}`);
}
