/** Restart intensity, as supervisors of Erlang/OTP have it: more ends within the window than this, and it is given up. */
export const RESTART_INTENSITY = { restarts: 3, windowMs: 60_000 } as const;

/** Counts how often a child ended lately. */
export class Restarts {
  #endsMs: readonly number[] = [];

  /** Notes that it ended at a monotonic time; true when it may be started again. */
  mayRestart(nowMs: number): boolean {
    const oldest = nowMs - RESTART_INTENSITY.windowMs;
    this.#endsMs = [...this.#endsMs.filter((endMs) => endMs > oldest), nowMs];
    return this.#endsMs.length <= RESTART_INTENSITY.restarts;
  }
}
