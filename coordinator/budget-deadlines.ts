import { timeIsOver } from "../core/budget.ts";
import type { Clock } from "../core/clock.ts";
import { toErrorRecord } from "../core/errors.ts";
import type { RunEvent } from "../core/events.ts";
import type { StageId } from "../core/ids.ts";
import type { Deadlines } from "./deadlines.ts";
import type { RunState } from "./run-state.ts";
import type { ShardOwner } from "./shard-owner.ts";

export interface BudgetDeadlinesOptions {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Undefined when the run's shard is not ours any more. */
  readonly ownerOf: (run: RunState) => ShardOwner | undefined;
}

/** Ends runs and stages whose budget of time is over. It counts from the logged start, so that a restart gives none of it back. */
export class BudgetDeadlines {
  readonly #options: BudgetDeadlinesOptions;

  constructor(options: BudgetDeadlinesOptions) {
    this.#options = options;
  }

  /** To be told of each stored event. */
  heard(run: RunState, event: RunEvent): void {
    if (run.plan.budgets === undefined) return;
    if (event.type === "run.started") this.#armRun(run);
    if (event.type === "stage.started" || event.type === "stage.paused") {
      this.#armStage(run, event.stage);
    }
  }

  /** After a fold. */
  resume(run: RunState): void {
    if (run.plan.budgets === undefined) return;
    this.#armRun(run);
    for (const [index, { id }] of run.plan.stages.entries()) {
      if (isStarted(run, index)) this.#armStage(run, id);
    }
  }

  #armRun(run: RunState): void {
    for (const [at, { stages }] of (run.plan.budgets ?? []).entries()) {
      if (stages === undefined) this.#arm(run, at, (error) => this.#endRun(run, error));
    }
  }

  /** Each stage that the budget is for has a deadline of its own: one that starts late has little time, or none. */
  #armStage(run: RunState, stage: StageId): void {
    for (const at of run.budget.of(stage)) {
      if (run.budget.limit(at)?.stages === undefined) continue;
      this.#arm(run, at, (error) => this.#endStage(run, stage, error));
    }
  }

  #arm(run: RunState, at: number, end: (error: ReturnType<typeof timeIsOver>) => void): void {
    const budget = run.budget.limit(at);
    const startedMs = run.budget.startedMs(at);
    const timeMs = budget?.limit.timeMs;
    if (budget === undefined || timeMs === undefined || startedMs === undefined) return;
    const { clock, deadlines } = this.#options;
    const restMs = Math.max(0, startedMs + timeMs - clock.wallMs());
    deadlines.set(restMs, () => end(timeIsOver(budget.name, timeMs)));
  }

  #endRun(run: RunState, error: ReturnType<typeof timeIsOver>): void {
    const owner = this.#options.ownerOf(run);
    if (owner === undefined || run.ended || run.failure !== undefined) return;
    owner.record(run, { type: "budget.exhausted", error: toErrorRecord(error) });
  }

  #endStage(run: RunState, stage: StageId, error: ReturnType<typeof timeIsOver>): void {
    const owner = this.#options.ownerOf(run);
    const index = run.position(stage);
    if (owner === undefined || !run.isWanted(index) || !isStarted(run, index)) return;
    owner.record(run, { type: "stage.failed", stage, error: toErrorRecord(error) });
  }
}

function isStarted(run: RunState, index: number): boolean {
  return run.isRunning(index) || run.pauseOf(index) !== undefined;
}
