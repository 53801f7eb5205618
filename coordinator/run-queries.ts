import type { Msg, NatsConnection } from "nats";
import { failureOf, isUnheard } from "../bus/failures.ts";
import type { Link } from "../bus/link.ts";
import {
  decodeMessage,
  encodeMessage,
  listingAnswer,
  type PublishedEvent,
  queryAnswer,
} from "../bus/messages.ts";
import { request } from "../bus/requests.ts";
import { fromErrorRecord } from "../core/errors.ts";
import type { RunId } from "../core/ids.ts";
import { SHARD_COUNT, shardOf } from "../core/shard.ts";
import type { Subjects } from "../core/subjects.ts";

const QUERY_TIMEOUT_MS = 2_000;
const RETRY_MS = 100;

/**
 * Asks the owners of shards what is stored of runs, until they answer: a shard without an owner is about to be taken over.
 * Each question throws the reason of its signal when that aborts first, and `unknown-run` for a run that there is none of.
 */
export class RunQueries {
  readonly #connection: NatsConnection;
  readonly #link: Link;
  readonly #subjects: Subjects;

  constructor(connection: NatsConnection, link: Link, subjects: Subjects) {
    this.#connection = connection;
    this.#link = link;
    this.#subjects = subjects;
  }

  /** The events of a run after number `after`, in order. */
  async eventsAfter(
    run: RunId,
    after: number,
    signal: AbortSignal,
  ): Promise<readonly PublishedEvent[]> {
    const events: PublishedEvent[] = [];
    for (let seen = after; ; ) {
      const answer = await this.#query({ run, after: seen }, signal);
      events.push(...answer.events);
      if (!answer.more) return events;
      seen = answer.events.at(-1)?.n ?? seen;
    }
  }

  /** The first and the last event of a run; one when it has one. */
  async ends(run: RunId, signal: AbortSignal): Promise<readonly PublishedEvent[]> {
    return (await this.#query({ run, after: 0, ends: true }, signal)).events;
  }

  /** The newest runs of all shards, the newest first. @param before only older ones */
  async newest(
    { most, before }: { readonly most: number; readonly before: RunId | undefined },
    signal: AbortSignal,
  ): Promise<readonly RunId[]> {
    const wanted = encodeMessage({ v: 1, most, ...(before === undefined ? {} : { before }) });
    const shards = await Promise.all(
      Array.from({ length: SHARD_COUNT }, async (_, shard) => {
        const message = await this.#ask(this.#subjects.listing(shard), wanted, signal);
        const answer = decodeMessage(listingAnswer, message.data);
        if ("error" in answer) throw fromErrorRecord(answer.error);
        return answer.runs;
      }),
    );
    // Each shard told its newest: of all of them, only as many are the newest for certain.
    return shards
      .flat()
      .sort((a, b) => (a < b ? 1 : -1))
      .slice(0, most);
  }

  async #query(
    asked: { readonly run: RunId; readonly after: number; readonly ends?: true },
    signal: AbortSignal,
  ): Promise<{ readonly events: readonly PublishedEvent[]; readonly more: boolean }> {
    const subject = this.#subjects.query(shardOf(asked.run));
    const message = await this.#ask(subject, encodeMessage({ v: 1, ...asked }), signal);
    const answer = decodeMessage(queryAnswer, message.data);
    if ("error" in answer) throw fromErrorRecord(answer.error);
    return answer;
  }

  async #ask(subject: string, payload: Uint8Array, signal: AbortSignal): Promise<Msg> {
    for (;;) {
      signal.throwIfAborted();
      try {
        return await request(this.#connection, this.#link, subject, payload, QUERY_TIMEOUT_MS);
      } catch (error) {
        if (!isUnheard(error) && failureOf(error) !== "unknown") throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
