import type { AgentId } from "../core/ids.ts";
import type { QueuedTask, TaskClass } from "./task-queue.ts";

/** An attempt that an agent holds. */
export interface HeldAttempt {
  readonly task: QueuedTask;
  readonly taskClass: TaskClass;
  readonly agent: AgentId;
  /** On the monotonic clock. */
  readonly sinceMs: number;
}

/**
 * Of tasks that may be given to a second agent when they take unusually long: the attempt that runs, until it has an outcome, and
 * the one before it, which may still deliver. Each task gets a second attempt this way once.
 */
export class SecondAttempts {
  readonly #watched = new Map<string, HeldAttempt>();
  readonly #overtaken = new Map<string, HeldAttempt>();

  /** An agent accepted an attempt. */
  watch(key: string, attempt: HeldAttempt): void {
    if (!this.#overtaken.has(key)) this.#watched.set(key, attempt);
  }

  get isEmpty(): boolean {
    return this.#watched.size === 0;
  }

  /** Those that wait for nothing but their agent. */
  watched(): readonly (readonly [string, HeldAttempt])[] {
    return [...this.#watched].filter(([, { taskClass }]) => taskClass.queue.size === 0);
  }

  /** Another attempt runs beside it from now on. */
  overtake(key: string, attempt: HeldAttempt): void {
    this.#watched.delete(key);
    this.#overtaken.set(key, attempt);
  }

  overtakenOf(key: string): HeldAttempt | undefined {
    return this.#overtaken.get(key);
  }

  /** Forgets the task, and answers the attempt that was overtaken if there was one. */
  end(key: string): HeldAttempt | undefined {
    this.#watched.delete(key);
    const overtaken = this.#overtaken.get(key);
    this.#overtaken.delete(key);
    return overtaken;
  }

  /** What an agent that is gone held beside newer attempts is no matter any more. */
  agentLost(agent: AgentId): void {
    for (const [key, attempt] of this.#overtaken) {
      if (attempt.agent === agent) this.#overtaken.delete(key);
    }
  }
}
