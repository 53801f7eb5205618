import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import type { LearnedStore } from "../store/learned.ts";
import type { Measurements } from "./measurements.ts";

export interface LearningOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: LearnedStore;
  readonly measurements: Measurements;
}

const STORE_EVERY_MS = 2_000;

/** Keeps what was measured for the next start. Coordinators side by side do not learn from each other: the last to store holds. */
export class Learning {
  readonly #options: LearningOptions;
  #cancel: () => void = () => {};

  constructor(options: LearningOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { clock, store, measurements } = this.#options;
    measurements.adopt(await store.list());
    const again = (): void => {
      this.#cancel = clock.schedule(STORE_EVERY_MS, () => void this.#store().then(again));
    };
    again();
  }

  async close(): Promise<void> {
    this.#cancel();
    await this.#store();
  }

  async #store(): Promise<void> {
    const { store, measurements, logger } = this.#options;
    try {
      await Promise.all(measurements.takeChanged().map((learned) => store.put(learned)));
    } catch (error) {
      logger.warn({ event: "learned.unstored", err: error }, "the next outcomes store it again");
    }
  }
}
