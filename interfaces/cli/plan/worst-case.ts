import type { Plan, PlanStage, RetryPolicy } from "../../../core/plan.ts";
import { branchOf } from "./guard-branch.ts";

/** The most that a run can come to. What depends on data is null. */
export interface WorstCase {
  /** Attempts at tasks, of those branches that have the most. */
  readonly attempts: number | null;
  /**
   * The longest way through the stages, when every attempt takes its whole timeout, every wait before another
   * attempt is the longest, and no task waits for an agent. Null also when a person or a signal may let it wait for ever.
   */
  readonly timeMs: number | null;
}

/** @param tasks of each stage of the plan; undefined when data tells how many */
export function worstCaseOf(plan: Plan, tasks: readonly (number | undefined)[]): WorstCase {
  if (tasks.includes(undefined)) return { attempts: null, timeMs: null };
  const counts = tasks.map((count) => count ?? 0);
  const attempts = mostOf(
    plan,
    plan.stages.map(({ retry }, position) => (counts[position] ?? 0) * retry.maxAttempts),
  );
  const isEndless = plan.stages.some(
    ({ pause }) => pause !== undefined && pause.for !== "time" && pause.timeoutMs === undefined,
  );
  return { attempts, timeMs: isEndless ? null : longestWay(plan.stages, counts) };
}

/** The largest sum over stages that can all run: of the branches of a choice, only one does. */
export function mostOf({ stages }: Plan, own: readonly number[]): number {
  const behind = stages.map(() => new Map<string | undefined, number>());
  let total = 0;
  // What a stage depends on stands before it, so its own sum is complete when it is reached.
  for (const [position, { guard }] of [...stages.entries()].toReversed()) {
    const branches = behind[position]?.values() ?? [];
    const sum = (own[position] ?? 0) + Math.max(0, ...branches);
    const place = guard && behind[guard.stage];
    if (guard === undefined || place === undefined) total += sum;
    else place.set(branchOf(guard), (place.get(branchOf(guard)) ?? 0) + sum);
  }
  return total;
}

function longestWay(stages: readonly PlanStage[], tasks: readonly number[]): number {
  const ends: number[] = [];
  for (const [position, stage] of stages.entries()) {
    const start = stage.needs.reduce((latest, needed) => Math.max(latest, ends[needed] ?? 0), 0);
    ends.push(start + stageTimeMs(stage, tasks[position] ?? 0));
  }
  return ends.reduce((latest, end) => Math.max(latest, end), 0);
}

function stageTimeMs({ retry, timeoutMs, maxParallel, pause }: PlanStage, tasks: number): number {
  if (pause !== undefined) return pause.for === "time" ? pause.ms : (pause.timeoutMs ?? 0);
  if (tasks === 0) return 0;
  const rounds = maxParallel === undefined ? 1 : Math.ceil(tasks / maxParallel);
  return rounds * (retry.maxAttempts * timeoutMs + waitsOf(retry).reduce((sum, ms) => sum + ms, 0));
}

/** The longest waits before the second attempt, the third and so on. */
export function waitsOf({ maxAttempts, backoffMs, maxBackoffMs }: RetryPolicy): readonly number[] {
  return Array.from({ length: maxAttempts - 1 }, (_, failed) =>
    Math.min(backoffMs * 2 ** failed, maxBackoffMs),
  );
}
