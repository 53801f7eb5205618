import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { SwarmError } from "../core/errors.ts";
import type { CoordinatorId } from "../core/ids.ts";
import { SHARD_COUNT } from "../core/shard.ts";
import type { Lease, Leases } from "../store/lease.ts";
import type { LogTail } from "../store/log-reader.ts";
import type { OpenRuns } from "../store/open-runs.ts";
import { readTail } from "../store/shard-archive.ts";
import { type LogAccess, type LogOptions, type ShardLog, takeLog } from "../store/shard-log.ts";
import type { Companions } from "./companions.ts";
import { fairShare } from "./fair-share.ts";

/** `lease`: how long it must not have changed before others may take it; renewed three times as often. */
export const LEASE_TIMES = { leaseMs: 3_000, renewMs: 1_000, pollMs: 500 } as const;

/** A shard that is free for so long has nobody who would take it as part of an even share. */
const LEFT_AFTER_MS = 2 * LEASE_TIMES.leaseMs;

export interface OwnershipOptions {
  readonly access: LogAccess;
  readonly leases: Leases;
  readonly openRuns: OpenRuns;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly coordinatorId: CoordinatorId;
  readonly nonce: string;
  /** Coordinators known to be dead: their leases are taken without waiting. */
  readonly predecessors: ReadonlySet<string>;
  readonly companions: Companions;
  readonly logOptions: (shard: number) => LogOptions;
  /** The shard is ours: its log is open, `tail` is what it holds. */
  readonly onTaken: (log: ShardLog, tail: LogTail) => Promise<unknown>;
  /** After a round in which shards were taken. */
  readonly onRoundEnded: (taken: ReadonlySet<number>) => void;
  /** Another coordinator is to own the shard: what is to be stored of it must be when this resolves. */
  readonly onHandOver: (shard: number) => Promise<void>;
  /** Somebody else holds the lease now. */
  readonly onLost: (shard: number) => void;
  readonly onError: (error: unknown) => void;
}

interface ShardView {
  lease: Lease;
  /** When the lease was last seen to change, on our monotonic clock. */
  changedMs: number;
  owned: boolean;
  busy: boolean;
  /** Handed over, and nobody has it yet: it is for another one. */
  isGiven: boolean;
}

/**
 * Takes shards whose lease is free, expired or a dead predecessor's up to an even share with the other coordinators, keeps those it
 * has, and hands over what is more than that.
 * Reading is never proof of ownership: only a successful write of the lease, then of the OWNER record, is.
 */
