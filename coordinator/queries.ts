import type { Msg, NatsConnection, Subscription } from "nats";
import { decodeMessage, encodeMessage, type PublishedEvent, query } from "../bus/messages.ts";
import { answer } from "../bus/requests.ts";
import { SwarmError, toErrorRecord } from "../core/errors.ts";
import type { StoredEvent } from "../core/events.ts";
import type { RunId } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import type { Subjects } from "../core/subjects.ts";
import { readHistory } from "../store/history.ts";
import { decodeEvent } from "../store/log-record.ts";
import type { LogAccess } from "../store/shard-log.ts";
import { publishedEvent } from "./facts.ts";
import type { ShardOwner } from "./shard-owner.ts";

/** Answers what is known of a run: its stored events in order, in as many requests as they need. */
export function answerQueries(
  connection: NatsConnection,
  subjects: Subjects,
  access: LogAccess,
  owner: ShardOwner,
): Subscription {
  return connection.subscribe(subjects.query(owner.shard), {
    callback: (error, message) => {
      if (error === null) void respond(access, owner, message);
    },
  });
}

async function respond(access: LogAccess, owner: ShardOwner, message: Msg): Promise<void> {
  try {
    const { run, after } = decodeMessage(query, message.data);
    const events = await storedEvents(access, owner, run);
    if (events.length === 0) throw new SwarmError("unknown-run", `no run ${run}`);
    answer(message, encodeMessage({ v: 1, ...firstThatFit(events.slice(after)) }));
  } catch (error) {
    answer(message, encodeMessage({ error: toErrorRecord(error) }));
  }
}

/** Everything stored of a run: what HISTORY has, then what it may not have yet. */
export async function storedEvents(
  access: LogAccess,
  owner: ShardOwner,
  run: RunId,
): Promise<readonly StoredEvent[]> {
  const recent = (owner.archive?.recentLines(run) ?? []).map(decodeEvent);
  const first = recent[0];
  const older = first?.n === 1 ? [] : (await readHistory(access, owner.shard, run)).events;
  const byNumber = new Map<number, StoredEvent>();
  for (const event of [...older, ...recent]) if (event !== undefined) byNumber.set(event.n, event);
  return [...byNumber.values()].sort((a, b) => a.n - b.n);
}

function firstThatFit(events: readonly StoredEvent[]): { events: PublishedEvent[]; more: boolean } {
  const fitting: PublishedEvent[] = [];
  let bytes = 0;
  for (const stored of events) {
    const event = publishedEvent(stored);
    bytes += JSON.stringify(event).length;
    if (fitting.length > 0 && bytes > LIMITS.messageBatchBytes)
      return { events: fitting, more: true };
    fitting.push(event);
  }
  return { events: fitting, more: false };
}
