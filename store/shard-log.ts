import type { JetStreamClient, JetStreamManager, NatsConnection } from "nats";
import { failureOf, isMissing, LinkLost } from "../bus/failures.ts";
import type { Link } from "../bus/link.ts";
import type { Clock } from "../core/clock.ts";
import { SwarmError } from "../core/errors.ts";
import type { StoredEvent } from "../core/events.ts";
import { LIMITS } from "../core/limits.ts";
import type { Subjects } from "../core/subjects.ts";
import { type Batch, GroupCommit } from "./group-commit.ts";
import { decodeRecord, encodeEvent, encodeHeader, type RecordHeader } from "./log-record.ts";

/**
 * The write-ahead log of one shard, written by its owner only. See `store/ARCHITECTURE.md`.
 *
 * Promise: events are stored in the order of `append`, once, without a gap; `append` resolves only when they
 * are stored; after another owner's OWNER record nothing of this one is stored any more (`log-fenced`).
 */
export interface ShardLog {
  readonly shard: number;
  readonly epoch: number;
  /** Stream sequence of the last record stored. */
  readonly lastSequence: number;
  /** @throws SwarmError `log-fenced` once another coordinator owns the shard */
  append(events: readonly StoredEvent[]): Promise<void>;
  /** The same for events that are already encoded (`encodeEvent`). */
  appendLines(lines: readonly string[]): Promise<void>;
  /** Rejects everything that waits and appends nothing more. `onStopped` is not told: the caller knows. */
  stop(reason: Error): void;
}

export interface LogAccess {
  readonly connection: NatsConnection;
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly link: Link;
  readonly subjects: Subjects;
  readonly clock: Clock;
}

export interface LogOwner {
  readonly shard: number;
  readonly epoch: number;
  readonly owner: string;
  readonly nonce: string;
}

export interface Limits {
  readonly events: number;
  readonly bytes: number;
}

export interface LogOptions {
  readonly limits?: Limits;
  /** Told once when the log can append no more, for whatever reason. */
  readonly onStopped?: (error: Error) => void;
  /** Told when the server has no room, and when it has again. */
  readonly onStorageFull?: (full: boolean) => void;
}

const APPEND_TIMEOUT_MS = 1_000;
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;
const encoder = new TextEncoder();

/**
 * Takes the shard over: appends an OWNER record right behind the last record read.
 * @param expected sequence of the last record read, 0 when there is none
 * @throws SwarmError `log-fenced` when somebody appended since; read the tail again
 */
export async function takeLog(
  access: LogAccess,
  owner: LogOwner,
  expected: number,
  options: LogOptions = {},
): Promise<ShardLog> {
  const log = new OwnedLog(access, owner, expected, options);
  await log.publishOwner();
  return log;
}

class OwnedLog implements ShardLog {
  readonly shard: number;
  readonly epoch: number;
  lastSequence: number;
  readonly #access: LogAccess;
  readonly #owner: LogOwner;
  readonly #options: LogOptions;
  readonly #commit: GroupCommit;
  #records = 0;
  #pumping = false;
  #stopped: Error | undefined;

