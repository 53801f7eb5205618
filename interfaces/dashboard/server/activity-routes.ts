import type { PublishedEvent } from "../../../bus/messages.ts";
import { RunFold } from "../state/run-fold.ts";
import type { WaitingApproval } from "../state/waiting-approval.ts";
import type { Activity } from "./activity.ts";
import { streamTo } from "./event-stream.ts";
import { pageEvent } from "./page-data.ts";
import { sendJson } from "./responses.ts";
import { type DashboardContext, inTime, type Route } from "./route.ts";
import { listed } from "./run-routes.ts";
import { listenToTraffic } from "./traffic.ts";

/** What changes a list of runs, or of questions to a person. */
const NEWS: ReadonlySet<string> = new Set([
  ...["run.started", "run.succeeded", "run.failed", "run.cancelled", "stage.paused"],
  ...["stage.succeeded", "stage.failed"],
]);
/** Questions are looked for among so many of the newest runs. */
const LOOKED_AT = 200;

export function activityRoutes(context: DashboardContext, activity: Activity): readonly Route[] {
  const { client } = context;
  return [
    {
      method: "GET",
      path: /^\/api\/activity$/,
      isStream: true,
      handle: ({ response, signal }) =>
        streamTo(response, news(activity.listen(signal)), () => undefined),
    },
    {
      method: "GET",
      path: /^\/api\/traffic$/,
      isStream: true,
      handle: ({ response, signal }) =>
        streamTo(
          response,
          listenToTraffic(context.openTraffic, () => client.agents(), signal),
          () => undefined,
        ),
    },
    {
      method: "GET",
      path: /^\/api\/approvals$/,
      async handle({ response, signal }) {
        const waiting: WaitingApproval[] = [];
        let seen = 0;
        for await (const ends of client.runs(inTime(signal))) {
          if (++seen > LOOKED_AT) break;
          if (listed(ends).status !== "running") continue;
          waiting.push(...(await questionsOf(context, ends.first, signal)));
        }
        sendJson(response, { approvals: waiting });
      },
    },
  ];
}

async function* news(events: AsyncIterable<PublishedEvent>): AsyncGenerator<object> {
  for await (const event of events) {
    if (NEWS.has(event.type)) yield { run: event.run, ...pageEvent(event) };
  }
}

async function questionsOf(
  { client }: DashboardContext,
  { run, data }: PublishedEvent,
  signal: AbortSignal,
): Promise<readonly WaitingApproval[]> {
  const fold = new RunFold();
  for (const event of await client.history(run, inTime(signal))) fold.apply(pageEvent(event));
  return [...fold.stages.values()].flatMap(({ id, status, waitsFor, startedMs }) =>
    status === "paused" && waitsFor?.what === "approval"
      ? [
          {
            run,
            cascade: String(data["cascade"]),
            stage: id,
            message: waitsFor.message ?? "",
            sinceMs: startedMs ?? 0,
            ...(waitsFor.untilMs === undefined ? {} : { untilMs: waitsFor.untilMs }),
          },
        ]
      : [],
  );
}
