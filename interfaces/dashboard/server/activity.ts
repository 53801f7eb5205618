import type { PublishedEvent } from "../../../bus/messages.ts";
import type { Client } from "../../../coordinator/client.ts";

/** Events of all runs from now on, read once for all pages that are open. */
export interface Activity {
  /** Until `signal` aborts. A reader that is too slow misses the oldest. */
  listen(signal: AbortSignal): AsyncIterable<PublishedEvent>;
  /** When the swarm is not listened to any more. */
  readonly ended: Promise<void>;
}

const MOST_WAITING = 10_000;

/** @param note called with each event */
export function openActivity(
  client: Client,
  {
    signal,
    note = () => {},
    onError,
  }: {
    readonly signal: AbortSignal;
    readonly note?: (event: PublishedEvent) => void;
    readonly onError: (error: unknown) => void;
  },
): Activity {
  const listeners = new Set<(event: PublishedEvent) => void>();
  const ended = (async () => {
    for await (const event of client.watchAll(signal)) {
      note(event);
      for (const listener of listeners) listener(event);
    }
  })().catch((error: unknown) => {
    if (!signal.aborted) onError(error);
  });
  return {
    ended,
    async *listen(until) {
      let waiting: PublishedEvent[] = [];
      let wake = (): void => {
        // nobody waits yet
      };
      const listener = (event: PublishedEvent): void => {
        if (waiting.length >= MOST_WAITING) waiting.shift();
        waiting.push(event);
        wake();
      };
      const stop = (): void => wake();
      until.addEventListener("abort", stop);
      listeners.add(listener);
      try {
        while (!until.aborted && !signal.aborted) {
          const taken = waiting;
          waiting = [];
          yield* taken;
          if (waiting.length > 0) continue;
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (until.aborted) resolve();
          });
        }
      } finally {
        listeners.delete(listener);
        until.removeEventListener("abort", stop);
      }
    },
  };
}
