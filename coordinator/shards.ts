import type { ConsumerMessages, Subscription } from "nats";
import type { Logger } from "pino";
import type { Job } from "../bus/messages.ts";
import type { Clock } from "../core/clock.ts";
import type { StoredEvent } from "../core/events.ts";
import type { RunId } from "../core/ids.ts";
import type { Plan } from "../core/plan.ts";
import type { LogTail } from "../store/log-reader.ts";
import { LogTrim } from "../store/log-trim.ts";
import type { OpenRuns } from "../store/open-runs.ts";
import { openShardArchive } from "../store/shard-archive.ts";
import type { LogAccess, ShardLog } from "../store/shard-log.ts";
import type { BlobActor } from "./blob-actor.ts";
import type { BudgetActor } from "./budget-actor.ts";
import type { Conductor } from "./conductor.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { openInbox } from "./inbox.ts";
import type { MemoryActor } from "./memory-actor.ts";
import { answerListings, answerQueries } from "./queries.ts";
import { recoverRuns } from "./recovery.ts";
import type { Results } from "./results.ts";
import { takeCommands } from "./run-commands.ts";
import type { RunReader } from "./run-reader.ts";
import type { RunState } from "./run-state.ts";
import { ShardOwner } from "./shard-owner.ts";
import type { Turns } from "./turns.ts";

export interface ShardsOptions {
  readonly access: LogAccess;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly turns: Turns;
  readonly conductor: Conductor;
  readonly dispatcher: Dispatcher;
  readonly results: Results;
  readonly memoryActor: MemoryActor;
  readonly blobActor: BlobActor;
  readonly budgetActor: BudgetActor;
  readonly reader: RunReader;
  readonly openRuns: OpenRuns;
  readonly purgeDelayMs: number;
  readonly loadPlan: (digest: string) => Promise<Plan>;
  readonly createRun: (owner: ShardOwner, runId: RunId, job: Job) => Promise<void>;
  readonly onStored: (run: RunState, stored: StoredEvent, line: string) => void;
  /** The run's shard was lost. */
  readonly onAbandoned: (run: RunState) => void;
}

interface OpenShard {
  readonly owner: ShardOwner;
  readonly subscriptions: readonly Subscription[];
  readonly inbox: ConsumerMessages;
}

/** Well under the time after which the lease would be taken anyway. */
const HAND_OVER_MS = 1_500;
const ANSWER_POLL_MS = 10;

/** The shards that this coordinator owns: opened with what their log holds, dropped whole when they are lost. */
export class Shards {
  readonly #options: ShardsOptions;
  readonly #open = new Map<number, OpenShard>();
  readonly #trim: LogTrim;

  constructor(options: ShardsOptions) {
    this.#options = options;
    const { access, clock, logger } = options;
    const onError = (error: unknown): void => logger.warn({ event: "log.untrimmed", err: error });
    this.#trim = new LogTrim({ access, clock, onError });
  }

