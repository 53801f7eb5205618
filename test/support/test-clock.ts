import type { Clock } from "../../core/clock.ts";

/** A clock that moves only when it is told to. Wall and monotonic time can be moved apart. */
export interface TestClock extends Clock {
  /** Moves both times and runs what falls due, in order. */
  advance(ms: number): void;
  /** The wall clock jumps, as when somebody sets it; the monotonic clock does not notice. */
  jumpWall(ms: number): void;
}

export function openTestClock(): TestClock {
  let monotonicMs = 0;
  let wallMs = 1_700_000_000_000;
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  return {
    monotonicMs: () => monotonicMs,
    wallMs: () => wallMs,
    schedule(delayMs, callback) {
      const timer = { atMs: monotonicMs + delayMs, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      const untilMs = monotonicMs + ms;
      for (;;) {
        const due = [...timers]
          .filter((timer) => timer.atMs <= untilMs)
          .sort((a, b) => a.atMs - b.atMs)[0];
        if (due === undefined) break;
        timers.delete(due);
        wallMs += Math.max(0, due.atMs - monotonicMs);
        monotonicMs = Math.max(monotonicMs, due.atMs);
        due.callback();
      }
      wallMs += untilMs - monotonicMs;
      monotonicMs = untilMs;
    },
    jumpWall(ms) {
      wallMs += ms;
    },
  };
}
