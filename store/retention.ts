import { z } from "zod";
import { isRunOutcome } from "../core/events.ts";
import { parseRunId, type RunId } from "../core/ids.ts";
import { SHARD_COUNT, shardOf } from "../core/shard.ts";
import { decodeEvent, decodeRecord, encodeEvent } from "./log-record.ts";
import { lastSequence, walkMessages } from "./message-walk.ts";
import type { OpenRuns } from "./open-runs.ts";
import { tailSequence } from "./shard-archive.ts";
import type { LogAccess } from "./shard-log.ts";

/** Times that keep a collection from taking what somebody is about to refer to. */
export const RETENTION_TIMES = {
  /** Objects younger than this may belong to a task that has not delivered yet: twice the longest task. */
  objectGraceMs: 172_800_000,
  /** A rerun that has read a run before it was collected has recorded by now what it takes over. */
  settleMs: 10_000,
  /** A key that a client gave makes no second run for this long after its run is gone. */
  keyMs: 7 * 86_400_000,
} as const;

export interface CollectOptions {
  /** Runs that ended later than that stay. */
  readonly olderThanMs: number;
  /** So many of the newest finished runs stay, however old. */
  readonly keep: number;
  /** Beyond this size of all histories, older finished runs go though they are young. */
  readonly mostBytes?: number;
  /** Says what would be collected, and collects nothing. */
  readonly isDryRun: boolean;
  readonly nowMs: number;
  readonly times?: { readonly [Name in keyof typeof RETENTION_TIMES]: number };
  readonly pause: (ms: number) => Promise<void>;
}

/** A finished run. */
export interface FinishedRun {
  readonly run: RunId;
  readonly status: string;
  readonly endedAtMs: number;
  /** Of its history. */
  readonly bytes: number;
  /** Where its files are; unknown when the beginning of its history is missing. */
  readonly host?: string;
  readonly directory?: string;
}

export interface Collected {
  readonly runs: readonly FinishedRun[];
  /** Finished runs that stay, and those that go on or cannot be read. */
  readonly kept: number;
  readonly open: number;
  readonly objects: number;
  readonly objectBytes: number;
  readonly keys: number;
}

/**
 * Forgets finished runs, and then the objects that nothing refers to any more. Never a run that goes on, one that LOG
 * still has, or one that cannot be read; never an object that any other run, the memory, another bucket or a waiting
 * message names, also when it names it for another reason: whatever looks like the name of an object counts.
 */
export async function collectGarbage(
  access: LogAccess,
  openRuns: OpenRuns,
  options: CollectOptions,
): Promise<Collected> {
  const times = options.times ?? RETENTION_TIMES;
  const histories = await readHistories(access);
  const busy = await busyRuns(access, openRuns);
  const finished = [...histories]
    .flatMap(([run, history]) => (busy.has(run) ? [] : (finishedRun(run, history) ?? [])))
    .sort((a, b) => b.endedAtMs - a.endedAtMs);
  const chosen = chosenRuns(finished, options);
  const gone = new Set(chosen.map(({ run }) => run));
  if (!options.isDryRun) {
    for (const { run } of chosen) await forgetHistory(access, run);
    if (chosen.length > 0) await options.pause(times.settleMs);
  }
  const objects = await unusedObjects(access, {
    isGone: (run) => gone.has(run),
    before: options.nowMs - times.objectGraceMs,
  });
  const keys = await unusedKeys(access, {
    isKnown: (run) => (histories.has(run) && !gone.has(run)) || busy.has(run),
    before: options.nowMs - times.keyMs,
  });
  if (!options.isDryRun) {
    for (const object of objects) await forgetObject(access, object);
    for (const key of keys) await forgetSubject(access, `KV_${access.subjects.buckets.key}`, key);
  }
  return {
    runs: chosen,
    kept: finished.length - chosen.length,
    open: new Set([...histories.keys(), ...busy]).size - finished.length,
    objects: objects.length,
    objectBytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    keys: keys.length,
  };
}

interface History {
  readonly first: string;
  readonly last: string;
  readonly bytes: number;
}

/** The first and the last line that HISTORY has of each run. */
async function readHistories(access: LogAccess): Promise<Map<RunId, History>> {
  const histories = new Map<RunId, History>();
  for await (const message of walkMessages(access, access.subjects.streams.history)) {
    const run = parseRunId(message.subject.split(".").at(-1));
    const [, ...lines] = message.string().split("\n");
    const known = histories.get(run);
    histories.set(run, {
      first: known?.first ?? lines[0] ?? "",
      last: lines.at(-1) ?? "",
      bytes: (known?.bytes ?? 0) + message.data.byteLength,
    });
  }
  return histories;
}

/** Undefined for one that has not ended, and for one whose record does not say how. */
function finishedRun(run: RunId, { first, last, bytes }: History): FinishedRun | undefined {
  const begin = decodeEvent(first)?.event;
  const end = decodeEvent(last);
  if (end === undefined || !isRunOutcome(end.event)) return undefined;
  const files =
    begin?.type === "run.started" ? { host: begin.host, directory: begin.directory } : {};
  const status = end.event.type.slice("run.".length);
  return { run, status, endedAtMs: end.atMs, bytes, ...files };
}

/**
 * Unfinished ones by the index, and those of which a new owner would read events in LOG, and write of them again: what it has
 * since the shard's last checkpoint, and its last record.
 */
