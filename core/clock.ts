/**
 * Time, passed in and never reached for. `wallMs` is for what people and other hosts read;
 * `monotonicMs` for every judgement about how long something took.
 */
export interface Clock {
  wallMs(): number;
  monotonicMs(): number;
  /** Runs `callback` once after `delayMs`; the answer cancels it. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** Node clamps longer timers to 1 ms, so a longer wait is taken in parts. */
const LONGEST_TIMER_MS = 2_147_483_647;

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    let timer: NodeJS.Timeout;
    const arm = (restMs: number): void => {
      const partMs = Math.min(restMs, LONGEST_TIMER_MS);
      timer = setTimeout(() => (restMs > partMs ? arm(restMs - partMs) : callback()), partMs);
    };
    arm(Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};
