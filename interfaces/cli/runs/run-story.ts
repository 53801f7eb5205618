import type { PublishedEvent } from "../../../bus/messages.ts";
import type { BudgetStanding } from "../../../core/budget.ts";
import { BudgetAccount, type ModelSpending } from "../../../core/budget-account.ts";
import type { ErrorRecord } from "../../../core/errors.ts";
import type { RunEvent } from "../../../core/events.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Plan } from "../../../core/plan.ts";
import type { RunStanding } from "./command.ts";

/** What happened to a run so far, by stage. */
export interface RunStory {
  readonly run: string;
  readonly cascade: string;
  readonly directory: string;
  readonly status: RunStanding;
  readonly startedAtMs: number;
  readonly endedAtMs?: number;
  /** When somebody paused it; undefined when it is not paused. */
  readonly pausedAtMs?: number;
  /** In the order of the plan. */
  readonly stages: readonly StageStory[];
  /** How its budgets stand; empty when it has none. */
  readonly budgets: readonly BudgetStanding[];
  /** What its calls of models came to; absent when none was made under a budget. */
  readonly spent?: ModelSpending;
  readonly error?: ErrorRecord;
  readonly reason?: string;
  /** The run that it began with. */
  readonly rerunOf?: string;
}

export interface StageStory {
  readonly id: string;
  readonly skills: readonly string[];
  readonly status: "waiting" | "running" | "paused" | "succeeded" | "failed" | "skipped";
  /** Undefined for a stage that has not started, or that has no tasks. */
  readonly tasks?: number;
  readonly succeeded: number;
  /** Of all its tasks together. */
  readonly attempts: number;
  /** Those that tried its tasks, by name. */
  readonly agents: readonly string[];
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  /** The earlier run that it was taken over from. */
  readonly reusedFrom?: string;
  /** It was found in the cache, which that run had filled. */
  readonly cached?: true;
  /** Why the cache had nothing for it. */
  readonly cacheMissed?: string;
  /** What a paused stage waits for. */
  readonly waitsFor?: string;
  /** Of what is to be approved: the hash that an answer may name. */
  readonly content?: string;
  readonly error?: ErrorRecord;
}

type Stage = { -readonly [Key in keyof StageStory]: StageStory[Key] };

/** Folds the events of a run. Pure. @throws Error without a first event */
export function storyOf(plan: Plan, events: readonly PublishedEvent[]): RunStory {
  const [first] = events;
  if (first === undefined) throw new Error("a run without events");
  const stages = new Map<string, Stage>(
    plan.stages.map(({ id, skills }) => [id, newStage(id, skills)]),
  );
  for (const event of events) {
    const stage = stages.get(String(event.data["stage"]));
    if (stage !== undefined) advanceStage(stage, event);
  }
  return {
    run: first.run,
    cascade: plan.cascade,
    directory: String(first.data["directory"]),
    startedAtMs: first.atMs,
    ...rerunOf(first.data),
    ...spendingOf(plan, events),
    ...endOf(events.at(-1) ?? first),
    ...pauseIn(events),
    stages: [...stages.values()],
  };
}

function pauseIn(events: readonly PublishedEvent[]): Pick<RunStory, "pausedAtMs"> {
  const last = events.findLast(({ type }) => type === "run.paused" || type === "run.continued");
  return last?.type === "run.paused" ? { pausedAtMs: last.atMs } : {};
}

function spendingOf(
  plan: Plan,
  events: readonly PublishedEvent[],
): Pick<RunStory, "budgets" | "spent"> {
  const account = new BudgetAccount(plan);
  for (const { type, atMs, data } of events) {
    account.apply({ type, ...data } as unknown as RunEvent, atMs);
  }
  const isRunning = events.every(({ type }) => !/^run\.(succeeded|failed|cancelled)$/.test(type));
  const { spending } = account;
  return {
    budgets: account.standings(() => isRunning),
    ...(spending === undefined ? {} : { spent: spending }),
  };
}

function rerunOf({ rerunOf: run }: JsonObject): Pick<RunStory, "rerunOf"> {
  return typeof run === "string" ? { rerunOf: run } : {};
}

function newStage(id: string, skills: Plan["stages"][number]["skills"]): Stage {
  return {
    id,
    skills: [...new Set(skills.map(({ skill }) => skill))],
    status: "waiting",
    succeeded: 0,
    attempts: 0,
    agents: [],
  };
}

function advanceStage(stage: Stage, { type, atMs, data }: PublishedEvent): void {
  switch (type) {
    case "stage.started":
      Object.assign(stage, { status: "running", tasks: Number(data["tasks"]), startedAtMs: atMs });
      break;
    case "stage.paused":
      Object.assign(stage, { status: "paused", startedAtMs: atMs, waitsFor: waitOf(data) });
      if (typeof data["content"] === "string") Object.assign(stage, { content: data["content"] });
      break;
    case "stage.reused":
      Object.assign(stage, { status: "succeeded", reusedFrom: String(data["from"]) });
      if (data["cached"] === true) stage.cached = true;
      break;
    case "cache.missed":
      stage.cacheMissed = String(data["why"]);
      break;
    case "task.offered":
      stage.attempts += 1;
      break;
    case "task.succeeded":
      stage.succeeded += 1;
      addAgent(stage, data);
      break;
    case "task.failed":
      addAgent(stage, data);
      break;
    case "stage.succeeded":
    case "stage.failed":
    case "stage.skipped": {
      const status = type.slice("stage.".length);
      const error = type === "stage.failed" ? { error: data["error"] } : {};
      Object.assign(stage, { status, endedAtMs: atMs, ...error });
      break;
    }
  }
}

function addAgent(stage: Stage, { agent }: JsonObject): void {
  if (typeof agent !== "string") return; // it was lost before an agent took it
  stage.agents = [...new Set([...stage.agents, agent])].sort();
}

function waitOf({ for: what, message, signal, untilMs }: JsonObject): string {
  if (what === "signal") return `the signal ${String(signal)}`;
  if (what === "approval") return `an approval: ${String(message)}`;
  return `its time, ${new Date(Number(untilMs)).toISOString()}`;
}

type End = Pick<RunStory, "status" | "endedAtMs" | "error" | "reason">;

/** How a run stands by its last event. */
export function endOf({ type, atMs, data }: PublishedEvent): End {
  switch (type) {
    case "run.succeeded":
      return { status: "succeeded", endedAtMs: atMs };
    case "run.failed":
      return { status: "failed", endedAtMs: atMs, error: data["error"] as unknown as ErrorRecord };
    case "run.cancelled":
      return { status: "cancelled", endedAtMs: atMs, reason: String(data["reason"]) };
    default:
      return { status: "running" };
  }
}
