import { SwarmError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";

/** Runs end all the time; whoever was refused need not ask more often. */
const RETRY_AFTER_MS = 5_000;

/**
 * The door to a coordinator: a submitter hears when to come again, a stored job waits in JOBS.
 * @throws SwarmError `queue-full` with `retryAfterMs`
 */
export function refuseWhenFull(openRuns: number): void {
  if (openRuns < LIMITS.openRuns) return;
  throw new SwarmError(
    "queue-full",
    `openRuns: ${openRuns} runs go on, ${LIMITS.openRuns} allowed`,
    {
      disposition: "retry",
      retryAfterMs: RETRY_AFTER_MS,
      hint: `send the job again in ${RETRY_AFTER_MS / 1_000} s, or publish it to JOBS, where it waits`,
    },
  );
}
