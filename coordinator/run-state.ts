import { type Actor, type AnyActorRef, createActor } from "xstate";
import { BudgetAccount } from "../core/budget-account.ts";
import type { ErrorRecord } from "../core/errors.ts";
import {
  type EventOf,
  isRunOutcome,
  type RunEvent,
  type RunStatus,
  type Spent,
  type StoredEvent,
} from "../core/events.ts";
import type { RunId, StageId } from "../core/ids.ts";
import type { Plan, PlanStage } from "../core/plan.ts";
import { shardOf } from "../core/shard.ts";
import type { RecordedStep } from "../core/steps.ts";
import type { TimelineEntry } from "../core/timeline.ts";
import type { Value } from "../core/value.ts";
import { at, type Vector } from "../core/vector.ts";
import type { StageStatus } from "../language/scope.ts";
import { runMachine } from "../machines/run.ts";
import { type QueueTasks, stageMachine, type TaskState } from "../machines/stage.ts";
import { asksForTimeline, RunTimeline } from "./run-timeline.ts";
import { Signals } from "./signals.ts";

/** What the machines of a run order; carried out by the shard's owner. Contract: must not throw. */
export interface RunOrders {
  /** The next fact follows from those before it: record it. */
  propose(run: RunState, event: RunEvent): void;
  startStages(run: RunState, indexes: readonly number[]): void;
  queueTasks(run: RunState, stage: number, order: QueueTasks): void;
  /** After a fold: what each task of a running stage was last known to do. */
  adoptTasks(run: RunState, stage: number, tasks: Vector<TaskState>): void;
  cancelTasks(run: RunState, stage: number): void;
  /** All tasks of the stage have succeeded: it keeps what it is to keep of its output, and then has succeeded, too. */
  keepOutput(run: RunState, stage: number): void;
  /** After a fold: a pause that has not ended. */
  resumePause(run: RunState, stage: number, pause: EventOf<"stage.paused">): void;
}

/**
 * The state of one run: a run actor and an actor for each running stage, moved only by the facts of the log.
 * The same `apply` serves the live run and the fold after a restart, when `orders` is muted.
 */
export class RunState {
  readonly runId: RunId;
  readonly shard: number;
  readonly plan: Plan;
  readonly created: EventOf<"run.started">;
  /** What was reserved and spent on models under its budgets. */
  readonly budget: BudgetAccount;
  /** Number of the last event applied. */
  n = 0;
  status: RunStatus = "running";
  orders: RunOrders;
  #abandoned = false;
  readonly #run: Actor<typeof runMachine>;
  readonly #stages = new Map<number, Actor<typeof stageMachine>>();
  readonly #outputs = new Map<number, readonly Value[]>();
  readonly #paused = new Map<number, EventOf<"stage.paused">>();
  readonly #signals = new Signals();
  #pausedAtMs: number | undefined;
  readonly #outcomes = new Map<number, StageStatus>();
  readonly #memory = new Map<number, Value>();
  readonly #written = new Set<string>();
  readonly #cacheMisses = new Map<number, EventOf<"cache.missed">>();
  readonly #errors = new Map<number, ErrorRecord>();
  readonly #positions: ReadonlyMap<StageId, number>;
  readonly #timeline: RunTimeline | undefined;

