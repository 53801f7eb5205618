import type { QueuedTask } from "./task-queue.ts";

type TaskPlace = Pick<QueuedTask, "run" | "stage" | "index">;

/** Counts the tasks that are offered or held, for stages that limit them. */
export class UnderWay {
  readonly #tasks = new Map<string, Set<number>>();

  hasRoom({ key, maxParallel }: { readonly key: string; readonly maxParallel: number }): boolean {
    return (this.#tasks.get(key)?.size ?? 0) < maxParallel;
  }

  add({ run, stage, index }: TaskPlace): void {
    const { id, maxParallel } = run.stage(stage);
    if (maxParallel === undefined) return;
    const key = `${run.runId}/${id}`;
    const tasks = this.#tasks.get(key);
    if (tasks === undefined) this.#tasks.set(key, new Set([index]));
    else tasks.add(index);
  }

  delete({ run, stage, index }: TaskPlace): void {
    const key = `${run.runId}/${run.stage(stage).id}`;
    const tasks = this.#tasks.get(key);
    tasks?.delete(index);
    if (tasks?.size === 0) this.#tasks.delete(key);
  }
}
