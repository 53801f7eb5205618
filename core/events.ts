import type { ModelSpending } from "./budget-account.ts";
import type { CacheAddress } from "./cache.ts";
import type { ErrorRecord } from "./errors.ts";
import type { AgentId, RunId, StageId } from "./ids.ts";
import type { Json } from "./json.ts";
import type { MemorySpace } from "./memory.ts";
import type { Value } from "./value.ts";

/**
 * The facts of a run, in the order in which they were appended: `n` counts from 1 without a gap.
 * Folding them through the machines gives the run's state; nothing else is its source.
 */
export interface StoredEvent {
  readonly run: RunId;
  readonly n: number;
  readonly atMs: number;
  readonly event: RunEvent;
}

export type RunEvent =
  | {
      readonly type: "run.started";
      readonly cascade: string;
      /** sha256 of the plan's JSON, which is stored as an object of that name. */
      readonly plan: string;
      readonly machine: string;
      readonly inputs: Value;
      /** Absolute directory that relative paths mean and under which the run's files are written. */
      readonly directory: string;
      readonly host: string;
      readonly key?: string;
      /** The run that it begins with. */
      readonly rerunOf?: RunId;
    }
  | { readonly type: "stage.started"; readonly stage: StageId; readonly tasks: number }
  | {
      readonly type: "task.offered";
      readonly stage: StageId;
      readonly index: number;
      readonly attempt: number;
      /** Whom a strategy that learns drew for the attempt's first offer, and how likely that was. */
      readonly to?: AgentId;
      readonly propensity?: number;
    }
  /** No agent took the attempt, and its shard changes hands: it is offered again under the same number. */
  | {
      readonly type: "task.returned";
      readonly stage: StageId;
      readonly index: number;
      readonly attempt: number;
    }
  /** A part of the task that is not done again: the next attempt is given it. */
  | {
      readonly type: "task.step_recorded";
      readonly stage: StageId;
      readonly index: number;
      readonly attempt: number;
      readonly agent: AgentId;
      readonly name: string;
      readonly value: Value;
    }
  | {
      readonly type: "task.succeeded";
      readonly stage: StageId;
      readonly index: number;
      readonly attempt: number;
      readonly agent: AgentId;
      /** The peer that handed the task to the agent. */
      readonly from?: AgentId;
      readonly durationMs: number;
      readonly output: Value;
      /** JSON pointers to where secrets were taken out of the output. */
      readonly scrubbed?: readonly string[];
    }
  | {
      readonly type: "task.failed";
      readonly stage: StageId;
      readonly index: number;
      readonly attempt: number;
      readonly agent?: AgentId;
      readonly from?: AgentId;
      readonly error: ErrorRecord;
      /** Wall time of the next attempt; absent when there is none. */
      readonly retryAtMs?: number;
    }
  /** It goes on at `untilMs`, epoch milliseconds, when a person answers or when the signal comes. */
  | {
      readonly type: "stage.paused";
      readonly stage: StageId;
      readonly for: "time" | "approval" | "signal";
      readonly message?: string;
      /** Of what is to be approved: sha256 over run, stage and the whole text. An answer that names another one is refused. */
      readonly content?: string;
      readonly signal?: string;
      readonly untilMs?: number;
    }
  /** `output` is that of a stage without tasks, which the coordinator evaluated. */
  | { readonly type: "stage.succeeded"; readonly stage: StageId; readonly output?: Value }
  /** It is taken over from an earlier run, with its outputs, by task. */
  | {
      readonly type: "stage.reused";
      readonly stage: StageId;
      readonly from: RunId;
      readonly outputs: readonly Value[];
      /** It was found in the cache: made of the same content, in that run. */
      readonly cached?: true;
    }
  /** The cache has nothing for the stage. Its own result is kept under that address; absent when it cannot be. */
  | {
      readonly type: "cache.missed";
      readonly stage: StageId;
      readonly why: string;
      readonly under?: CacheAddress;
    }
  | { readonly type: "stage.failed"; readonly stage: StageId; readonly error: ErrorRecord }
  /** A branch that was not taken, a fallback that was not needed, or a `when` that was false; `reused`: so in the run that is begun with. */
  | {
      readonly type: "stage.skipped";
      readonly stage: StageId;
      readonly why: "branch" | "when" | "reused";
    }
  /** What the memory had when the stage began: `values` is a mapping of its keys, without those that had nothing. */
  | {
      readonly type: "memory.read";
      readonly stage: StageId;
      readonly values: Value;
      readonly revisions: Readonly<Record<string, number>>;
    }
  /** A task of the stage, or the coordinator for it, has written. Told again when the writer asked again. */
  | {
      readonly type: "memory.written";
      readonly stage: StageId;
      readonly key: string;
      readonly scope: MemorySpace["kind"];
      readonly revision: number;
      readonly isDeletion?: true;
      /** Absent when the coordinator kept the stage's output. */
      readonly agent?: AgentId;
    }
  /** A call of a model may be made: it counts at its worst until it is settled. `usd` is null when its price is not known. */
  | {
      readonly type: "budget.reserved";
      readonly stage: StageId;
      readonly index: number;
      readonly attempt: number;
      readonly agent: AgentId;
      readonly id: string;
      readonly model: string;
      readonly tokens: number;
      readonly usd: number | null;
      /** It counts for that day's budget, too. */
      readonly day?: string;
    }
  /** What the vendor counted of the call; null: not known, and the worst case stays. */
  | {
      readonly type: "budget.settled";
      readonly stage: StageId;
      readonly id: string;
      readonly tokens: number | null;
      readonly usd: number | null;
    }
  /** The time of the run's own budget is over. */
  | { readonly type: "budget.exhausted"; readonly error: ErrorRecord }
  | { readonly type: "cancel.requested"; readonly by: string; readonly reason: string }
  /** Nothing of the run begins until it is continued; what is under way ends. Its waits stand still. */
  | { readonly type: "run.paused"; readonly by: string; readonly reason: string }
  | { readonly type: "run.continued"; readonly by: string }
  /** Taken by the stage that waits for it, or by the next that will. */
  | {
      readonly type: "signal.received";
      readonly name: string;
      readonly data: Json;
      readonly by: string;
      /** The sender's: the same one counts once. */
      readonly id: string;
    }
  /** `output` is the last stage's when that stage has a single task, else null. */
  | ({ readonly type: "run.succeeded"; readonly output: Value } & Spent)
  | ({ readonly type: "run.failed"; readonly error: ErrorRecord } & Spent)
  | ({ readonly type: "run.cancelled"; readonly reason: string } & Spent);

/** What its calls of models came to; absent when none was made under a budget. */
export interface Spent {
  readonly spent?: ModelSpending;
}

export type RunEventType = RunEvent["type"];
export type EventOf<Type extends RunEventType> = Extract<RunEvent, { type: Type }>;

/** The end of a run's life, one of three. */
export type RunOutcome =
  | EventOf<"run.succeeded">
  | EventOf<"run.failed">
  | EventOf<"run.cancelled">;

export type RunStatus = "running" | "succeeded" | "failed" | "cancelled";

export function isRunOutcome(event: RunEvent): event is RunOutcome {
  return (
    event.type === "run.succeeded" || event.type === "run.failed" || event.type === "run.cancelled"
  );
}

/** The stage an event concerns, or undefined when it concerns the whole run. */
export function stageOf(event: RunEvent): StageId | undefined {
  return "stage" in event ? event.stage : undefined;
}