export class Ownership {
  readonly #options: OwnershipOptions;
  readonly #shards = new Map<number, ShardView>();
  #cancelTimer: () => void = () => {};
  #forgetLink: () => void = () => {};
  #closed = false;
  #renewedMs = 0;
  /** How many shards may still be taken in this round. */
  #room = 0;
  readonly #taken = new Set<number>();

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  /** Resolves when the shards that are free for the taking were taken. */
  async start(): Promise<void> {
    const { access, clock, companions } = this.#options;
    companions.listen();
    // While nobody could reach the server nobody could renew: what others hold counts as just renewed.
    this.#forgetLink = access.link.onReconnect(() => {
      for (const view of this.#shards.values()) view.changedMs = clock.monotonicMs();
    });
    await this.#round();
    this.#arm();
  }

  /** Gives all shards back, so that a successor need not wait. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    this.#forgetLink();
    this.#options.companions.close();
    await Promise.allSettled(
      [...this.#shards].map(async ([shard, view]) => {
        if (!view.owned) return;
        view.owned = false;
        await this.#options.leases.write(shard, view.lease, {
          owner: null,
          epoch: view.lease.epoch,
        });
      }),
    );
  }

  #arm(): void {
    if (this.#closed) return;
    this.#cancelTimer = this.#options.clock.schedule(LEASE_TIMES.pollMs, () => {
      this.#round()
        .catch(this.#options.onError)
        .finally(() => this.#arm());
    });
  }

  async #round(): Promise<void> {
    const renew = this.#options.clock.monotonicMs() - this.#renewedMs >= LEASE_TIMES.renewMs;
    if (renew) this.#renewedMs = this.#options.clock.monotonicMs();
    const owned = [...this.#shards].flatMap(([shard, view]) => (view.owned ? [shard] : []));
    if (renew) this.#options.companions.beat(owned.length);
    const share = fairShare(owned.length, this.#options.companions.shardCounts());
    this.#room = share.mayTake;
    const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);
    try {
      await Promise.all(shards.map((shard) => this.#visit(shard, renew)));
      await Promise.all(owned.slice(0, share.giveUp).map((shard) => this.#handOver(shard)));
    } finally {
      if (this.#taken.size > 0) {
        const taken = new Set(this.#taken);
        this.#taken.clear();
        this.#options.onRoundEnded(taken);
      }
    }
  }

  /** Gives a shard to whichever coordinator takes it. */
  async #handOver(shard: number): Promise<void> {
    const view = this.#shards.get(shard);
    if (view?.owned !== true || view.busy || this.#closed) return;
    const { leases, clock, logger } = this.#options;
    view.busy = true;
    try {
      await this.#options.onHandOver(shard);
      view.owned = false;
      view.isGiven = true;
      view.changedMs = clock.monotonicMs();
      const { epoch } = view.lease;
      view.lease = (await leases.write(shard, view.lease, { owner: null, epoch })) ?? view.lease;
      logger.info({ event: "shard.handed_over", shard });
    } finally {
      view.busy = false;
    }
  }

  /** The log of a shard stopped: it is not ours any more, whatever the lease says. */
  lost(shard: number): void {
    const view = this.#shards.get(shard);
    if (view === undefined) return;
    view.owned = false;
    view.changedMs = this.#options.clock.monotonicMs();
  }

  async #visit(shard: number, renew: boolean): Promise<void> {
    const view = this.#shards.get(shard);
    if (view?.busy) return;
    if (view?.owned) {
      if (renew) await this.#renew(shard, view);
      return;
    }
    await this.#tryTake(shard, view);
  }

  async #renew(shard: number, view: ShardView): Promise<void> {
    const { owner, epoch } = view.lease;
    const renewed = await this.#options.leases.write(shard, view.lease, { owner, epoch });
    if (this.#closed || !view.owned) return;
    if (renewed !== undefined) {
      view.lease = renewed;
      return;
    }
    // Our own write may have been stored though its answer was lost: then the lease still names us.
    const seen = await this.#options.leases.read(shard);
    view.lease = seen;
    view.changedMs = this.#options.clock.monotonicMs();
    if (seen.owner === owner && seen.epoch === epoch) return;
    view.owned = false;
    this.#options.onLost(shard);
  }

  async #tryTake(shard: number, known: ShardView | undefined): Promise<void> {
    const { leases, clock } = this.#options;
    const lease = await leases.read(shard);
    const nowMs = clock.monotonicMs();
    const view = known ?? {
      lease,
      changedMs: nowMs,
      owned: false,
      busy: false,
      isGiven: false,
    };
    if (view.lease.revision !== lease.revision) view.changedMs = nowMs;
    if (lease.owner !== null) view.isGiven = false;
    view.lease = lease;
    this.#shards.set(shard, view);
    if (!this.#isFree(view, nowMs) || !this.#isForUs(view, nowMs) || this.#closed) return;
    view.busy = true;
    this.#room -= 1;
    try {
      await this.#take(shard, view);
    } finally {
      view.busy = false;
      if (!view.owned) this.#room += 1;
    }
  }

  #isFree(view: ShardView, nowMs: number): boolean {
    const { owner } = view.lease;
    if (owner === null || this.#options.predecessors.has(owner)) return true;
    if (owner === this.#options.coordinatorId) return true;
    return nowMs - view.changedMs >= LEASE_TIMES.leaseMs;
  }

  /** What nobody wants is taken in any case: an even share matters less than that each shard has an owner. */
  #isForUs(view: ShardView, nowMs: number): boolean {
    const isLeft = nowMs - view.changedMs >= LEFT_AFTER_MS;
    return isLeft || (this.#room > 0 && !view.isGiven);
  }

  async #take(shard: number, view: ShardView): Promise<void> {
    const { access, leases, openRuns, coordinatorId, nonce } = this.#options;
    let tail = await readTail(access, openRuns, shard);
    const epoch = Math.max(view.lease.epoch, tail.epoch) + 1;
    const taken = await leases.write(shard, view.lease, { owner: coordinatorId, epoch });
    if (taken === undefined) return; // another coordinator was faster
    view.lease = taken;
    for (let tries = 0; tries < 5; tries++) {
      try {
        const owner = { shard, epoch, owner: coordinatorId, nonce };
        const log = await takeLog(
          access,
          owner,
          tail.lastSequence,
          this.#options.logOptions(shard),
        );
        await this.#options.onTaken(log, tail);
        view.owned = true;
        this.#taken.add(shard);
        return;
      } catch (error) {
        if (!(error instanceof SwarmError) || error.code !== "log-fenced") throw error;
        tail = await readTail(access, openRuns, shard); // the former owner appended while we read
      }
    }
    this.#options.logger.warn(
      { event: "shard.contended", shard },
      "its former owner keeps writing",
    );
  }
}
