import type { MsgRequest } from "nats";
import { z } from "zod";
import { isMissing } from "../bus/failures.ts";
import { isRunOutcome, type StoredEvent } from "../core/events.ts";
import { parseRunId, type RunId } from "../core/ids.ts";
import { decodeEvent } from "./log-record.ts";
import type { LogAccess } from "./shard-log.ts";
import { walkSubject } from "./subject-reader.ts";

/** Consecutive lines of one run as LOG had them (`encodeEvent`), the first of which is event number `first`. */
export interface HistoryPart {
  readonly run: RunId;
  readonly first: number;
  readonly lines: readonly string[];
}

export interface RunHistory {
  readonly events: readonly StoredEvent[];
  /** Sequences of parts with lines that could not be read. */
  readonly damagedParts: readonly number[];
}

const encoder = new TextEncoder();
const headerSchema = z.object({ v: z.literal(1), run: z.string(), first: z.int().min(1) });
const PUBLISH_TIMEOUT_MS = 5_000;

/** Stores one part. Parts may overlap: the reader takes each event number once. */
export async function writeHistory(
  access: LogAccess,
  shard: number,
  part: HistoryPart,
): Promise<void> {
  const header = JSON.stringify({ v: 1, run: part.run, first: part.first });
  const payload = encoder.encode([header, ...part.lines].join("\n"));
  await access.jetstream.publish(access.subjects.history(shard, part.run), payload, {
    timeout: PUBLISH_TIMEOUT_MS,
  });
}

/** The events of a run in order, each number once; empty when HISTORY does not know the run. */
export async function readHistory(
  access: LogAccess,
  shard: number,
  run: RunId,
): Promise<RunHistory> {
  const byNumber = new Map<number, StoredEvent>();
  const damagedParts: number[] = [];
  const { subjects } = access;
  const subject = subjects.history(shard, run);
  for await (const { sequence, text } of walkSubject(access, subjects.streams.history, subject)) {
    const [header = "", ...lines] = text.split("\n");
    const events = isHeader(header) ? lines.map(decodeEvent) : [undefined];
    if (events.includes(undefined)) damagedParts.push(sequence);
    for (const event of events) if (event !== undefined) byNumber.set(event.n, event);
  }
  const events = [...byNumber.values()].sort((a, b) => a.n - b.n);
  return { events, damagedParts };
}

/** The runs of a shard that HISTORY knows, in no order. */
export async function archivedRuns(access: LogAccess, shard: number): Promise<readonly RunId[]> {
  const { manager, subjects } = access;
  const filter = { subjects_filter: subjects.historyOf(shard) };
  const { state } = await manager.streams.info(subjects.streams.history, filter);
  return Object.keys(state.subjects ?? {}).map((subject) => parseRunId(subject.split(".").at(-1)));
}

/**
 * The first and the last event of a run that has ended, from its first and its last part; undefined when these do not say how it
 * began and ended, such as when a part was written twice.
 */
export async function historyEnds(
  access: LogAccess,
  shard: number,
  run: RunId,
): Promise<readonly StoredEvent[] | undefined> {
  const { manager, subjects } = access;
  const subject = subjects.history(shard, run);
  const request = (which: object): Promise<string> =>
    manager.streams
      .getMessage(subjects.streams.history, which as MsgRequest)
      .then((message) => message.string());
  try {
    const [head, tail] = await Promise.all([
      request({ seq: 1, next_by_subj: subject }),
      request({ last_by_subj: subject }),
    ]);
    const first = decodeEvent(head.split("\n")[1] ?? "");
    const last = decodeEvent(tail.split("\n").at(-1) ?? "");
    if (first?.n !== 1 || last === undefined || !isRunOutcome(last.event)) return undefined;
    return [first, last];
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isHeader(line: string): boolean {
  try {
    return headerSchema.safeParse(JSON.parse(line)).success;
  } catch {
    return false; // reported as a damaged part by the caller
  }
}
