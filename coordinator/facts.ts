import type { NatsConnection } from "nats";
import type { Level, Logger } from "pino";
import type { PublishedEvent } from "../bus/messages.ts";
import { type RunEvent, type StoredEvent, stageOf } from "../core/events.ts";
import type { JsonObject } from "../core/json.ts";
import { type Subjects, WHOLE_RUN } from "../core/subjects.ts";

/** Levels of the log lines; facts that concern a single attempt are many, but people watch agents by them. */
const LEVELS: Partial<Record<RunEvent["type"], Level>> = {
  "task.failed": "warn",
  "memory.read": "debug",
  "memory.written": "debug",
  "budget.reserved": "debug",
  "budget.settled": "debug",
  "budget.exhausted": "error",
  "stage.failed": "error",
  "run.failed": "error",
};

/**
 * Shows a stored fact: on the bus for whoever watches, and as a log line.
 * @param line the event as LOG has it
 */
export function showFact(
  connection: NatsConnection,
  subjects: Subjects,
  logger: Logger,
  stored: StoredEvent,
  line: string,
): void {
  const { event } = stored;
  connection.publish(
    subjects.event(stored.run, stageOf(event) ?? WHOLE_RUN, event.type),
    Buffer.from(publishedText(stored, line)),
  );
  const level = LEVELS[event.type] ?? "info";
  if (!logger.isLevelEnabled(level)) return;
  logger[level]({ event: event.type, runId: stored.run, ...taskIdOf(stored), ...fieldsOf(event) });
}

/** `publishedEvent` as JSON, taken from the event's line in LOG, so that it is put into words once. */
export function publishedText(stored: StoredEvent, line: string): string {
  const { run, n, atMs, event } = stored;
  const head = `["${run}",${n},${atMs},{"type":"${event.type}"`;
  const start = line.indexOf(" ") + 1;
  if (!line.startsWith(head, start)) return JSON.stringify(publishedEvent(stored));
  const fields = line.slice(start + head.length, -1); // `,"stage":…}`, or `}` when there are none
  const data = fields.startsWith(",") ? fields.slice(1) : fields;
  return `{"v":1,"run":"${run}","n":${n},"atMs":${atMs},"type":"${event.type}","data":{${data}}`;
}

export function publishedEvent(stored: StoredEvent): PublishedEvent {
  const { type, ...data } = stored.event;
  return {
    v: 1,
    run: stored.run,
    n: stored.n,
    atMs: stored.atMs,
    type,
    data: data as unknown as JsonObject,
  };
}

function taskIdOf({ run, event }: StoredEvent): { readonly taskId?: string } {
  return "index" in event ? { taskId: `${run}/${event.stage}/${event.index}` } : {};
}

/** What a log line says of an event: names and numbers, never whole inputs or outputs. */
function fieldsOf(event: RunEvent): Record<string, unknown> {
  switch (event.type) {
    case "run.started":
      return {
        cascade: event.cascade,
        plan: event.plan.slice(0, 12),
        directory: event.directory,
        ...(event.rerunOf === undefined ? {} : { rerunOf: event.rerunOf }),
      };
    case "stage.started":
      return { stageId: event.stage, tasks: event.tasks };
    case "task.offered":
    case "task.returned":
      return { stageId: event.stage, attempt: event.attempt };
    case "task.step_recorded":
      return {
        stageId: event.stage,
        attempt: event.attempt,
        agentId: event.agent,
        step: event.name,
      };
    case "task.succeeded": {
      const { stage, attempt, agent, durationMs } = event;
      return { stageId: stage, attempt, agentId: agent, durationMs: Math.round(durationMs) };
    }
    case "task.failed": {
      const { stage, attempt, agent, error, retryAtMs } = event;
      return { stageId: stage, attempt, agentId: agent, error, retryAtMs };
    }
    case "stage.succeeded":
      return { stageId: event.stage };
    case "stage.paused":
      return {
        stageId: event.stage,
        for: event.for,
        message: event.message,
        signal: event.signal,
        untilMs: event.untilMs,
      };
    case "stage.skipped":
      return { stageId: event.stage, why: event.why };
    case "stage.reused":
      return { stageId: event.stage, from: event.from, cached: event.cached };
    case "cache.missed":
      return { stageId: event.stage, why: event.why };
    case "stage.failed":
      return { stageId: event.stage, error: event.error };
    case "memory.read":
      return { stageId: event.stage, keys: Object.keys(event.revisions) };
    case "memory.written": {
      const { stage, key, scope, revision, isDeletion, agent } = event;
      return { stageId: stage, key, scope, revision, isDeletion, agentId: agent };
    }
    case "budget.reserved": {
      const { stage, attempt, agent, id, model, tokens, usd } = event;
      return { stageId: stage, attempt, agentId: agent, call: id, model, tokens, usd };
    }
    case "budget.settled": {
      const { stage, id, tokens, usd } = event;
      return { stageId: stage, call: id, tokens, usd };
    }
    case "budget.exhausted":
      return { error: event.error };
    case "run.continued":
      return { by: event.by };
    case "signal.received":
      return { signal: event.name, by: event.by };
    case "run.paused":
    case "cancel.requested":
      return { by: event.by, reason: event.reason };
    case "run.failed":
      return { error: event.error, spent: event.spent };
    case "run.cancelled":
      return { reason: event.reason, spent: event.spent };
    case "run.succeeded":
      return event.spent === undefined ? {} : { spent: event.spent };
    default:
      return event satisfies never;
  }
}
