import { type Actor, createActor } from "xstate";
import type { Slots, Task, TaskName } from "../bus/messages.ts";
import { type ErrorRecord, SwarmError } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import { type Execution, stageWorkerMachine } from "../machines/stage-worker.ts";

export interface HeldTasksOptions {
  readonly slots: Slots;
  /** Must not reject; aborts `controller` when the task's time is over. */
  readonly execute: (task: Task, controller: AbortController) => Promise<Execution>;
  /** Resolves when the result is stored; never when it is given up. */
  readonly deliver: (held: HeldTask, execution: Execution) => Promise<void>;
  /** A slot is free again, or a task is no longer held. */
  readonly onChange: () => void;
}

/** A task, and the peer that handed it over, if one did. */
export interface HeldTask {
  readonly task: Task;
  readonly from: AgentId | undefined;
}

interface Held extends HeldTask {
  readonly actor: Actor<typeof stageWorkerMachine>;
  readonly controller: AbortController;
}

/**
 * The tasks an agent holds, each carried by a stage worker actor: running ones fill a slot, executed ones are
 * held until their result is stored.
 */
export class HeldTasks {
  readonly busy: Slots = { light: 0, heavy: 0, sandbox: 0 };
  readonly #options: HeldTasksOptions;
  readonly #held = new Map<string, Held>();
  readonly #logic: typeof stageWorkerMachine;
  readonly #byActor = new WeakMap<object, Held>();

  constructor(options: HeldTasksOptions) {
    this.#options = options;
    this.#logic = stageWorkerMachine.provide({
      actions: {
        execute: ({ self }) => this.#execute(this.#of(self)),
        abort: ({ self }) => this.#of(self).controller.abort(cancelled()),
        freeSlot: ({ self }) => this.#freeSlot(this.#of(self)),
        deliver: ({ self }, { execution }) => this.#deliver(this.#of(self), execution),
        letGo: ({ self }) => this.#letGo(this.#of(self)),
      },
    });
  }

  has(name: TaskName): boolean {
    return this.#held.has(keyOf(name));
  }

  hasRoom(task: Task): boolean {
    return this.busy[task.lane] < this.#options.slots[task.lane];
  }

  /** Takes the task into a slot and starts it. @param from the peer that handed it over */
  start(task: Task, from?: AgentId): void {
    const actor = createActor(this.#logic);
    const held: Held = { task, from, actor, controller: new AbortController() };
    this.#held.set(keyOf(task), held);
    this.#byActor.set(actor, held);
    this.busy[task.lane] += 1;
    actor.start();
  }

  /** Stops those of the named tasks that are held; their results are not delivered. */
  cancel(names: readonly TaskName[]): void {
    for (const name of names) this.#held.get(keyOf(name))?.actor.send({ type: "cancel" });
  }

  cancelStage(run: string, stage: string): void {
    for (const { task, actor } of [...this.#held.values()]) {
      if (task.run === run && task.stage === stage) actor.send({ type: "cancel" });
    }
  }

  cancelAll(): void {
    for (const { actor } of [...this.#held.values()]) actor.send({ type: "cancel" });
  }

  names(): TaskName[] {
    return [...this.#held.values()].map(({ task: { run, stage, index, attempt } }) => ({
      run,
      stage,
      index,
      attempt,
    }));
  }

  get size(): number {
    return this.#held.size;
  }

  #of(actor: object | undefined): Held {
    const held = actor === undefined ? undefined : this.#byActor.get(actor);
    if (held === undefined) throw new Error("an actor without a task");
    return held;
  }

  /** What comes after the actor has ended is dropped by it. */
  #execute({ task, controller, actor }: Held): void {
    this.#options.execute(task, controller).then(
      (execution) => actor.send({ type: "executed", execution }),
      (error: unknown) => actor.send({ type: "executed", execution: defect(error) }),
    );
  }

  #deliver(held: Held, execution: Execution): void {
    this.#options.deliver(held, execution).then(
      () => held.actor.send({ type: "delivered" }),
      () => held.actor.send({ type: "cancel" }),
    );
  }

  #freeSlot(held: Held): void {
    this.busy[held.task.lane] -= 1;
    this.#options.onChange();
  }

  #letGo(held: Held): void {
    this.#held.delete(keyOf(held.task));
    this.#options.onChange();
  }
}

function cancelled(): SwarmError {
  return new SwarmError("task-cancelled", "the task was cancelled", { disposition: "cancelled" });
}

/** `execute` rejected: a defect of ours, which fails the attempt loudly. */
function defect(error: unknown): Execution {
  const message = error instanceof Error ? error.message : String(error);
  const record: ErrorRecord = { code: "internal", message, disposition: "retry" };
  return { status: "failed", error: record, durationMs: 0 };
}

function keyOf(name: TaskName): string {
  return `${name.run}/${name.stage}/${name.index}/${name.attempt}`;
}
