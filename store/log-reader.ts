import type { StoredEvent } from "../core/events.ts";
import { decodeRecord } from "./log-record.ts";
import type { LogAccess } from "./shard-log.ts";
import { readSubject } from "./subject-reader.ts";

/** What LOG holds of a shard at one moment. */
export interface LogTail {
  /** Sequence of the last record, 0 when there is none. */
  readonly lastSequence: number;
  /** Highest epoch of any record, 0 when there is none. */
  readonly epoch: number;
  readonly events: readonly StoredEvent[];
  /** Lines that could not be read; the runs whose chain they break are quarantined by the reader of `events`. */
  readonly damage: readonly { readonly sequence: number; readonly lines: readonly number[] }[];
}

/**
 * @param from sequence of the first record of interest; the last record is read in any case
 * @throws SwarmError `broker-unavailable` when the server stops answering
 */
export async function readLog(access: LogAccess, shard: number, from = 1): Promise<LogTail> {
  const { subjects } = access;
  const events: StoredEvent[] = [];
  const damage: { sequence: number; lines: readonly number[] }[] = [];
  let epoch = 0;
  const lastSequence = await readSubject(
    access,
    subjects.streams.log,
    subjects.log(shard),
    (message) => {
      const record = decodeRecord(message.text);
      epoch = Math.max(epoch, record.header?.epoch ?? 0);
      events.push(...record.events);
      if (record.damagedLines.length > 0) {
        damage.push({ sequence: message.sequence, lines: record.damagedLines });
      }
    },
    from,
  );
  return { lastSequence, epoch, events, damage };
}
