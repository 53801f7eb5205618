import type { Heartbeat } from "../../../bus/messages.ts";
import type { Metrics } from "./metrics.ts";
import { sendText } from "./responses.ts";
import type { DashboardContext, Route } from "./route.ts";

/** Whoever asks whether it is ready does not wait long. */
const READY_TIMEOUT_MS = 3_000;

/** For programs that watch over this one. `/healthz` and `/readyz` are open, and say nothing of runs. */
export function healthRoutes(
  { client, version }: DashboardContext,
  metrics: Metrics,
): readonly Route[] {
  return [
    {
      method: "GET",
      path: /^\/healthz$/,
      handle: ({ response }) => sendText(response, "ok\n"),
    },
    {
      method: "GET",
      path: /^\/readyz$/,
      async handle({ response, signal }) {
        const missing = await missingOf(client, signal);
        if (missing === undefined) sendText(response, "ready\n");
        else sendText(response, `not ready: ${missing}\n`, 503);
      },
    },
    {
      method: "GET",
      path: /^\/metrics$/,
      async handle({ response }) {
        const text = metrics.text(await client.agents(), { version });
        response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
        response.end(text);
      },
    },
  ];
}

/** What a job would lack: a coordinator that answers, or an agent that takes tasks. */
async function missingOf(
  client: DashboardContext["client"],
  signal: AbortSignal,
): Promise<string | undefined> {
  const soon = AbortSignal.any([signal, AbortSignal.timeout(READY_TIMEOUT_MS)]);
  try {
    await client.ready(soon);
  } catch {
    return "no coordinator answers";
  }
  const agents = await client.agents().catch((): readonly Heartbeat[] => []);
  return agents.some(({ status }) => status === "serving") ? undefined : "no agent answers";
}