  constructor(runId: RunId, plan: Plan, created: EventOf<"run.started">, orders: RunOrders) {
    this.runId = runId;
    this.shard = shardOf(runId);
    this.plan = plan;
    this.created = created;
    this.orders = orders;
    this.budget = new BudgetAccount(plan);
    this.#positions = positionsOf(plan);
    this.#timeline = asksForTimeline(plan) ? new RunTimeline(plan) : undefined;
    this.#run = createActor(runActorLogic, { input: { plan } });
    owners.set(this.#run, { run: this, stage: -1 });
    this.#run.start();
  }

  /** Moves the actors by a fact. Facts come in order of `n`, without a gap. */
  apply(stored: StoredEvent): void {
    if (stored.n !== this.n + 1) {
      throw new Error(`run ${this.runId}: event ${stored.n} after ${this.n}`);
    }
    this.n = stored.n;
    this.#timeline?.add(stored);
    const { event } = stored;
    this.budget.apply(event, stored.atMs);
    if (isRunOutcome(event)) this.status = event.type.slice("run.".length) as RunStatus;
    switch (event.type) {
      case "run.started":
      case "cancel.requested":
      case "budget.exhausted":
      case "run.succeeded":
      case "run.failed":
      case "run.cancelled":
        this.#run.send(event);
        break;
      case "run.paused":
        this.#pausedAtMs = stored.atMs;
        this.#run.send(event);
        break;
      case "run.continued":
        this.#moveDeadlines(stored.atMs);
        this.#run.send(event);
        break;
      case "signal.received":
        this.#signals.add(event);
        break;
      case "stage.started": {
        const index = this.position(event.stage);
        this.#run.send({ type: "stage.started", index });
        this.#stageActor(index).send(event);
        break;
      }
      case "task.offered":
      case "task.returned":
      case "task.step_recorded":
      case "task.succeeded":
      case "task.failed":
        this.#stageActor(this.position(event.stage)).send(event);
        break;
      case "stage.succeeded": {
        const index = this.position(event.stage);
        if (event.output !== undefined) this.#outputs.set(index, [event.output]);
        this.#endStage(index, event);
        this.#run.send({ type: "stage.succeeded", index });
        break;
      }
      case "stage.reused": {
        const index = this.position(event.stage);
        this.#outputs.set(index, event.outputs);
        this.#outcomes.set(index, "succeeded");
        this.#run.send({ type: "stage.succeeded", index });
        break;
      }
      case "cache.missed":
        this.#cacheMisses.set(this.position(event.stage), event);
        break;
      case "stage.paused": {
        const index = this.position(event.stage);
        this.#paused.set(index, event);
        this.#run.send({ type: "stage.started", index });
        break;
      }
      case "stage.skipped": {
        const index = this.position(event.stage);
        this.#outcomes.set(index, "skipped");
        this.#run.send({ type: "stage.skipped", index });
        break;
      }
      case "stage.failed": {
        const index = this.position(event.stage);
        this.#errors.set(index, event.error);
        this.#endStage(index, event);
        const isTolerated = this.stage(index).continueOnError === true;
        this.#run.send({ type: "stage.failed", index, error: event.error, isTolerated });
        break;
      }
      case "memory.read":
        this.#memory.set(this.position(event.stage), event.values);
        break;
      case "memory.written":
        this.#written.add(`${event.stage}/${event.key}`);
        break;
      case "budget.reserved":
      case "budget.settled":
        break; // the account has them
      default:
        event satisfies never;
    }
  }

  /** After a fold: every actor orders again what the log does not show as done. */
  recover(): void {
    for (const stage of [...this.#stages.values()]) stage.send({ type: "recovered" });
    for (const [index, pause] of this.#paused) this.orders.resumePause(this, index, pause);
    this.#run.send({ type: "recovered" });
  }

  stage(index: number): PlanStage {
    const stage = this.plan.stages[index];
    if (stage === undefined) throw new RangeError(`run ${this.runId} has no stage ${index}`);
    return stage;
  }

  /** Undefined when the plan has no such stage. */
  positionOf(stage: StageId): number | undefined {
    return this.#positions.get(stage);
  }

  position(stage: StageId): number {
    const index = this.#positions.get(stage);
    if (index === undefined) throw new RangeError(`run ${this.runId} has no stage ${stage}`);
    return index;
  }

  /** The state of a task of a running stage; undefined when there is no such task or the stage does not run. */
  task(stage: StageId, index: number): TaskState | undefined {
    const position = this.#positions.get(stage);
    const actor = position === undefined ? undefined : this.#stages.get(position);
    const tasks = actor?.getSnapshot().context.tasks;
    if (tasks === undefined || index >= tasks.length) return undefined;
    return at(tasks, index);
  }

  /** What attempts at a task of a running stage recorded. */
  steps(stage: number, index: number): readonly RecordedStep[] {
    return this.#stages.get(stage)?.getSnapshot().context.steps[index] ?? [];
  }

  /** Outputs so far of the tasks of a running stage. */
  taskOutputs(stage: number): readonly Value[] {
    const actor = this.#stages.get(stage);
    return actor === undefined ? [] : outputsOf(actor.getSnapshot().context.tasks);
  }

  /** Outputs of a stage that succeeded, by task. */
  outputs(stage: number): readonly Value[] | undefined {
    return this.#outputs.get(stage);
  }

  /** What the memory had when a stage began, by key; undefined when it was not read for it. */
  memoryOf(stage: number): Value | undefined {
    return this.#memory.get(stage);
  }

  /** That the cache had nothing for a stage; undefined when it had, or was not asked. */
  cacheMissOf(stage: number): EventOf<"cache.missed"> | undefined {
    return this.#cacheMisses.get(stage);
  }

  /** True when the log says that the key was written for the stage. */
  hasWritten(stage: StageId, key: string): boolean {
    return this.#written.has(`${stage}/${key}`);
  }

  /** How a stage ended; undefined while it has not. */
  outcome(stage: number): StageStatus | undefined {
    return this.#outcomes.get(stage);
  }

  /** What a stage failed with; undefined when it did not. */
  errorOf(stage: number): ErrorRecord | undefined {
    return this.#errors.get(stage);
  }

  /** The pause of a stage that waits; undefined when it does not, or not any more. */
  pauseOf(stage: number): EventOf<"stage.paused"> | undefined {
    return this.#paused.get(stage);
  }

  /** The first stage that waits for this signal; undefined when none does. */
  waitingFor(signal: string): number | undefined {
    for (const [index, pause] of this.#paused) if (pause.signal === signal) return index;
    return undefined;
  }

  /** Signals that came and that no stage has taken yet. */
  get signals(): Pick<Signals, "next" | "knows" | "size"> {
    return this.#signals;
  }

  /** Whether somebody paused the run. */
  get isPaused(): boolean {
    return this.#pausedAtMs !== undefined;
  }

  /** Ended attempts, in the order in which they ended; empty when the cascade does not ask for them. */
  get timeline(): readonly TimelineEntry[] {
    return this.#timeline?.entries.slice() ?? [];
  }

  /** Tasks of running stages that have not ended. */
  get openTasks(): number {
    let open = 0;
    for (const actor of this.#stages.values()) open += actor.getSnapshot().context.openTasks;
    return open;
  }

  /** True when the stage was started and has not ended. */
  isRunning(stage: number): boolean {
    return this.#stages.has(stage);
  }

  /** Ends all running stages: the run is over or about to be. */
  stopStages(): void {
    for (const actor of this.#stages.values()) actor.send({ type: "cancel" });
    this.#stages.clear();
    this.#paused.clear();
  }

  /** The error that the run fails with; undefined while it has none. */
  get failure(): ErrorRecord | undefined {
    return this.#run.getSnapshot().context.error;
  }

  /** False for a stage that has ended, and for one that is not to be started any more because the run fails. */
  isWanted(stage: number): boolean {
    if (this.ended || this.abandoned || this.outcome(stage) !== undefined) return false;
    const isFinishing = this.#run.getSnapshot().matches("finishing");
    return !isFinishing || this.stage(stage).isFinal === true;
  }

  get ended(): boolean {
    return this.status !== "running";
  }

  /** Its shard was lost: this state may be behind the log, and nothing may come of it any more. */
  abandon(): void {
    this.#abandoned = true;
    this.orders = mutedOrders;
  }

  get abandoned(): boolean {
    return this.#abandoned;
  }

  #stageActor(index: number): Actor<typeof stageMachine> {
    const known = this.#stages.get(index);
    if (known !== undefined) return known;
    const actor = createActor(stageActorLogic);
    owners.set(actor, { run: this, stage: index });
    this.#stages.set(index, actor);
    actor.start();
    return actor;
  }

  /** What waits has as much time left as when the run was paused. */
  #moveDeadlines(nowMs: number): void {
    const since = this.#pausedAtMs;
    this.#pausedAtMs = undefined;
    if (since === undefined) return;
    for (const [index, pause] of this.#paused) {
      if (pause.untilMs === undefined) continue;
      const moved = { ...pause, untilMs: pause.untilMs + nowMs - since };
      this.#paused.set(index, moved);
      this.orders.resumePause(this, index, moved);
    }
  }

  #endStage(index: number, event: EventOf<"stage.succeeded"> | EventOf<"stage.failed">): void {
    const signal = this.#paused.get(index)?.signal;
    if (signal !== undefined && event.type === "stage.succeeded") this.#signals.take(signal);
    this.#paused.delete(index);
    this.#outcomes.set(index, event.type === "stage.succeeded" ? "succeeded" : "failed");
    const actor = this.#stages.get(index);
    if (actor === undefined) return; // it has no tasks, or failed before it started
    const { tasks } = actor.getSnapshot().context;
    actor.send(event);
    this.#stages.delete(index);
    if (event.type === "stage.succeeded") this.#outputs.set(index, outputsOf(tasks));
  }
}

function outputsOf(tasks: Vector<TaskState>): readonly Value[] {
  return tasks.blocks.flatMap((block) =>
    block.map((task) => (task.status === "succeeded" ? task.output : { value: null })),
  );
}

const positionsByPlan = new WeakMap<Plan, ReadonlyMap<StageId, number>>();

function positionsOf(plan: Plan): ReadonlyMap<StageId, number> {
  let positions = positionsByPlan.get(plan);
  if (positions === undefined) {
    positions = new Map(plan.stages.map((stage, index) => [stage.id, index]));
    positionsByPlan.set(plan, positions);
  }
  return positions;
}

interface Ownership {
  readonly run: RunState;
  /** Position of the stage; -1 for the run actor itself. */
  readonly stage: number;
}

/** One provided machine serves all actors; this tells an action whose it is. */
const owners = new WeakMap<AnyActorRef, Ownership>();

function ownerOf(actor: AnyActorRef): Ownership {
  const owner = owners.get(actor);
  if (owner === undefined) throw new Error("an actor without a run");
  return owner;
}

const runActorLogic = runMachine.provide({
  actions: {
    startStages: ({ self }, { indexes }) => {
      const { run } = ownerOf(self);
      if (indexes.length > 0) run.orders.startStages(run, indexes);
    },
    stopStages: ({ self }) => ownerOf(self).run.stopStages(),
    proposeSuccess: ({ self }) => {
      const { run } = ownerOf(self);
      run.orders.propose(run, { type: "run.succeeded", output: lastOutput(run), ...spentBy(run) });
    },
    proposeFailure: ({ self }, { error }) => {
      const { run } = ownerOf(self);
      if (error !== undefined) {
        run.orders.propose(run, { type: "run.failed", error, ...spentBy(run) });
      }
    },
    proposeCancelled: ({ self }, { reason }) => {
      const { run } = ownerOf(self);
      run.orders.propose(run, { type: "run.cancelled", reason: reason ?? "", ...spentBy(run) });
    },
  },
});

const stageActorLogic = stageMachine.provide({
  actions: {
    queueTasks: ({ self }, order) => {
      const { run, stage } = ownerOf(self);
      run.orders.queueTasks(run, stage, order);
    },
    adoptTasks: ({ self }, { tasks }) => {
      const { run, stage } = ownerOf(self);
      run.orders.adoptTasks(run, stage, tasks);
    },
    proposeSuccess: ({ self }) => {
      const { run, stage } = ownerOf(self);
      const { id, memory } = run.stage(stage);
      if (memory === undefined) run.orders.propose(run, { type: "stage.succeeded", stage: id });
      else run.orders.keepOutput(run, stage);
    },
    proposeFailure: ({ self }, { error }) => {
      const { run, stage } = ownerOf(self);
      if (error === undefined) return;
      run.orders.propose(run, { type: "stage.failed", stage: run.stage(stage).id, error });
    },
    cancelTasks: ({ self }) => {
      const { run, stage } = ownerOf(self);
      run.orders.cancelTasks(run, stage);
    },
  },
});

function spentBy({ budget }: RunState): Spent {
  const { spending } = budget;
  return spending === undefined ? {} : { spent: spending };
}

function lastOutput(run: RunState): Value {
  const last = run.plan.result.findLast((index) => run.outcome(index) === "succeeded");
  if (last === undefined) return { value: null };
  const output = run.stage(last).single ? run.outputs(last)?.[0] : undefined;
  return output ?? { value: null };
}

/** For a fold: facts move the actors, and nothing is ordered. */
export const mutedOrders: RunOrders = {
  propose: () => {},
  startStages: () => {},
  queueTasks: () => {},
  adoptTasks: () => {},
  cancelTasks: () => {},
  keepOutput: () => {},
  resumePause: () => {},
};
