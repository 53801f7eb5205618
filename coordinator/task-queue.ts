import type { Lane } from "../core/plan.ts";
import type { RunState } from "./run-state.ts";
import type { SwarmStage } from "./teams.ts";

/** One attempt at a task that may be offered now. */
export interface QueuedTask {
  readonly run: RunState;
  readonly stage: number;
  readonly index: number;
  readonly attempt: number;
  /** True when this attempt is counted in the log already: an earlier offer of it was answered busy. */
  readonly counted: boolean;
}

/** Tasks for which the same agents come into question: looking for room is done once for all of them. */
export interface TaskClass {
  readonly key: string;
  readonly lane: Lane;
  readonly skill: string;
  /** Present for a stage with a swarm of its own. */
  readonly swarm?: SwarmStage;
  /** The stage that all its tasks are of, when that has a swarm or a limit of its own. */
  readonly stage?: { readonly key: string; readonly maxParallel: number };
  readonly queue: TaskQueue;
  /** True while nobody of the swarm can carry out its tasks. */
  lacksCapability: boolean;
}

/** All waiting tasks, by class. Classes take turns, so that a wide stage does not hold up the others. */
export class TaskClasses {
  readonly #classes = new Map<string, TaskClass>();

  push(task: QueuedTask): void {
    this.#classFor(task).queue.push(task);
  }

  putBack(task: QueuedTask): void {
    this.#classFor(task).queue.putBack(task);
  }

  /** Takes out all tasks that `isWanted` says yes to. */
  takeWhere(isWanted: (task: QueuedTask) => boolean): readonly QueuedTask[] {
    return [...this.#classes.values()].flatMap(({ queue }) => queue.takeWhere(isWanted));
  }

  /** A task of this class was placed: the other classes come first now. */
  served(taskClass: TaskClass): void {
    if (this.#classes.size < 2 || !this.#classes.delete(taskClass.key)) return;
    this.#classes.set(taskClass.key, taskClass);
  }

  /** Classes with waiting tasks, the one that waited longest for its turn first. Those of single stages are forgotten when nothing waits. */
  waiting(): TaskClass[] {
    const waiting: TaskClass[] = [];
    for (const taskClass of this.#classes.values()) {
      if (taskClass.queue.size > 0) waiting.push(taskClass);
      else if (taskClass.stage !== undefined) this.#classes.delete(taskClass.key);
    }
    return waiting;
  }

  get size(): number {
    let size = 0;
    for (const taskClass of this.#classes.values()) size += taskClass.queue.size;
    return size;
  }

  #classFor(task: QueuedTask): TaskClass {
    const stage = task.run.stage(task.stage);
    const { skill, lane } = skillCallOf(task);
    const isOwn = stage.swarm !== undefined || stage.maxParallel !== undefined;
    const stageKey = `${task.run.runId}/${stage.id}`;
    const key = isOwn ? `${lane}/${skill}/${stageKey}` : `${lane}/${skill}`;
    let known = this.#classes.get(key);
    if (known === undefined) {
      const { run } = task;
      const swarm =
        stage.swarm === undefined ? {} : { swarm: { run, stage: task.stage, swarm: stage.swarm } };
      const maxParallel = stage.maxParallel ?? Number.POSITIVE_INFINITY;
      const own = isOwn ? { stage: { key: stageKey, maxParallel } } : {};
      known = {
        key,
        lane,
        skill,
        queue: new TaskQueue(),
        lacksCapability: false,
        ...swarm,
        ...own,
      };
      this.#classes.set(key, known);
    }
    return known;
  }
}

/** The skill of a task: tasks of a stage are item-major, all skills of item 0 first. */
export function skillCallOf(task: Pick<QueuedTask, "run" | "stage" | "index">) {
  const { skills } = task.run.stage(task.stage);
  const call = skills[task.index % skills.length];
  if (call === undefined) throw new RangeError(`stage ${task.stage} has no skill`);
  return call;
}

/** First come, first served, in O(1); what comes back goes to the front. */
class TaskQueue {
  #tasks: QueuedTask[] = [];
  #position = 0;
  #returned: QueuedTask[] = [];

  get size(): number {
    return this.#tasks.length - this.#position + this.#returned.length;
  }

  push(task: QueuedTask): void {
    this.#tasks.push(task);
  }

  putBack(task: QueuedTask): void {
    this.#returned.push(task);
  }

  takeWhere(isWanted: (task: QueuedTask) => boolean): readonly QueuedTask[] {
    const all = [...this.#returned, ...this.#tasks.slice(this.#position)];
    this.#tasks = this.#tasks.slice(this.#position).filter((task) => !isWanted(task));
    this.#position = 0;
    this.#returned = this.#returned.filter((task) => !isWanted(task));
    return all.filter(isWanted);
  }

  take(): QueuedTask | undefined {
    const returned = this.#returned.pop();
    if (returned !== undefined) return returned;
    const task = this.#tasks[this.#position];
    if (task === undefined) return undefined;
    this.#position += 1;
    if (this.#position >= 1_024 && this.#position * 2 >= this.#tasks.length) {
      this.#tasks = this.#tasks.slice(this.#position);
      this.#position = 0;
    }
    return task;
  }
}
