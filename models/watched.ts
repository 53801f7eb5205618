import type { Clock } from "../core/clock.ts";
import { ModelError } from "./model-error.ts";

export interface Watch {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Longest silence of a vendor, before its first word and between two. */
  readonly idleMs: number;
  /** Such as `anthropic claude-opus-5-5`. */
  readonly who: string;
}

/**
 * What a vendor's stream gives, chunk by chunk. It ends when the caller's signal does and when nothing comes for too
 * long, whatever the SDK does about it: several end an aborted stream as if it were whole, or wait for ever.
 * @param open makes the request; the signal it gets ends the connection
 * @throws the reason of the caller's signal, `connection` after too long a silence, and what the SDK throws
 */
export async function* watched<Chunk>(
  { signal, clock, idleMs, who }: Watch,
  open: (signal: AbortSignal) => Promise<AsyncIterable<Chunk>>,
): AsyncGenerator<Chunk, void> {
  signal.throwIfAborted();
  const connection = new AbortController();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  stopped.catch(() => {}); // it may end while nobody waits
  const stop = (reason: unknown): void => {
    reject(reason);
    connection.abort(reason);
  };
  const onAbort = (): void => stop(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const inTime = async <Result>(work: Promise<Result>): Promise<Result> => {
    const silence = new ModelError("connection", `${who} said nothing for ${idleMs} ms`);
    const cancelTimer = clock.schedule(idleMs, () => stop(silence));
    try {
      return await Promise.race([stopped, work]);
    } finally {
      cancelTimer();
    }
  };
  try {
    const stream = await inTime(open(connection.signal));
    const iterator = stream[Symbol.asyncIterator]();
    for (;;) {
      const next = await inTime(iterator.next());
      if (next.done === true) break;
      yield next.value;
    }
  } catch (error) {
    throw connection.signal.aborted ? connection.signal.reason : error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (!connection.signal.aborted) connection.abort();
  }
}
