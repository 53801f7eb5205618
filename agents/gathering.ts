import type { TaskOutcome } from "../bus/messages.ts";
import type { Clock } from "../core/clock.ts";
import type { Results } from "./results.ts";

export interface GatheringOptions {
  readonly clock: Clock;
  readonly results: Results;
  /** True when no more results are to come for what was dealt out. */
  readonly isComplete: () => boolean;
}

/** A result on its way to the owner of its shard. */
export interface GatheredResult {
  readonly shard: number;
  /** Of the owner that offered the task. */
  readonly epoch: number;
  readonly result: TaskOutcome;
}

/** The first result of a batch waits so long for the others at most. */
const LINGER_MS = 250;
const MOST_RESULTS = 512;

/** The results of a branch, delivered together: when all are there, when they are many, or when the first has waited long enough. */
export class Gathering {
  readonly #options: GatheringOptions;
  /** By attempt, until it is stored. */
  readonly #underWay = new Map<string, Promise<void>>();
  #gathered: { readonly entry: GatheredResult; readonly resolve: () => void }[] = [];
  #cancelTimer: (() => void) | undefined;

  constructor(options: GatheringOptions) {
    this.#options = options;
  }

  /** Resolves when the result is stored. The same attempt's result, given twice, is delivered once. */
  add(entry: GatheredResult): Promise<void> {
    const { run, stage, index, attempt, status } = entry.result;
    // An attempt that was taken for lost may succeed after all.
    const key = `${run}/${stage}/${index}/${attempt}/${status}`;
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#underWay.set(key, promise);
    void promise.then(() => this.#underWay.delete(key));
    this.#gathered.push({ entry, resolve });
    if (this.#options.isComplete() || this.#gathered.length >= MOST_RESULTS) this.flush();
    else this.#cancelTimer ??= this.#options.clock.schedule(LINGER_MS, () => this.flush());
    return promise;
  }

  flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const gathered = this.#gathered;
    this.#gathered = [];
    for (const { entry, resolve } of gathered) {
      void this.#options.results.deliver(entry.shard, entry.epoch, entry.result).then(resolve);
    }
  }
}
