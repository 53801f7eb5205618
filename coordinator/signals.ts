import type { EventOf } from "../core/events.ts";

type Signal = EventOf<"signal.received">;

/** The signals of a run that no stage has taken yet: of each name the one that came first is taken first. */
export class Signals {
  readonly #byName = new Map<string, Signal[]>();
  readonly #ids = new Set<string>();
  #size = 0;

  add(signal: Signal): void {
    this.#ids.add(signal.id);
    this.#size += 1;
    const known = this.#byName.get(signal.name);
    if (known === undefined) this.#byName.set(signal.name, [signal]);
    else known.push(signal);
  }

  /** Undefined when none of the name is there. */
  next(name: string): Signal | undefined {
    return this.#byName.get(name)?.[0];
  }

  take(name: string): void {
    if (this.#byName.get(name)?.shift() !== undefined) this.#size -= 1;
  }

  /** True when a signal with this id came, taken or not. */
  knows(id: string): boolean {
    return this.#ids.has(id);
  }

  /** How many are not taken. */
  get size(): number {
    return this.#size;
  }
}
