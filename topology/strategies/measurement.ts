import type { Measurement } from "../../core/strategy.ts";

/** How one attempt ended. */
export type Outcome =
  | { readonly status: "succeeded"; readonly durationMs: number }
  | { readonly status: "failed" }
  /** Another attempt at the task was through before it: it would have taken longer than this. */
  | { readonly status: "overtaken"; readonly afterMs: number };

/** As many attempts count in full; so a member that became slower, or faster, is seen as such before long. */
const MEMORY = 50;

export function afterOutcome(before: Measurement | undefined, outcome: Outcome): Measurement {
  const known = before ?? { succeeded: 0, failed: 0, meanLogMs: 0, varianceLogMs: 0 };
  const total = known.succeeded + known.failed;
  const fade = total < MEMORY ? 1 : (MEMORY - 1) / total;
  const succeeded = known.succeeded * fade;
  const failed = known.failed * fade;
  if (outcome.status === "failed") return { ...known, succeeded, failed: failed + 1 };
  const ms = outcome.status === "succeeded" ? outcome.durationMs : outcome.afterMs;
  const logMs = Math.log(Math.max(1, ms));
  const weight = 1 / (succeeded + 1);
  const away = logMs - known.meanLogMs;
  return {
    succeeded: succeeded + 1,
    failed,
    meanLogMs: known.meanLogMs + weight * away,
    varianceLogMs: (1 - weight) * (known.varianceLogMs + weight * away * away),
  };
}

/** Milliseconds until a success, attempts that fail before it counted. */
export function expectedMs(measurement: Measurement): number {
  const { succeeded, failed, meanLogMs } = measurement;
  return Math.exp(meanLogMs) / ((succeeded + 1) / (succeeded + failed + 2));
}
