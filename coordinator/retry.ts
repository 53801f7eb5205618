import type { ErrorRecord } from "../core/errors.ts";
import type { RetryPolicy } from "../core/plan.ts";

/**
 * Milliseconds until the next attempt, undefined when there is none.
 * Exponential backoff with full jitter; a task lost with its agent did nothing wrong and waits not at all.
 * @param random in [0, 1)
 */
export function retryDelayMs(
  policy: RetryPolicy,
  attempt: number,
  error: ErrorRecord,
  random: () => number,
): number | undefined {
  if (error.disposition !== "retry" || attempt >= policy.maxAttempts) return undefined;
  if (error.code === "agent-lost") return 0;
  const ceiling = Math.min(policy.maxBackoffMs, policy.backoffMs * 2 ** (attempt - 1));
  return Math.round(random() * ceiling);
}
