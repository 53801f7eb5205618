import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { isRunOutcome, type RunEvent, type StoredEvent } from "../core/events.ts";
import type { RunId } from "../core/ids.ts";
import { encodeEvent } from "../store/log-record.ts";
import type { OpenRun } from "../store/open-runs.ts";
import type { ShardArchive } from "../store/shard-archive.ts";
import type { ShardLog } from "../store/shard-log.ts";
import type { RunOrders, RunState } from "./run-state.ts";
import type { Turns } from "./turns.ts";

export interface ShardOwnerOptions {
  readonly log: ShardLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly turns: Turns;
  /** What the machines order beside facts; `propose` is the owner's own. */
  readonly orders: Omit<RunOrders, "propose">;
  /** Told of each event once it is stored. */
  readonly onStored: (run: RunState, stored: StoredEvent, line: string) => void;
}

/**
 * Holds the runs of one shard and is the only writer of their facts. State runs ahead of the log within a turn,
 * but nothing is answered, shown or acted on before the append: that is what `afterStored` is for.
 */
export class ShardOwner {
  readonly shard: number;
  readonly log: ShardLog;
  readonly runs = new Map<RunId, RunState>();
  archive: ShardArchive | undefined;
  /** Another coordinator is to own the shard: nothing is begun here any more. */
  isLeaving = false;
  readonly #options: ShardOwnerOptions;
  readonly #orders: RunOrders;
  /** What the machines ordered and what may itself record facts: done one after the other, never inside an action. */
  readonly #following: (() => void)[] = [];
  #settling = false;
  #lines: string[] = [];
  #stored: { readonly run: RunState; readonly stored: StoredEvent }[] = [];
  #effects: (() => void)[] = [];
  #onFlush: (() => void)[] = [];
  #lastAppend: Promise<void> = Promise.resolve();

  constructor(options: ShardOwnerOptions) {
    this.shard = options.log.shard;
    this.log = options.log;
    this.#options = options;
    this.#orders = {
      ...options.orders,
      propose: (run, event) => {
        this.#following.push(() => {
          if (!run.ended) this.#recordOne(run, event);
        });
      },
      startStages: (run, indexes) => {
        this.#following.push(() => options.orders.startStages(run, indexes));
      },
      keepOutput: (run, stage) => {
        this.#following.push(() => options.orders.keepOutput(run, stage));
      },
    };
  }

  /** Takes a run in: its facts from now on are recorded here. */
  adopt(run: RunState): void {
    run.orders = this.#orders;
    this.runs.set(run.runId, run);
  }

  /**
   * Takes a new run in and lets it go on.
   * @param decided what is known of its stages from the beginning; nothing is ordered before all of that is recorded
   */
  begin(run: RunState, started: RunEvent, decided: readonly RunEvent[]): void {
    if (decided.length === 0) {
      this.adopt(run);
      this.record(run, started);
      return;
    }
    this.runs.set(run.runId, run);
    for (const fact of [started, ...decided]) this.#recordOne(run, fact);
    run.orders = this.#orders;
    this.recover(run);
  }

  /** After a fold: lets every actor order again what is not done. */
  recover(run: RunState): void {
    run.recover();
    this.#settle();
    this.#options.turns.touch(this);
  }

  /** Records a fact and all that follow from it. It is stored at the end of the turn. */
  record(run: RunState, event: RunEvent): void {
    this.#recordOne(run, event);
    this.#settle();
    this.#options.turns.touch(this);
  }

  /**
   * Runs `effect` when everything recorded in this turn is stored; never, when that fails.
   * @param onFlush called when the turn ends and the append begins
   */
  afterStored(effect: () => void, onFlush?: () => void): void {
    this.#effects.push(effect);
    if (onFlush !== undefined) this.#onFlush.push(onFlush);
    this.#options.turns.touch(this);
  }

  flush(): void {
    const lines = this.#lines;
    const stored = this.#stored;
    const effects = this.#effects;
    this.#lines = [];
    this.#stored = [];
    this.#effects = [];
    for (const flushed of this.#onFlush.splice(0)) flushed();
    if (lines.length > 0) this.#lastAppend = this.log.appendLines(lines);
    this.#lastAppend.then(
      () => this.#carryOut(lines, stored, effects),
      () => {}, // the log has stopped and said so to the coordinator, which drops the shard
    );
  }

  /** The shard is lost. Whoever still holds one of its runs, such as a queue or a timer, finds it abandoned. */
  abandonRuns(): readonly RunState[] {
    const runs = [...this.runs.values()];
    for (const run of runs) run.abandon();
    this.runs.clear();
    return runs;
  }

  /** Resolves when everything recorded so far is stored. */
  settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.afterStored(resolve);
    return promise;
  }

  openRunOf(runId: RunId): OpenRun | undefined {
    const run = this.runs.get(runId);
    return run === undefined || run.ended ? undefined : { outstanding: run.openTasks };
  }

  #recordOne(run: RunState, event: RunEvent): void {
    const stored: StoredEvent = {
      run: run.runId,
      n: run.n + 1,
      atMs: this.#options.clock.wallMs(),
      event,
    };
    this.#lines.push(encodeEvent(stored));
    this.#stored.push({ run, stored });
    run.apply(stored);
  }

  #settle(): void {
    if (this.#settling) return;
    this.#settling = true;
    try {
      for (let next = this.#following.shift(); next !== undefined; next = this.#following.shift()) {
        next();
      }
    } finally {
      this.#settling = false;
    }
  }

  #carryOut(
    lines: readonly string[],
    stored: readonly { readonly run: RunState; readonly stored: StoredEvent }[],
    effects: readonly (() => void)[],
  ): void {
    for (const [index, entry] of stored.entries()) {
      const line = lines[index] ?? "";
      this.archive?.add(entry.stored, line);
      if (isRunOutcome(entry.stored.event)) this.runs.delete(entry.run.runId);
      this.#options.onStored(entry.run, entry.stored, line);
    }
    for (const effect of effects) effect();
  }
}
