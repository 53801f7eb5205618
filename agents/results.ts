import type { NatsConnection } from "nats";
import type { Logger } from "pino";
import type { Link } from "../bus/link.ts";
import { decodeMessage, resultAnswer, type TaskResult } from "../bus/messages.ts";
import { request } from "../bus/requests.ts";
import type { Clock } from "../core/clock.ts";
import type { AgentId } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import type { Subjects } from "../core/subjects.ts";

export interface ResultsOptions {
  readonly connection: NatsConnection;
  readonly link: Link;
  readonly subjects: Subjects;
  readonly agentId: AgentId;
  readonly clock: Clock;
  readonly logger: Logger;
}

const ANSWER_TIMEOUT_MS = 1_000;
const PARK_AFTER_MS = 2_000;
const PARK_TIMEOUT_MS = 2_000;
const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

interface Waiting {
  readonly epoch: number;
  readonly text: string;
  readonly bytes: number;
  readonly resolve: () => void;
}

/**
 * Delivers results to the owners of their shards, each until it is stored: recorded by the owner, or parked in
 * INBOX when no owner answers for two seconds. What gathered while one request was out goes with the next.
 */
export class Results {
  readonly #options: ResultsOptions;
  readonly #shards = new Map<number, Waiting[]>();
  readonly #sending = new Set<number>();
  /** Shards whose sending begins at the end of this tick. */
  readonly #starting = new Map<number, Waiting[]>();
  #closed = false;

  constructor(options: ResultsOptions) {
    this.#options = options;
  }

  /** @param epoch of the owner that offered the task: an answer of an older one does not count */
  deliver(shard: number, epoch: number, result: TaskResult): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#shards.get(shard) ?? [];
    const text = JSON.stringify(result);
    waiting.push({ epoch, text, bytes: Buffer.byteLength(text), resolve });
    this.#shards.set(shard, waiting);
    if (!this.#sending.has(shard)) {
      this.#sending.add(shard);
      if (this.#starting.size === 0) setImmediate(() => this.#startSending());
      this.#starting.set(shard, waiting);
    }
    return promise;
  }

  /** Gives up what is not stored yet: those results are never delivered. */
  close(): void {
    this.#closed = true;
  }

  /** All at once, so that the requests go out in one write. */
  #startSending(): void {
    const starting = [...this.#starting];
    this.#starting.clear();
    for (const [shard, waiting] of starting) void this.#send(shard, waiting);
  }

  async #send(shard: number, waiting: Waiting[]): Promise<void> {
    while (waiting.length > 0) {
      const batch = takeBatch(waiting);
      await this.#deliver(shard, batch);
      for (const { resolve } of batch) resolve();
    }
    this.#sending.delete(shard);
  }

  async #deliver(shard: number, batch: readonly Waiting[]): Promise<void> {
    const { clock, agentId, logger } = this.#options;
    const texts = batch.map((entry) => entry.text).join(",");
    const payload = Buffer.from(`{"v":1,"agent":"${agentId}","results":[${texts}]}`);
    const epoch = Math.max(...batch.map((entry) => entry.epoch));
    const startedMs = clock.monotonicMs();
    let pauseMs = SHORTEST_PAUSE_MS;
    while (!this.#closed) {
      if (await this.#isRecorded(shard, payload, epoch)) return;
      const waitedMs = clock.monotonicMs() - startedMs;
      if (waitedMs >= PARK_AFTER_MS && (await this.#isParked(shard, payload))) {
        logger.warn({ event: "result.parked", shard, results: batch.length }, "no owner answers");
        return;
      }
      const cutShort = await this.#pause(pauseMs);
      // After an outage the owner may be back a moment after us.
      pauseMs = cutShort ? SHORTEST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  async #isRecorded(shard: number, payload: Uint8Array, epoch: number): Promise<boolean> {
    const { connection, link, subjects, agentId, logger } = this.#options;
    try {
      const subject = subjects.result(shard, agentId);
      const message = await request(connection, link, subject, payload, ANSWER_TIMEOUT_MS);
      return decodeMessage(resultAnswer, message.data).epoch >= epoch;
    } catch (error) {
      logger.debug({ event: "result.unanswered", shard, err: error });
      return false;
    }
  }

  async #isParked(shard: number, payload: Uint8Array): Promise<boolean> {
    const { connection, subjects, agentId, logger } = this.#options;
    try {
      await connection.jetstream().publish(subjects.inbox(shard, "result", agentId), payload, {
        timeout: PARK_TIMEOUT_MS,
      });
      return true;
    } catch (error) {
      logger.debug({ event: "result.unparked", shard, err: error });
      return false;
    }
  }

  /** Answers whether a reconnect cut it short. */
  #pause(ms: number): Promise<boolean> {
    const { clock, link } = this.#options;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const cancel = clock.schedule(ms, () => resolve(false));
    const forget = link.onReconnect(() => resolve(true));
    return promise.finally(() => {
      cancel();
      forget();
    });
  }
}

function takeBatch(waiting: Waiting[]): readonly Waiting[] {
  let bytes = 0;
  let count = 0;
  for (const entry of waiting) {
    bytes += entry.bytes;
    if (count > 0 && bytes > LIMITS.messageBatchBytes) break;
    count += 1;
  }
  return waiting.splice(0, count);
}
