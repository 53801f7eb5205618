import type { Msg, Subscription } from "nats";
import {
  decodeMessage,
  encodeMessage,
  listing,
  type PublishedEvent,
  query,
} from "../bus/messages.ts";
import { answer } from "../bus/requests.ts";
import { SwarmError, toErrorRecord } from "../core/errors.ts";
import type { StoredEvent } from "../core/events.ts";
import { LIMITS } from "../core/limits.ts";
import type { LogAccess } from "../store/shard-log.ts";
import { publishedEvent } from "./facts.ts";
import type { RunReader } from "./run-reader.ts";
import type { ShardOwner } from "./shard-owner.ts";

/** Answers what is known of a run: its stored events in order, in as many requests as they need. */
export function answerQueries(
  { connection, subjects }: LogAccess,
  reader: RunReader,
  owner: ShardOwner,
): Subscription {
  return connection.subscribe(subjects.query(owner.shard), {
    callback: (error, message) => {
      if (error === null) void respond(reader, owner, message);
    },
  });
}

/** Answers which runs there are. */
export function answerListings(
  { connection, subjects }: LogAccess,
  reader: RunReader,
  owner: ShardOwner,
): Subscription {
  const respondTo = async (message: Msg): Promise<void> => {
    try {
      const { most, before } = decodeMessage(listing, message.data);
      const wanted = { most, ...(before === undefined ? {} : { before }) };
      answer(message, encodeMessage({ v: 1, runs: await reader.list(owner, wanted) }));
    } catch (error) {
      answer(message, encodeMessage({ error: toErrorRecord(error) }));
    }
  };
  return connection.subscribe(subjects.listing(owner.shard), {
    callback: (error, message) => {
      if (error === null) void respondTo(message);
    },
  });
}

async function respond(reader: RunReader, owner: ShardOwner, message: Msg): Promise<void> {
  try {
    const { run, after, ends } = decodeMessage(query, message.data);
    const events =
      ends === true ? await reader.ends(owner, run) : await reader.eventsAfter(owner, run, after);
    if (events === undefined) throw new SwarmError("unknown-run", `no run ${run}`);
    answer(message, encodeMessage({ v: 1, ...firstThatFit(events) }));
  } catch (error) {
    answer(message, encodeMessage({ error: toErrorRecord(error) }));
  }
}

function firstThatFit(events: readonly StoredEvent[]): { events: PublishedEvent[]; more: boolean } {
  const fitting: PublishedEvent[] = [];
  let bytes = 0;
  for (const stored of events) {
    const event = publishedEvent(stored);
    bytes += Buffer.byteLength(JSON.stringify(event));
    if (fitting.length > 0 && bytes > LIMITS.messageBatchBytes)
      return { events: fitting, more: true };
    fitting.push(event);
  }
  return { events: fitting, more: false };
}
