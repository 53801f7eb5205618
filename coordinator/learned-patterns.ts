import type { Json } from "../core/json.ts";
import type { Learned } from "../store/learned.ts";

/**
 * What strategies know of agents, as cascades see it: for each skill and agent the attempts that succeeded and failed, where older
 * ones count less, their share, and how long a success takes, in milliseconds; null where there was none.
 */
export function learnedPatterns(learned: readonly Learned[]): Json {
  return learned.map(({ skill, agent, measurement: { succeeded, failed, meanLogMs } }) => ({
    skill,
    agent,
    succeeded: rounded(succeeded),
    failed: rounded(failed),
    success_rate: rounded(succeeded / (succeeded + failed)),
    typical_ms: succeeded === 0 ? null : Math.round(Math.exp(meanLogMs)),
  }));
}

function rounded(number: number): number {
  return Math.round(number * 1_000) / 1_000;
}
