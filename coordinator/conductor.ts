import type { Logger } from "pino";
import { type DeadTask, encodeMessage } from "../bus/messages.ts";
import type { Clock } from "../core/clock.ts";
import { type ErrorRecord, toErrorRecord } from "../core/errors.ts";
import type { StageId } from "../core/ids.ts";
import type { Json } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { Value } from "../core/value.ts";
import { items, type Vector } from "../core/vector.ts";
import { stageOutput } from "../language/stage-output.ts";
import type { QueueTasks, TaskState } from "../machines/stage.ts";
import type { Blobs } from "../store/blobs.ts";
import type { LogAccess } from "../store/shard-log.ts";
import { BudgetDeadlines } from "./budget-deadlines.ts";
import type { Deadlines } from "./deadlines.ts";
import type { Dispatcher, OfferTarget, PreparedTask } from "./dispatcher.ts";
import { type Approval, Pauses, type Signal } from "./pauses.ts";
import type { FailedAttempt } from "./results.ts";
import { retryDelayMs } from "./retry.ts";
import type { RunOrders, RunState } from "./run-state.ts";
import type { ShardOwner } from "./shard-owner.ts";
import type { StageCaches } from "./stage-cache.ts";
import type { PreparedStage, StageInputs } from "./stage-inputs.ts";
import type { StageMemories } from "./stage-memory.ts";
import type { QueuedTask } from "./task-queue.ts";
import type { Turns } from "./turns.ts";

export interface ConductorOptions {
  readonly access: LogAccess;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly turns: Turns;
  readonly deadlines: Deadlines;
  readonly stageInputs: StageInputs;
  readonly stageMemories: StageMemories;
  readonly stageCaches: StageCaches;
  readonly blobs: Blobs;
  readonly dispatcher: () => Dispatcher;
  /** Sends offers whose attempts are stored. */
  readonly sendOffers: (target: OfferTarget, prepared: readonly PreparedTask[]) => void;
}

/** Carries out what the machines of the runs order: starts stages, queues tasks, counts attempts. */
export class Conductor {
  readonly owners = new Map<number, ShardOwner>();
  readonly orders: Omit<RunOrders, "propose">;
  readonly budgetDeadlines: BudgetDeadlines;
  readonly #options: ConductorOptions;
  readonly #pauses: Pauses;
  /** Offers of this turn, by shard: they go out when the shard's append is stored. */
  readonly #outgoing = new Map<ShardOwner, Map<string, Outgoing>>();

  constructor(options: ConductorOptions) {
    this.#options = options;
    const ownerOf = (run: RunState): ShardOwner | undefined => this.#ownerOf(run);
    this.#pauses = new Pauses({ ...options, ownerOf });
    this.budgetDeadlines = new BudgetDeadlines({ ...options, ownerOf });
    this.orders = {
      startStages: (run, indexes) => {
        for (const index of indexes) this.#startStage(run, index);
      },
      queueTasks: (run, stage, order) => this.#queueTasks(run, stage, order),
      adoptTasks: (run, stage, tasks) => this.#adoptTasks(run, stage, tasks),
      cancelTasks: (run, stage) => options.dispatcher().cancelStage(run, stage),
      keepOutput: (run, stage) => this.#keepOutput(run, stage),
      resumePause: (run, stage, pause) => this.#pauses.arm(run, stage, pause),
    };
  }

  /** Counts the attempt and lets the offer go out once that is stored. */
  order(target: OfferTarget, prepared: PreparedTask): void {
    const { task } = prepared;
    const owner = this.#ownerOf(task.run);
    if (owner === undefined) return;
    if (!task.counted) {
      const { index, attempt } = task;
      const stage = task.run.stage(task.stage).id;
      const drawn = prepared.drawn ?? {};
      owner.record(task.run, { type: "task.offered", stage, index, attempt, ...drawn });
    }
    this.#gather(owner, target, prepared);
  }

