import { type Actor, createActor, fromPromise } from "xstate";
import type { Slots, Task, TaskName } from "../bus/messages.ts";
import type { AgentId } from "../core/ids.ts";
import { type Execution, stageWorkerMachine } from "../machines/stage-worker.ts";

export interface HeldTasksOptions {
  readonly slots: Slots;
  /** Never rejects. */
  readonly execute: (task: Task, signal: AbortSignal) => Promise<Execution>;
  /** Resolves when the result is stored. */
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
  executing: boolean;
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
      actors: {
        execute: fromPromise<Execution>(({ signal, self }) => {
          const { task } = this.#of(self._parent);
          return options.execute(task, signal);
        }),
        deliver: fromPromise<void, Execution>(({ input, self }) =>
          options.deliver(this.#of(self._parent), input),
        ),
      },
      actions: {
        executed: ({ self }) => this.#executed(this.#of(self)),
        ended: ({ self }) => this.#ended(this.#of(self)),
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
    const held: Held = { task, from, actor, executing: true };
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

  #executed(held: Held): void {
    if (!held.executing) return;
    held.executing = false;
    this.busy[held.task.lane] -= 1;
    this.#options.onChange();
  }

  #ended(held: Held): void {
    this.#executed(held);
    this.#held.delete(keyOf(held.task));
    this.#options.onChange();
  }
}

function keyOf(name: TaskName): string {
  return `${name.run}/${name.stage}/${name.index}/${name.attempt}`;
}
