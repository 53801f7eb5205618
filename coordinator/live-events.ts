import type { PublishedEvent } from "../bus/messages.ts";

/** Events that came in and were not taken yet. */
export class LiveEvents {
  readonly #stop: () => void;
  #events: PublishedEvent[] = [];
  #wake: () => void = () => {};

  /** @param stop ends whatever adds to it */
  constructor(stop: () => void) {
    this.#stop = stop;
  }

  add(event: PublishedEvent): void {
    this.#events.push(event);
    this.#wake();
  }

  wake(): void {
    this.#wake();
  }

  take(): readonly PublishedEvent[] {
    const taken = this.#events;
    this.#events = [];
    return taken;
  }

  /** Resolves when there is something to take, when woken, or after `timeoutMs`. */
  more(timeoutMs: number): Promise<void> {
    if (this.#events.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  stop(): void {
    this.#stop();
  }
}
