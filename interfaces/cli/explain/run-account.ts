import type { PublishedEvent } from "../../../bus/messages.ts";
import type { ErrorRecord } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Plan, PlanStage } from "../../../core/plan.ts";
import { endOf } from "../runs/run-story.ts";

/** What a run waits for, from its events alone. */
export interface RunAccount {
  readonly run: string;
  readonly cascade: string;
  readonly status: "running" | "succeeded" | "failed" | "cancelled";
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  /** Why it failed, or will when its final stages are through. */
  readonly error: ErrorRecord | null;
  readonly reason: string | null;
  /** Somebody asked for its end, which is not stored. */
  readonly cancelAsked: { readonly by: string; readonly sinceMs: number } | null;
  readonly paused: {
    readonly by: string;
    readonly reason: string;
    readonly sinceMs: number;
  } | null;
  /** The number of an event that is missing: such a run is set aside. */
  readonly missingEvent: number | null;
  readonly waits: readonly Wait[];
  /** Stages that wait for others, in the order of the plan. */
  readonly behind: readonly { readonly stage: string; readonly needs: readonly string[] }[];
  /** Names of signals that no stage has taken. */
  readonly untakenSignals: readonly string[];
}

interface Since {
  readonly stage: string;
  readonly sinceMs: number;
}

export type Wait =
  | (Since & {
      readonly kind: "approval";
      readonly message: string;
      readonly content?: string;
      readonly untilMs?: number;
    })
  | (Since & { readonly kind: "time"; readonly untilMs: number })
  | (Since & { readonly kind: "signal"; readonly signal: string; readonly untilMs?: number })
  /** Offered, and without an outcome. */
  | (Since & { readonly kind: "agents"; readonly tasks: number; readonly attempt: number })
  /** No agent has room for them, or none has the skill. */
  | (Since & {
      readonly kind: "room";
      readonly tasks: number;
      readonly skills: readonly string[];
      readonly lanes: readonly string[];
    })
  | (Since & {
      readonly kind: "retry";
      readonly index: number;
      readonly attempt: number;
      readonly dueMs: number;
      readonly error: ErrorRecord;
    })
  /** Nothing is before it any more. */
  | (Since & { readonly kind: "start" })
  /** All of its tasks have ended. */
  | (Since & { readonly kind: "end" });

type TaskState =
  | { readonly status: "queued" | "offered"; readonly attempt: number; readonly sinceMs: number }
  | {
      readonly status: "retry";
      readonly attempt: number;
      readonly sinceMs: number;
      readonly dueMs: number;
      readonly error: ErrorRecord;
    }
  | { readonly status: "ended"; readonly sinceMs: number };

interface Pause {
  readonly data: JsonObject;
  readonly sinceMs: number;
  untilMs: number | undefined;
}

/** What the fold knows. */
interface Fold {
  readonly ended: Map<string, number>;
  readonly tasks: Map<string, TaskState[]>;
  readonly pauses: Map<string, Pause>;
  readonly signals: string[];
  paused: RunAccount["paused"];
  cancelAsked: RunAccount["cancelAsked"];
  failure: ErrorRecord | null;
}

/** Folds the events of a run. Pure. @throws Error without a first event */
export function accountOf(plan: Plan, events: readonly PublishedEvent[]): RunAccount {
  const [first] = events;
  if (first === undefined) throw new Error("a run without events");
  const stages = new Map<string, PlanStage>(plan.stages.map((stage) => [stage.id, stage]));
  const fold: Fold = {
    ended: new Map(),
    tasks: new Map(),
    pauses: new Map(),
    signals: [],
    paused: null,
    cancelAsked: null,
    failure: null,
  };
  for (const event of events) take(fold, stages, event);
  const { status, endedAtMs, error, reason } = endOf(events.at(-1) ?? first);
  const gap = events.findIndex(({ n }, index) => n !== index + 1);
  const isOpen = status === "running";
  return {
    run: first.run,
    cascade: plan.cascade,
    status,
    startedAtMs: first.atMs,
    endedAtMs: endedAtMs ?? null,
    error: error ?? fold.failure,
    reason: reason ?? null,
    cancelAsked: isOpen ? fold.cancelAsked : null,
    paused: isOpen ? fold.paused : null,
    missingEvent: gap === -1 ? null : gap + 1,
    ...(isOpen ? openStages(plan, fold, first.atMs) : { waits: [], behind: [] }),
    untakenSignals: isOpen ? fold.signals : [],
  };
}

function take(
  fold: Fold,
  stages: ReadonlyMap<string, PlanStage>,
  { type, atMs, data }: PublishedEvent,
): void {
  const stage = String(data["stage"]);
  const tasks = fold.tasks.get(stage) ?? [];
  const index = Number(data["index"]);
  const attempt = Number(data["attempt"]);
  switch (type) {
    case "stage.started":
      fold.tasks.set(
        stage,
        Array.from({ length: Number(data["tasks"]) }, () => ({
          ...{ status: "queued" as const, attempt: 1, sinceMs: atMs },
        })),
      );
      return;
    case "task.offered":
    case "task.returned":
      tasks[index] = {
        ...{ attempt, sinceMs: atMs },
        status: type === "task.offered" ? "offered" : "queued",
      };
      return;
    case "task.succeeded":
      tasks[index] = { status: "ended", sinceMs: atMs };
      return;
    case "task.failed":
      tasks[index] = afterFailure(data, atMs);
      return;
    case "stage.paused": {
      const untilMs = data["untilMs"] === undefined ? undefined : Number(data["untilMs"]);
      fold.pauses.set(stage, { data, sinceMs: atMs, untilMs });
      return;
    }
    case "stage.succeeded":
    case "stage.skipped":
    case "stage.reused":
    case "stage.failed":
      endStage(fold, stages.get(stage), { type, atMs, stage, data });
      return;
    case "run.paused":
      fold.paused = { by: String(data["by"]), reason: String(data["reason"]), sinceMs: atMs };
      return;
    case "run.continued": {
      const { sinceMs } = fold.paused ?? { sinceMs: atMs };
      for (const pause of fold.pauses.values())
        if (pause.untilMs !== undefined) pause.untilMs += atMs - sinceMs;
      fold.paused = null;
      return;
    }
    case "signal.received":
      fold.signals.push(String(data["name"]));
      return;
    case "cancel.requested":
      fold.cancelAsked = { by: String(data["by"]), sinceMs: atMs };
  }
}

