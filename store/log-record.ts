import { crc32 } from "node:zlib";
import { z } from "zod";
import type { RunEvent, StoredEvent } from "../core/events.ts";
import type { RunId } from "../core/ids.ts";

/**
 * One message of LOG: a header line, then a line for each event. Every line begins with the CRC-32 of its rest,
 * so a damaged line is seen and costs only the runs whose chain it breaks.
 */
export interface RecordHeader {
  readonly v: 1;
  readonly shard: number;
  readonly epoch: number;
  /** Chosen by the owner when it took the shard: tells its records from those of every other owner. */
  readonly nonce: string;
  /** Counts the owner's records from 0, which is its OWNER record. */
  readonly n: number;
  /** Present in the OWNER record only: the coordinator that took the shard. */
  readonly owner?: string;
}

export interface DecodedRecord {
  /** Absent when the header line is damaged. */
  readonly header?: RecordHeader;
  readonly events: readonly StoredEvent[];
  /** Positions (1-based) of lines that could not be read. */
  readonly damagedLines: readonly number[];
}

export function encodeHeader(header: RecordHeader): string {
  return withChecksum(JSON.stringify(header));
}

export function encodeEvent(stored: StoredEvent): string {
  return withChecksum(JSON.stringify([stored.run, stored.n, stored.atMs, stored.event]));
}

export function decodeRecord(text: string): DecodedRecord {
  const [first = "", ...rest] = text.split("\n");
  const header = headerSchema.safeParse(checkedJson(first));
  const damagedLines: number[] = header.success ? [] : [1];
  const events: StoredEvent[] = [];
  for (const [offset, line] of rest.entries()) {
    const event = decodeEvent(line);
    if (event === undefined) damagedLines.push(offset + 2);
    else events.push(event);
  }
  return {
    ...(header.success ? { header: header.data as RecordHeader } : {}),
    events,
    damagedLines,
  };
}

/** The event of a line, or undefined when the line is damaged. */
export function decodeEvent(line: string): StoredEvent | undefined {
  const parsed = eventSchema.safeParse(checkedJson(line));
  if (!parsed.success) return undefined;
  const [run, n, atMs, event] = parsed.data;
  return { run: run as RunId, n, atMs, event: event as RunEvent };
}

const CHECKSUM_DIGITS = 8;

function withChecksum(json: string): string {
  return `${crc32(json).toString(16).padStart(CHECKSUM_DIGITS, "0")} ${json}`;
}

function checkedJson(line: string): unknown {
  const json = line.slice(CHECKSUM_DIGITS + 1);
  if (json === "" || withChecksum(json) !== line) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // the checksum fits but it is not ours: the caller reports the line as damaged
  }
}

const headerSchema = z.object({
  v: z.literal(1),
  shard: z.int().min(0),
  epoch: z.int().min(0),
  nonce: z.string(),
  n: z.int().min(0),
  owner: z.string().exactOptional(),
});

const eventSchema = z.tuple([
  z.string(),
  z.int().min(1),
  z.number(),
  z.looseObject({ type: z.string() }),
]);
