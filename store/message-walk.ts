import type { MsgRequest, StoredMsg } from "nats";
import { isMissing } from "../bus/failures.ts";
import type { LogAccess } from "./shard-log.ts";

/**
 * Walks what a stream holds, first to last, up to what was its last message when it began, one request each. It leaves
 * nothing at the server, and works on work queues, which let nobody else consume. A stream that is not there is empty.
 * @param filter a subject, which may have wildcards
 * @param after sequence to begin behind
 */
export async function* walkMessages(
  { manager }: Pick<LogAccess, "manager">,
  stream: string,
  filter = ">",
  after = 0,
): AsyncGenerator<StoredMsg> {
  const last = await lastSequence({ manager }, stream);
  for (let from = after + 1; from <= last; ) {
    // Servers know `next_by_subj` since 2.9; the client's type for this request does not.
    const next = { seq: from, next_by_subj: filter } as MsgRequest;
    let message: StoredMsg;
    try {
      message = await manager.streams.getMessage(stream, next);
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    if (message.seq > last) return;
    yield message;
    from = message.seq + 1;
  }
}

/** Of the last message that a stream ever had; 0 when it is not there. */
export async function lastSequence(
  { manager }: Pick<LogAccess, "manager">,
  stream: string,
): Promise<number> {
  try {
    return (await manager.streams.info(stream)).state.last_seq;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}