  /** @returns how many unfinished runs go on */
  async take(log: ShardLog, tail: LogTail): Promise<number> {
    const { access, clock, logger, turns, conductor, results, openRuns } = this.#options;
    const owner = new ShardOwner({
      log,
      clock,
      logger,
      turns,
      orders: conductor.orders,
      onStored: this.#options.onStored,
    });
    owner.archive = openShardArchive({
      access,
      clock,
      log,
      openRuns,
      trim: this.#trim,
      openRunOf: (run) => owner.openRunOf(run),
      purgeDelayMs: this.#options.purgeDelayMs,
      onError: (error) => logger.warn({ event: "history.postponed", shard: log.shard, err: error }),
    });
    const recovered = await recoverRuns({ ...this.#options }, owner, tail);
    conductor.owners.set(log.shard, owner);
    for (const run of recovered) owner.adopt(run);
    // Parked results come first: what they settle need not be asked for or offered again.
    const inbox = await openInbox(
      {
        jetstream: access.jetstream,
        manager: access.manager,
        subjects: access.subjects,
        logger,
        results,
        cancel: (shardOwner, runId, reason) => {
          const run = shardOwner.runs.get(runId);
          if (run !== undefined) conductor.cancel(shardOwner, run, "client", reason);
        },
        approve: (shardOwner, runId, answer) => {
          const run = shardOwner.runs.get(runId);
          if (run !== undefined) conductor.answer(shardOwner, run, answer);
        },
        createRun: this.#options.createRun,
      },
      owner,
    );
    for (const run of recovered) {
      logger.info({ event: "run.resumed", runId: run.runId, cascade: run.plan.cascade });
      owner.recover(run);
      conductor.budgetDeadlines.resume(run);
    }
    const subscriptions = [
      results.listen(owner),
      answerQueries(access, this.#options.reader, owner),
      answerListings(access, this.#options.reader, owner),
      takeCommands({ access, conductor, reader: this.#options.reader }, owner),
      this.#options.memoryActor.listen(owner),
      this.#options.blobActor.listen(log.shard),
      this.#options.budgetActor.listen(owner),
    ];
    this.#open.set(log.shard, { owner, subscriptions, inbox });
    return recovered.length;
  }

  /** Stores what is to be stored of a shard, then forgets it: another coordinator is to own it, and finds little to read. */
  async handOver(shard: number): Promise<void> {
    const open = this.#open.get(shard);
    if (open === undefined) return;
    await this.#leaveInTime(open);
    this.drop(shard, new Error(`shard ${shard} is handed over`));
  }

  /** Whatever is not stored by then the next owner finds in LOG, or nobody was told of it. */
  async #leaveInTime(open: OpenShard): Promise<void> {
    const { promise: timeIsOver, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.schedule(HAND_OVER_MS, resolve);
    try {
      await Promise.race([this.#leave(open), timeIsOver]);
    } catch (error) {
      // A shard that has begun to leave must not stay: nothing would be done for it any more.
      const { shard } = open.owner;
      this.#options.logger.warn({ event: "history.postponed", shard, err: error });
    } finally {
      cancel();
    }
  }

  /** Begins nothing any more, waits for what is under way at the bus, and hands all of it over to HISTORY. */
  async #leave({ owner, subscriptions, inbox }: OpenShard): Promise<void> {
    const { dispatcher, conductor, clock } = this.#options;
    for (const subscription of subscriptions) subscription.unsubscribe();
    inbox.stop();
    owner.isLeaving = true;
    dispatcher.hold(owner.shard);
    await owner.settled();
    while (!dispatcher.isAnswered(owner.shard)) {
      await new Promise<void>((resolve) => void clock.schedule(ANSWER_POLL_MS, resolve));
    }
    conductor.returnUntaken(owner);
    await owner.settled();
    await owner.archive?.checkpoint();
  }

  /** Forgets everything of a shard: somebody else owns it, and nothing here may act on its state. */
  drop(shard: number, reason: Error): void {
    const open = this.#open.get(shard);
    if (open === undefined) return;
    this.#open.delete(shard);
    this.#options.conductor.owners.delete(shard);
    for (const run of open.owner.abandonRuns()) this.#options.onAbandoned(run);
    this.#options.dispatcher.dropShard(shard);
    for (const subscription of open.subscriptions) subscription.unsubscribe();
    open.inbox.stop();
    open.owner.log.stop(reason);
    open.owner.archive?.close().catch((error: unknown) => {
      this.#options.logger.warn({ event: "history.postponed", shard, err: error });
    });
    this.#trim.leave(shard);
  }

  /** Hands everything over, then stops writing. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#open.values()].map(async (open) => {
        await this.#leaveInTime(open);
        await open.owner.archive?.close();
        open.owner.log.stop(new Error("the coordinator has stopped"));
      }),
    );
    await this.#trim.trim();
    this.#open.clear();
  }

  get owned(): number {
    return this.#open.size;
  }

  get openRunCount(): number {
    let count = 0;
    for (const { owner } of this.#open.values()) count += owner.runs.size;
    return count;
  }
}