function afterFailure(data: JsonObject, atMs: number): TaskState {
  const { attempt, retryAtMs, error } = data;
  if (retryAtMs === undefined) return { status: "ended", sinceMs: atMs };
  return {
    status: "retry",
    attempt: Number(attempt) + 1,
    sinceMs: atMs,
    dueMs: Number(retryAtMs),
    error: error as unknown as ErrorRecord,
  };
}

function endStage(
  fold: Fold,
  planned: PlanStage | undefined,
  end: {
    readonly type: string;
    readonly atMs: number;
    readonly stage: string;
    readonly data: JsonObject;
  },
): void {
  const { type, atMs, stage, data } = end;
  const signal = fold.pauses.get(stage)?.data["signal"];
  if (type === "stage.succeeded" && typeof signal === "string") {
    const taken = fold.signals.indexOf(signal);
    if (taken !== -1) fold.signals.splice(taken, 1);
  }
  fold.pauses.delete(stage);
  fold.tasks.delete(stage);
  fold.ended.set(stage, atMs);
  if (type === "stage.failed" && planned?.continueOnError !== true) {
    fold.failure ??= data["error"] as unknown as ErrorRecord;
  }
}

function openStages(
  plan: Plan,
  fold: Fold,
  startedAtMs: number,
): Pick<RunAccount, "waits" | "behind"> {
  const waits: Wait[] = [];
  const behind: RunAccount["behind"][number][] = [];
  const isOpen = (at: number): boolean => !fold.ended.has(String(plan.stages[at]?.id));
  for (const stage of plan.stages) {
    // When a run fails, of what has not begun only its final stages are still to come.
    if (fold.ended.has(stage.id) || (fold.failure !== null && stage.isFinal !== true)) continue;
    const open = stage.needs.filter(isOpen);
    const needs = open.flatMap((at) => plan.stages[at]?.id ?? []);
    const isBlocked = fold.failure === null ? needs.length > 0 : false;
    const pause = fold.pauses.get(stage.id);
    const tasks = fold.tasks.get(stage.id);
    if (pause !== undefined) waits.push(pauseWait(stage.id, pause));
    else if (tasks !== undefined) waits.push(...taskWaits(stage, tasks));
    else if (isBlocked) behind.push({ stage: stage.id, needs });
    else {
      const ends = stage.needs.map((at) => fold.ended.get(String(plan.stages[at]?.id)) ?? 0);
      waits.push({ kind: "start", stage: stage.id, sinceMs: Math.max(startedAtMs, ...ends) });
    }
  }
  return { waits, behind };
}

function pauseWait(stage: string, { data, sinceMs, untilMs }: Pause): Wait {
  const until = untilMs === undefined ? {} : { untilMs };
  if (data["for"] === "approval") {
    const { content } = data;
    const hash = typeof content === "string" ? { content } : {};
    const message = String(data["message"]);
    return { kind: "approval", stage, sinceMs, message, ...hash, ...until };
  }
  if (data["for"] === "signal") {
    return { kind: "signal", stage, sinceMs, signal: String(data["signal"]), ...until };
  }
  return { kind: "time", stage, sinceMs, untilMs: untilMs ?? sinceMs };
}

function taskWaits({ id: stage, skills }: PlanStage, tasks: readonly TaskState[]): readonly Wait[] {
  const offered = tasks.filter((task) => task.status === "offered");
  const waits: Wait[] = [];
  const oldest = oldestOf(offered);
  if (oldest !== undefined && oldest.status === "offered") {
    const { sinceMs, attempt } = oldest;
    waits.push({ kind: "agents", stage, sinceMs, attempt, tasks: offered.length });
  }
  const queued = tasks.flatMap((task, index) =>
    task.status === "queued" ? [{ task, index }] : [],
  );
  const first = oldestOf(queued.map(({ task }) => task));
  if (first !== undefined) {
    const calls = new Set(queued.map(({ index }) => skills[index % skills.length]));
    waits.push({
      kind: "room",
      stage,
      sinceMs: first.sinceMs,
      tasks: queued.length,
      skills: [...new Set([...calls].flatMap((call) => call?.skill ?? []))],
      lanes: [...new Set([...calls].flatMap((call) => call?.lane ?? []))],
    });
  }
  for (const [index, task] of tasks.entries()) {
    if (task.status !== "retry") continue;
    const { attempt, sinceMs, dueMs, error } = task;
    waits.push({ kind: "retry", stage, sinceMs, index, attempt, dueMs, error });
  }
  if (waits.length > 0) return waits;
  const lastMs = tasks.reduce((latest, { sinceMs }) => Math.max(latest, sinceMs), 0);
  return [{ kind: "end", stage, sinceMs: lastMs }];
}

function oldestOf(tasks: readonly TaskState[]): TaskState | undefined {
  return tasks.reduce<TaskState | undefined>(
    (oldest, task) => (oldest === undefined || task.sinceMs < oldest.sinceMs ? task : oldest),
    undefined,
  );
}
