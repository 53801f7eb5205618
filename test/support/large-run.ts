import type { PublishedEvent } from "../../bus/messages.ts";
import type { Client } from "../../coordinator/client.ts";
import { parseRunId, parseStageId } from "../../core/ids.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Plan, PlanStage } from "../../core/plan.ts";

export const LARGE_RUN = parseRunId("r0large-run");

/** A client that knows one run, of so many stages, all of which have succeeded: what is tried is a page, not a coordinator. */
export function clientOfLargeRun(stages: number): Client {
  const plan = planOf(stages);
  const events = eventsOf(plan);
  const known: Partial<Client> = {
    started: async () => first(events),
    planOf: async () => plan,
    history: async () => events,
    async *watch() {
      yield* events;
    },
    async *watchAll(signal) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      yield* [];
    },
    async *runs() {
      yield { run: LARGE_RUN, first: first(events), last: events.at(-1) ?? first(events) };
    },
  };
  return known as Client;
}

function first(events: readonly PublishedEvent[]): PublishedEvent {
  const [event] = events;
  if (event === undefined) throw new Error("a run without events");
  return event;
}

/** In chains of a hundredth of them, side by side. */
function planOf(stages: number): Plan {
  return {
    ...{ v: 1, cascade: "large", inputs: [], result: [] },
    stages: Array.from({ length: stages }, (_, at): PlanStage => {
      const skills = [{ skill: "pause", lane: "light" as const, inputs: {} }];
      const retry = { maxAttempts: 1, backoffMs: 0, maxBackoffMs: 0 };
      const needs = at < 100 ? [] : [at - 100];
      const id = parseStageId(`s${at}`);
      return { id, type: "sequential", needs, skills, retry, timeoutMs: 1_000, single: true };
    }),
  };
}

function eventsOf(plan: Plan): readonly PublishedEvent[] {
  const events: PublishedEvent[] = [];
  const add = (type: string, data: JsonObject): void => {
    const n = events.length + 1;
    events.push({ v: 1, run: LARGE_RUN, n, atMs: n, type, data });
  };
  add("run.started", { cascade: "large", plan: "", directory: "/", inputs: { value: {} } });
  for (const { id: stage } of plan.stages) {
    add("stage.started", { stage, tasks: 1 });
    add("task.offered", { stage, index: 0, attempt: 1 });
    const done = { agent: `agent-${stage.slice(-2)}`, durationMs: 1, output: { value: null } };
    add("task.succeeded", { stage, index: 0, attempt: 1, ...done });
    add("stage.succeeded", { stage });
  }
  add("run.succeeded", { output: { value: null } });
  return events;
}
