import { AckPolicy, DeliverPolicy, type MsgRequest } from "nats";
import { isMissing } from "../bus/failures.ts";
import { SwarmError } from "../core/errors.ts";
import type { LogAccess } from "./shard-log.ts";

export interface StoredMessage {
  readonly sequence: number;
  readonly text: string;
}

const BATCH = 256;
const FETCH_EXPIRES_MS = 5_000;

/**
 * Walks the messages of one exact subject, one request each, read from the leader. For a subject with few of them:
 * it leaves nothing at the server, where each consumer costs more than the messages it would bring.
 */
export async function* walkSubject(
  access: Pick<LogAccess, "manager">,
  stream: string,
  subject: string,
): AsyncGenerator<StoredMessage> {
  for (let from = 1; ; ) {
    // Servers know `next_by_subj` since 2.9; the client's type for this request does not.
    const next = { seq: from, next_by_subj: subject } as MsgRequest;
    try {
      const message = await access.manager.streams.getMessage(stream, next);
      yield { sequence: message.seq, text: message.string() };
      from = message.seq + 1;
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
  }
}

/**
 * Reads every message of one exact subject, first to last, up to the one that was last when it began. For long ones:
 * messages come in batches, through a consumer of its own.
 * @param from sequence to begin at; the last message is read in any case
 * @returns the sequence of that last message, 0 when the subject has none
 */
export async function readSubject(
  access: Pick<LogAccess, "jetstream" | "manager">,
  stream: string,
  subject: string,
  onMessage: (message: StoredMessage) => void,
  from = 1,
): Promise<number> {
  const last = await lastSequence(access, stream, subject);
  if (last === 0) return 0;
  const info = await access.manager.consumers.add(stream, {
    filter_subject: subject,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: Math.max(1, Math.min(from, last)),
    inactive_threshold: 30_000_000_000,
    mem_storage: true,
  });
  const consumer = await access.jetstream.consumers.get(stream, info.name);
  try {
    for (let seen = 0; seen < last; ) {
      const before = seen;
      const messages = await consumer.fetch({ max_messages: BATCH, expires: FETCH_EXPIRES_MS });
      for await (const message of messages) {
        seen = message.seq;
        onMessage({ sequence: message.seq, text: message.string() });
        if (seen >= last) break;
      }
      if (seen === before) throw stalled(subject, seen, last);
    }
  } finally {
    await access.manager.consumers.delete(stream, info.name).catch(() => {}); // it ends by itself when idle
  }
  return last;
}

/** The last message of a subject as the leader has it. */
async function lastSequence(
  access: Pick<LogAccess, "manager">,
  stream: string,
  subject: string,
): Promise<number> {
  try {
    return (await access.manager.streams.getMessage(stream, { last_by_subj: subject })).seq;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

function stalled(subject: string, seen: number, last: number): SwarmError {
  return new SwarmError("broker-unavailable", `${subject} stopped at ${seen} of ${last}`, {
    disposition: "retry",
  });
}
