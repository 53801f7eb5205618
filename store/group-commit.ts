import type { Limits } from "./shard-log.ts";

/** Lines that go into one append, and who waits for it. */
export interface Batch {
  readonly lines: string[];
  bytes: number;
  readonly stored: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers lines while an append is in flight; the next append takes all of them, up to the limits.
 * An idle log appends at once, a busy one appends more at a time.
 */
export class GroupCommit {
  readonly #waiting: Batch[] = [];
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Adds lines, in order; the answer settles when the last of them is stored. */
  add(lines: readonly string[]): Promise<void> {
    let batch = this.#waiting.at(-1) ?? this.#open();
    for (const line of lines) {
      const bytes = Buffer.byteLength(line) + 1;
      if (batch.lines.length > 0 && !this.#fits(batch, bytes)) batch = this.#open();
      batch.lines.push(line);
      batch.bytes += bytes;
    }
    return batch.stored;
  }

  /** The next batch, taken out. */
  take(): Batch | undefined {
    return this.#waiting.shift();
  }

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  #fits(batch: Batch, bytes: number): boolean {
    return batch.lines.length < this.#limits.events && batch.bytes + bytes <= this.#limits.bytes;
  }

  #open(): Batch {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {}); // whoever waits sees the rejection; a batch nobody waits for must not end the process
    const batch: Batch = { lines: [], bytes: 0, stored: promise, resolve, reject };
    this.#waiting.push(batch);
    return batch;
  }
}
