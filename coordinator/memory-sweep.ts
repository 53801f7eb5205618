import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import type { Memory } from "../store/memory.ts";

const FIRST_MS = 60_000;
const EVERY_MS = 3_600_000;

/**
 * Lets the memory forget what is over, once an hour. Readers go by the time that stands in each value, so nothing depends
 * on when it happens, and two coordinators that do it at once do no harm.
 * @param isOurs true while this coordinator is the one to do it
 * @returns stops it
 */
export function sweepMemory(options: {
  readonly memory: Memory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isOurs: () => boolean;
}): () => void {
  const { memory, clock, logger, isOurs } = options;
  let cancel = clock.schedule(FIRST_MS, sweep);
  function sweep(): void {
    cancel = clock.schedule(EVERY_MS, sweep);
    if (!isOurs()) return;
    memory.sweep().then(
      (keys) => logger.debug({ event: "memory.swept", keys }),
      (error: unknown) => logger.warn({ event: "memory.unswept", err: error }),
    );
  }
  return () => cancel();
}
