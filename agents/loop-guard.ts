import { createHash } from "node:crypto";
import type { Clock } from "../core/clock.ts";

/** The same message from one to another goes through so often within the window, counted from its first. */
export const LOOP = { times: 3, windowMs: 10_000 } as const;

/** Old entries are looked for when there are so many. */
const MANY = 1_000;

interface Sent {
  count: number;
  readonly sinceMs: number;
}

/** Breaks loops of members that answer each other's messages with the same ones. */
export class LoopGuard {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #sent = new Map<string, Sent>();

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  /** Notes that it is about to be sent. `dropped-first`: from now on it is dropped, which is to be said once. */
  check(from: string, to: string, content: string): "send" | "dropped-first" | "dropped" {
    const hash = createHash("sha256").update(content).digest("hex");
    const key = `${from} ${to} ${hash}`;
    const nowMs = this.#clock.monotonicMs();
    if (this.#sent.size >= MANY) this.#forgetOld(nowMs);
    const known = this.#sent.get(key);
    if (known === undefined || nowMs - known.sinceMs > LOOP.windowMs) {
      this.#sent.set(key, { count: 1, sinceMs: nowMs });
      return "send";
    }
    known.count += 1;
    if (known.count <= LOOP.times) return "send";
    return known.count === LOOP.times + 1 ? "dropped-first" : "dropped";
  }

  #forgetOld(nowMs: number): void {
    for (const [key, { sinceMs }] of this.#sent)
      if (nowMs - sinceMs > LOOP.windowMs) this.#sent.delete(key);
  }
}