  /** Records that an attempt failed and, when another is allowed, when that is due. */
  fail(run: RunState, failure: FailedAttempt): void {
    const owner = this.#ownerOf(run);
    if (owner === undefined || run.ended) return;
    const stage = run.stage(failure.stage);
    const { index, attempt, agent, from } = failure;
    const delayMs = retryDelayMs(stage.retry, attempt, failure.error, this.#options.random);
    const error =
      delayMs === undefined ? finalError(failure, stage.retry.maxAttempts) : failure.error;
    owner.record(run, {
      type: "task.failed",
      stage: stage.id,
      index,
      attempt,
      error,
      ...(agent === undefined ? {} : { agent }),
      ...(from === undefined ? {} : { from }),
      ...(delayMs === undefined ? {} : { retryAtMs: this.#options.clock.wallMs() + delayMs }),
    });
    if (delayMs === undefined) this.#keepDeadLetter(owner, run, failure, error);
    else if (failure.error.code === "agent-lost") this.#logRedistribution(run, failure);
  }

  /** Of a shard that is handed over: attempts that no agent took are not lost. */
  returnUntaken(owner: ShardOwner): void {
    for (const { run, stage, index, attempt } of this.#options.dispatcher().untaken(owner.shard)) {
      owner.record(run, { type: "task.returned", stage: run.stage(stage).id, index, attempt });
    }
  }

  /** A run's own wish to end early. */
  cancel(owner: ShardOwner, run: RunState, by: string, reason: string): void {
    if (!run.ended) owner.record(run, { type: "cancel.requested", by, reason });
  }

  /** A person's answer to a stage that waits for one. */
  answer(owner: ShardOwner, run: RunState, answer: Approval): void {
    this.#pauses.answer(owner, run, answer);
  }

  /** A word from outside, for the stage that waits for it or will. */
  signal(owner: ShardOwner, run: RunState, signal: Signal): void {
    this.#pauses.signal(owner, run, signal);
  }

  /** From here on nothing of the run begins; what is under way goes on to its end. */
  pause(owner: ShardOwner, run: RunState, by: string, reason: string): void {
    if (run.ended || run.isPaused) return;
    owner.record(run, { type: "run.paused", by, reason });
    this.#options.dispatcher().pause(run);
  }

  resume(owner: ShardOwner, run: RunState, by: string): void {
    if (run.ended || !run.isPaused) return;
    owner.record(run, { type: "run.continued", by });
    this.#options.dispatcher().resume(run);
    this.#options.turns.request();
  }

  /**
   * Undefined when the shard was lost, also when it was taken again since, for then the run was folded anew; and when it is being
   * handed over, for then the next owner decides.
   */
  #ownerOf(run: RunState): ShardOwner | undefined {
    if (run.abandoned) return undefined;
    const owner = this.owners.get(run.shard);
    return owner?.isLeaving === true ? undefined : owner;
  }

  #startStage(run: RunState, index: number): void {
    const owner = this.#ownerOf(run);
    if (owner === undefined || run.ended || run.isPaused) return;
    const { stageInputs, stageMemories } = this.#options;
    if (stageInputs.isChosen(run, index) && stageMemories.mustRead(run, index)) {
      this.#readMemory(owner, run, index);
      return;
    }
    this.#prepare(run, index, (prepared) => {
      // Begun before the run was paused and resumed, and once more after: whichever is ready first counts.
      const isBegun = run.isRunning(index) || run.pauseOf(index) !== undefined;
      if (!run.isWanted(index) || isBegun || run.isPaused) return;
      const stage = run.stage(index).id;
      switch (prepared.kind) {
        case "tasks":
          if (this.#options.stageCaches.mustLook(run, index)) {
            this.#lookInCache(run, index, prepared.tasks);
            return;
          }
          owner.record(run, { type: "stage.started", stage, tasks: prepared.tasks });
          return;
        case "value":
          this.#recordValue(owner, run, stage, prepared.value);
          return;
        case "pause":
          this.#pauses.begin(owner, run, index, prepared.pause);
          return;
        case "skip":
          owner.record(run, { type: "stage.skipped", stage, why: prepared.why });
          return;
        default:
          prepared satisfies never;
      }
    });
  }

  /** What the stage names of the memory stands in the log before anything is made of it. */
  #readMemory(owner: ShardOwner, run: RunState, index: number): void {
    const { stageMemories } = this.#options;
    stageMemories
      .read(owner, run, index)
      .then(() => {
        if (!stageMemories.mustRead(run, index)) this.#startStage(run, index);
      })
      .catch((error: unknown) => this.#failStage(owner, run, run.stage(index).id, error));
  }

  /** What the cache answered stands in the log before anything follows from it. */
  #lookInCache(run: RunState, index: number, tasks: number): void {
    const { stageCaches } = this.#options;
    void stageCaches.look(run, index, tasks).then((answer) => {
      const owner = this.#ownerOf(run);
      if (owner === undefined || !run.isWanted(index) || !stageCaches.mustLook(run, index)) return;
      owner.record(run, answer);
      if (answer.type === "cache.missed") this.#startStage(run, index);
    });
  }

  #keepOutput(run: RunState, index: number): void {
    const owner = this.#ownerOf(run);
    if (owner === undefined || run.ended) return;
    const stage = run.stage(index);
    const output = stageOutput(stage, run.taskOutputs(index));
    this.#kept(owner, run, { index, output }, () =>
      owner.record(run, { type: "stage.succeeded", stage: stage.id }),
    );
  }

  /** Goes on when what the stage keeps of its output is in the memory. */
  #kept(
    owner: ShardOwner,
    run: RunState,
    { index, output }: { readonly index: number; readonly output: Json },
    done: () => void,
  ): void {
    const { stageMemories } = this.#options;
    if (!stageMemories.mustKeep(run, index)) {
      done();
      return;
    }
    stageMemories
      .keep(owner, run, index, output)
      .then(() => {
        if (run.isWanted(index)) done();
      })
      .catch((error: unknown) => this.#failStage(owner, run, run.stage(index).id, error));
  }

  /** The output of a stage without tasks; a large one is stored as an object first. */
  #recordValue(owner: ShardOwner, run: RunState, stage: StageId, value: Json): void {
    const index = run.position(stage);
    const record = (output: Value): void => {
      if (!run.isWanted(index)) return;
      this.#kept(owner, run, { index, output: value }, () =>
        owner.record(run, { type: "stage.succeeded", stage, output }),
      );
    };
    const text = JSON.stringify(value);
    if (text.length <= LIMITS.inlineValueBytes) {
      record({ value });
      return;
    }
    this.#options.blobs
      .put(Buffer.from(text))
      .then((blob) => record({ blob }))
      .catch((error: unknown) => this.#failStage(owner, run, stage, error));
  }

  #failStage(owner: ShardOwner | undefined, run: RunState, stage: StageId, error: unknown): void {
    if (owner === undefined || !run.isWanted(run.position(stage))) return;
    owner.record(run, { type: "stage.failed", stage, error: toErrorRecord(error) });
  }

  /** Loads what a stage's tasks are made of; a stage that cannot be prepared fails. */
  #prepare(run: RunState, index: number, ready: (prepared: PreparedStage) => void): void {
    const owner = this.#ownerOf(run);
    const failed = (error: unknown): void =>
      this.#failStage(owner, run, run.stage(index).id, error);
    try {
      const prepared = this.#options.stageInputs.prepare(run, index);
      if ("kind" in prepared) ready(prepared);
      else prepared.then(ready).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #queueTasks(run: RunState, stage: number, order: QueueTasks): void {
    const queue = (): void => {
      for (let index = order.first; index < order.first + order.count; index++) {
        this.#options
          .dispatcher()
          .queue({ run, stage, index, attempt: order.attempt, counted: false });
      }
      this.#options.turns.request();
    };
    const delayMs = (order.notBeforeMs ?? 0) - this.#options.clock.wallMs();
    if (delayMs <= 0) queue();
    else this.#options.deadlines.set(delayMs, queue);
  }

  #adoptTasks(run: RunState, stage: number, tasks: Vector<TaskState>): void {
    this.#prepare(run, stage, () => {
      let index = 0;
      for (const state of items(tasks)) {
        this.#adoptTask({ run, stage, index, attempt: state.attempt, counted: false }, state);
        index += 1;
      }
      this.#options.turns.request();
    });
  }

  #adoptTask(task: QueuedTask, state: TaskState): void {
    const { stage, index, run, attempt } = task;
    switch (state.status) {
      case "queued":
        this.#options.dispatcher().queue(task);
        return;
      case "backingOff":
        this.#queueTasks(run, stage, {
          first: index,
          count: 1,
          attempt,
          notBeforeMs: state.retryAtMs,
        });
        return;
      case "offered":
        this.#options.dispatcher().awaitReport({ ...task, counted: true });
        return;
      case "succeeded":
      case "failed":
        return;
      default:
        state satisfies never;
    }
  }

  #gather(owner: ShardOwner, target: OfferTarget, prepared: PreparedTask): void {
    let byTarget = this.#outgoing.get(owner);
    if (byTarget === undefined) {
      const gathered = new Map<string, Outgoing>();
      byTarget = gathered;
      this.#outgoing.set(owner, gathered);
      // Only what is gathered until the turn ends waits for this append.
      const release = (): void => {
        for (const { target: to, tasks } of gathered.values()) this.#options.sendOffers(to, tasks);
      };
      owner.afterStored(release, () => this.#outgoing.delete(owner));
    }
    const key = "agent" in target ? target.agent : `lane ${target.lane}`;
    const outgoing = byTarget.get(key);
    if (outgoing === undefined) byTarget.set(key, { target, tasks: [prepared] });
    else outgoing.tasks.push(prepared);
  }

  /** A task out of attempts is kept with its last error for a person to look at. */
  #keepDeadLetter(
    owner: ShardOwner,
    run: RunState,
    failure: FailedAttempt,
    error: ErrorRecord,
  ): void {
    const { access, logger } = this.#options;
    const stage = run.stage(failure.stage).id;
    const { index, attempt } = failure;
    const dead: DeadTask = { v: 1, run: run.runId, stage, index, attempt, error };
    const letter = encodeMessage(dead);
    owner.afterStored(() => {
      access.jetstream
        .publish(access.subjects.deadTask(run.runId, stage), letter)
        .catch((cause: unknown) => {
          logger.error({ event: "dead_letter.lost", runId: run.runId, stageId: stage, err: cause });
        });
    });
  }

  #logRedistribution(run: RunState, failure: FailedAttempt): void {
    this.#options.logger.info(
      {
        event: "task.redistributed",
        runId: run.runId,
        stageId: run.stage(failure.stage).id,
        taskId: `${run.runId}/${run.stage(failure.stage).id}/${failure.index}`,
        attempt: failure.attempt + 1,
        from: failure.agent,
      },
      "its agent is gone; it is offered again",
    );
  }
}

interface Outgoing {
  readonly target: OfferTarget;
  readonly tasks: PreparedTask[];
}

function finalError(failure: FailedAttempt, maxAttempts: number): ErrorRecord {
  const { error, attempt } = failure;
  if (error.disposition !== "retry") return error;
  return {
    ...error,
    code: "no-attempts-left",
    message: `attempt ${attempt} of ${maxAttempts} failed (${error.code}): ${error.message}`,
    disposition: "fail",
  };
}
