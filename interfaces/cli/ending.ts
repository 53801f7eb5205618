import { EXIT } from "./exit-code.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Why a command ends before it is through: a signal, a reader of its output that went away, or a swarm that cannot go
 * on. The first signal asks for an orderly end, the second ends everything at once.
 */
export class Ending implements Disposable {
  /** Resolves to the exit code when the end has begun. */
  readonly code: Promise<number>;
  readonly #resolve: (code: number) => void;
  readonly #begun = new AbortController();
  readonly #tell: (words: string) => void;
  #kill: () => void = () => {};

  /** @param tell shows words to a person */
  constructor(tell: (words: string) => void) {
    this.#tell = tell;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.code = promise;
    this.#resolve = resolve;
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
    process.stdout.on("error", this.#onLostReader);
    process.stderr.on("error", this.#onLostReader);
  }

  /** Aborted when the end has begun. */
  get signal(): AbortSignal {
    return this.#begun.signal;
  }

  /** Does nothing when it has begun already. @param words what a person is told */
  begin(code: number, words: string): void {
    if (this.#begun.signal.aborted) return;
    this.#tell(words);
    this.#begun.abort();
    this.#resolve(code);
  }

  /** What the second signal does before the process exits. */
  killWith(kill: () => void): void {
    this.#kill = kill;
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
  }

  readonly #onSignal = (): void => {
    if (this.#begun.signal.aborted) {
      this.#kill();
      process.exit(EXIT.interrupted);
    }
    this.begin(EXIT.interrupted, "stopping; once more to stop at once");
  };

  /** Lines that nobody reads are dropped; the swarm ends in order, as it would on Ctrl-C. */
  readonly #onLostReader = (): void => {
    this.begin(EXIT.interrupted, "nobody reads the output any more: stopping");
  };
}