  constructor(access: LogAccess, owner: LogOwner, expected: number, options: LogOptions) {
    this.shard = owner.shard;
    this.epoch = owner.epoch;
    this.lastSequence = expected;
    this.#access = access;
    this.#owner = owner;
    this.#options = options;
    this.#commit = new GroupCommit(
      options.limits ?? { events: LIMITS.eventsPerAppend, bytes: LIMITS.messageBatchBytes },
    );
  }

  append(events: readonly StoredEvent[]): Promise<void> {
    return this.appendLines(events.map(encodeEvent));
  }

  appendLines(lines: readonly string[]): Promise<void> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    const stored = this.#commit.add(lines);
    if (!this.#pumping) {
      this.#pumping = true;
      setImmediate(() => void this.#pump()); // what else comes with this read of the network goes with it
    }
    return stored;
  }

  async publishOwner(): Promise<void> {
    await this.#publishUntilStored([], { owner: this.#owner.owner });
  }

  stop(reason: Error): void {
    if (this.#stopped !== undefined) return;
    this.#stopped = reason;
    for (let batch = this.#commit.take(); batch !== undefined; batch = this.#commit.take()) {
      batch.reject(reason);
    }
  }

  async #pump(): Promise<void> {
    for (let batch = this.#commit.take(); batch !== undefined; batch = this.#commit.take()) {
      if (!(await this.#store(batch))) return;
    }
    this.#pumping = false;
  }

  async #store(batch: Batch): Promise<boolean> {
    try {
      await this.#publishUntilStored(batch.lines, {});
    } catch (error) {
      batch.reject(error);
      if (this.#stopped === undefined) {
        this.stop(error as Error);
        this.#options.onStopped?.(error as Error);
      }
      return false;
    }
    batch.resolve();
    return true;
  }

  /**
   * Without an answer the outcome is unknown: the same bytes are sent again, expecting the same sequence.
   * If the first try was stored after all, the second is refused and the last record turns out to be ours.
   */
  async #publishUntilStored(
    lines: readonly string[],
    extra: { readonly owner?: string },
  ): Promise<void> {
    const header: RecordHeader = {
      v: 1,
      shard: this.shard,
      epoch: this.epoch,
      nonce: this.#owner.nonce,
      n: this.#records,
      ...extra,
    };
    const payload = encoder.encode([encodeHeader(header), ...lines].join("\n"));
    let full = false;
    for (let attempt = 0; ; attempt++) {
      if (this.#stopped !== undefined) throw this.#stopped;
      try {
        this.lastSequence = await this.#publishOnce(payload);
        break;
      } catch (error) {
        const failure = failureOf(error);
        if (failure === "refused") throw error;
        if (failure === "wrong-sequence") {
          const stored = await this.#sequenceIfOurs(header);
          if (stored === undefined) throw this.#fenced();
          this.lastSequence = stored;
          break;
        }
        if (failure === "storage-full" && !full) {
          full = true;
          this.#options.onStorageFull?.(true);
        }
        await this.#pauseBeforeRetry(attempt);
      }
    }
    if (full) this.#options.onStorageFull?.(false);
    this.#records += 1;
  }

  async #publishOnce(payload: Uint8Array): Promise<number> {
    const { jetstream, link, subjects } = this.#access;
    const published = jetstream.publish(subjects.log(this.shard), payload, {
      expect: { lastSubjectSequence: this.lastSequence },
      timeout: APPEND_TIMEOUT_MS,
    });
    const { promise: lost, reject } = Promise.withResolvers<never>();
    const forget = link.onDisconnect(() => reject(new LinkLost()));
    try {
      return (await Promise.race([published, lost])).seq;
    } finally {
      forget();
      published.catch(() => {}); // its late failure was answered by the retry
    }
  }

  /** The sequence of the last record when it is the one we tried to store. Reads from the leader. */
  async #sequenceIfOurs(header: RecordHeader): Promise<number | undefined> {
    const { manager, subjects } = this.#access;
    for (let attempt = 0; ; attempt++) {
      if (this.#stopped !== undefined) throw this.#stopped;
      try {
        const last = await manager.streams.getMessage(subjects.streams.log, {
          last_by_subj: subjects.log(this.shard),
        });
        const stored = decodeRecord(last.string()).header;
        const ours =
          stored?.nonce === header.nonce && stored.epoch === header.epoch && stored.n === header.n;
        return ours ? last.seq : undefined;
      } catch (error) {
        if (isMissing(error)) return undefined;
        if (failureOf(error) !== "unknown") throw error;
        await this.#pauseBeforeRetry(attempt);
      }
    }
  }

  /** A growing pause that a reconnect cuts short; while the link is down, nothing else does. */
  #pauseBeforeRetry(attempt: number): Promise<void> {
    const { clock, link } = this.#access;
    const { promise, resolve } = Promise.withResolvers<void>();
    const pauseMs = link.connected
      ? Math.min(SHORTEST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS)
      : LONGEST_PAUSE_MS;
    const cancel = clock.schedule(pauseMs, resolve);
    const forget = link.onReconnect(resolve);
    return promise.finally(() => {
      cancel();
      forget();
    });
  }

  #fenced(): SwarmError {
    return new SwarmError(
      "log-fenced",
      `shard ${this.shard} has another owner since epoch ${this.epoch}`,
    );
  }
}