async function busyRuns(access: LogAccess, openRuns: OpenRuns): Promise<ReadonlySet<RunId>> {
  const busy = new Set<RunId>();
  const { subjects } = access;
  for (let shard = 0; shard < SHARD_COUNT; shard++) {
    for (const run of await openRuns.list(shard)) busy.add(run);
    const from = await tailSequence(access, openRuns, shard);
    let last: readonly RunId[] = [];
    for await (const message of walkMessages(access, subjects.streams.log, subjects.log(shard))) {
      last = decodeRecord(message.string()).events.map(({ run }) => run);
      if (message.seq >= from) for (const run of last) busy.add(run);
    }
    for (const run of last) busy.add(run);
  }
  return busy;
}

/** @param finished the newest first */
function chosenRuns(
  finished: readonly FinishedRun[],
  { olderThanMs, keep, mostBytes = Number.POSITIVE_INFINITY, nowMs }: CollectOptions,
): readonly FinishedRun[] {
  let bytes = 0;
  return finished.filter((run, index) => {
    bytes += run.bytes;
    const isOld = nowMs - run.endedAtMs > olderThanMs;
    return index >= keep && (isOld || bytes > mostBytes);
  });
}

async function forgetHistory(access: LogAccess, run: RunId): Promise<void> {
  const { subjects } = access;
  await forgetSubject(access, subjects.streams.history, subjects.history(shardOf(run), run));
}

async function forgetSubject(access: LogAccess, stream: string, subject: string): Promise<void> {
  await access.manager.streams.purge(stream, { filter: subject });
}

interface StoredObject {
  readonly name: string;
  /** Of its chunks. */
  readonly nuid: string;
  readonly subject: string;
  /** Of the message that describes it. */
  readonly sequence: number;
  readonly bytes: number;
}

const objectInfo = z.object({
  name: z.string(),
  nuid: z.string(),
  size: z.number(),
  deleted: z.boolean().optional(),
});

/** Objects that were stored before a time and that nothing names. */
async function unusedObjects(
  access: LogAccess,
  { isGone, before }: { readonly isGone: (run: RunId) => boolean; readonly before: number },
): Promise<readonly StoredObject[]> {
  const objects = new Map<string, StoredObject>();
  const bucket = access.subjects.buckets.blob;
  for await (const message of walkMessages(access, `OBJ_${bucket}`, `$O.${bucket}.M.>`)) {
    const info = objectInfo.safeParse(jsonIn(message.string())).data;
    if (info === undefined || message.time.getTime() >= before) continue;
    const { name, nuid, size: bytes } = info;
    objects.set(name, { name, nuid, bytes, subject: message.subject, sequence: message.seq });
  }
  if (objects.size === 0) return [];
  for await (const text of everythingStored(access, isGone)) {
    for (const [name] of text.matchAll(OBJECT_NAME)) objects.delete(name);
  }
  return [...objects.values()];
}

const OBJECT_NAME = /[0-9a-f]{64}/g;

/** All that may name an object: histories, LOG, waiting messages, dead letters, and every bucket of values. */
async function* everythingStored(
  access: LogAccess,
  isGone: (run: RunId) => boolean,
): AsyncGenerator<string> {
  const { streams, prefix } = access.subjects;
  for await (const name of access.manager.streams.names()) {
    if (!name.startsWith(`KV_${prefix}_`)) continue;
    for await (const message of walkMessages(access, name)) yield message.string();
  }
  for (const stream of [streams.inbox, streams.jobs, streams.dead]) {
    for await (const message of walkMessages(access, stream)) yield message.string();
  }
  const last = await lastSequence(access, streams.history);
  for await (const message of walkMessages(access, streams.history)) {
    if (!isGone(parseRunId(message.subject.split(".").at(-1)))) yield message.string();
  }
  for await (const message of walkMessages(access, streams.log)) {
    const { events, damagedLines } = decodeRecord(message.string());
    if (damagedLines.length > 0) yield message.string();
    for (const stored of events) if (!isGone(stored.run)) yield encodeEvent(stored);
  }
  // What moved from LOG to HISTORY while these were read.
  for await (const message of walkMessages(access, streams.history, ">", last)) {
    yield message.string();
  }
}

/** A write that replaced the object meanwhile has another sequence and other chunks: it stays. */
async function forgetObject(
  { manager, subjects }: LogAccess,
  { subject, sequence, nuid }: StoredObject,
): Promise<void> {
  const bucket = subjects.buckets.blob;
  await manager.streams.purge(`OBJ_${bucket}`, { filter: subject, seq: sequence + 1 });
  await manager.streams.purge(`OBJ_${bucket}`, { filter: `$O.${bucket}.C.${nuid}` });
}

const claim = z.object({ runId: z.string() });

/** Subjects of clients' keys whose run is gone, and that were claimed before a time. */
async function unusedKeys(
  access: LogAccess,
  { isKnown, before }: { readonly isKnown: (run: RunId) => boolean; readonly before: number },
): Promise<readonly string[]> {
  const unused: string[] = [];
  for await (const message of walkMessages(access, `KV_${access.subjects.buckets.key}`)) {
    if (message.time.getTime() >= before) continue;
    const claimed = claim.safeParse(jsonIn(message.string())).data;
    if (claimed === undefined || isKnown(parseRunId(claimed.runId))) continue;
    unused.push(message.subject);
  }
  return unused;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not written by us: it stays
  }
}
