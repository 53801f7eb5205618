import { createHash } from "node:crypto";
import { headers, type MsgHdrs, StorageType, type StoredMsg, type StreamConfig } from "nats";
import { z } from "zod";
import { ensureStreams } from "../bus/streams.ts";
import { SwarmError } from "../core/errors.ts";
import { isRunOutcome } from "../core/events.ts";
import { parseRunId, type RunId, runIdOfJob } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import { shardOf } from "../core/shard.ts";
import { openBlobs } from "./blobs.ts";
import { writeHistory } from "./history.ts";
import { decodeEvent, decodeRecord, encodeEvent } from "./log-record.ts";
import { walkMessages } from "./message-walk.ts";
import { openOpenRuns } from "./open-runs.ts";
import type { LogAccess } from "./shard-log.ts";

const VERSION = 1;
/** Of an object, in one line; base64 makes it a third longer. */
const CHUNK_BYTES = 196_608;

/** How much of what a backup holds. */
export interface BackupCounts {
  readonly runs: number;
  /** Of them, those that had not ended. */
  readonly open: number;
  readonly messages: number;
  readonly objects: number;
}

const part = z.object({
  kind: z.literal("events"),
  run: z.string(),
  first: z.int().min(1),
  lines: z.array(z.string()),
});
const entry = z.discriminatedUnion("kind", [
  z.object({ v: z.literal(VERSION), kind: z.literal("backup"), atMs: z.number() }),
  part,
  z.object({ kind: z.literal("open"), run: z.string() }),
  z.object({ kind: z.literal("stream"), config: z.looseObject({ name: z.string() }) }),
  z.object({
    kind: z.literal("message"),
    subject: z.string(),
    headers: z.record(z.string(), z.array(z.string())).optional(),
    data: z.base64(),
  }),
  z.object({ kind: z.literal("object"), name: z.string(), bytes: z.int().min(0) }),
  z.object({ kind: z.literal("chunk"), name: z.string(), data: z.base64() }),
  z.object({
    kind: z.literal("end"),
    lines: z.int().min(0),
    sha256: z.string(),
    counts: z.custom<BackupCounts>(),
  }),
]);
type Entry = z.infer<typeof entry>;

/**
 * Everything that is stored, as lines of NDJSON, each with its line break; the last one has the sha256 of all before it.
 * It may be taken while the swarm works: of each run it has all events up to some moment after it began, and no object is
 * missing that these name. Leases are not in it, for they are of the running coordinators.
 */
export async function* writeBackup(access: LogAccess, nowMs: number): AsyncGenerator<string> {
  const hash = createHash("sha256");
  const counts = { runs: 0, open: 0, messages: 0, objects: 0 };
  let lines = 0;
  for await (const each of entries(access, nowMs)) {
    if (each.kind === "open") counts.open += 1;
    if (each.kind === "events" && each.first === 1) counts.runs += 1;
    if (each.kind === "message") counts.messages += 1;
    if (each.kind === "object") counts.objects += 1;
    const line = `${JSON.stringify(each)}\n`;
    hash.update(line);
    lines += 1;
    yield line;
  }
  yield `${JSON.stringify({ kind: "end", lines, sha256: hash.digest("hex"), counts })}\n`;
}

async function* entries(access: LogAccess, nowMs: number): AsyncGenerator<Entry> {
  const { streams, buckets } = access.subjects;
  yield { v: VERSION, kind: "backup", atMs: nowMs };
  // What waits is read before the runs: what is taken meanwhile is then in both, and has no effect twice.
  yield* messagesOf(access, streams.inbox);
  const runs = yield* histories(access);
  yield* messagesOf(access, streams.jobs, (message) => {
    const storedAtMs = Math.floor(message.time.getTime());
    return !runs.has(runIdOfJob(message.seq, storedAtMs));
  });
  yield* messagesOf(access, streams.dead);
  const own: ReadonlySet<string> = new Set([`KV_${buckets.lease}`, `KV_${buckets.open}`]);
  for await (const { config } of access.manager.streams.list()) {
    const isBucket = config.name.startsWith(`KV_${access.subjects.prefix}_`);
    if (!isBucket || own.has(config.name)) continue;
    yield { kind: "stream", config: { ...config } };
    yield* messagesOf(access, config.name);
  }
  yield* objects(access);
}

/** All events of all runs, from LOG and HISTORY together. Answers which runs there are. */
async function* histories(access: LogAccess): AsyncGenerator<Entry, ReadonlySet<RunId>> {
  const recent = new Map<RunId, Map<number, string>>();
  const { streams } = access.subjects;
  for await (const message of walkMessages(access, streams.log)) {
    for (const stored of decodeRecord(message.string()).events) {
      const lines = recent.get(stored.run) ?? new Map<number, string>();
      recent.set(stored.run, lines.set(stored.n, encodeEvent(stored)));
    }
  }
  const archived = new Set<RunId>();
  for await (const message of walkMessages(access, streams.history)) {
    archived.add(parseRunId(message.subject.split(".").at(-1)));
  }
  const runs = new Set([...archived, ...recent.keys()]);
  for (const run of runs) {
    const lines = new Map(recent.get(run));
    const subject = access.subjects.history(shardOf(run), run);
    for await (const message of walkMessages(access, streams.history, subject)) {
      for (const line of message.string().split("\n").slice(1)) {
        const stored = decodeEvent(line);
        if (stored !== undefined) lines.set(stored.n, line);
      }
    }
    const sorted = [...lines].sort(([a], [b]) => a - b);
    yield* partsOf(run, sorted);
    const end = decodeEvent(sorted.at(-1)?.[1] ?? "");
    if (end !== undefined && !isRunOutcome(end.event)) yield { kind: "open", run };
  }
  return runs;
}

/** Parts as HISTORY has them: consecutive, and small enough for a message. */
function* partsOf(run: RunId, lines: readonly (readonly [number, string])[]): Generator<Entry> {
  let first = 0;
  let taken: string[] = [];
  let bytes = 0;
  for (const [n, line] of lines) {
    const isNext = first + taken.length === n;
    if (taken.length > 0 && (!isNext || bytes + line.length > LIMITS.messageBatchBytes)) {
      yield { kind: "events", run, first, lines: taken };
      taken = [];
      bytes = 0;
    }
    if (taken.length === 0) first = n;
    taken.push(line);
    bytes += line.length;
  }
  if (taken.length > 0) yield { kind: "events", run, first, lines: taken };
}

async function* messagesOf(
  access: LogAccess,
  stream: string,
  isWanted: (message: StoredMsg) => boolean = () => true,
): AsyncGenerator<Entry> {
  for await (const message of walkMessages(access, stream)) {
    if (!isWanted(message)) continue;
    const data = Buffer.from(message.data).toString("base64");
    const given = headersIn(message.header);
    const more = given === undefined ? {} : { headers: given };
    yield { kind: "message", subject: message.subject, data, ...more };
  }
}

/** What the server itself acts on, such as an expected sequence, was true of this store alone. */
const KEPT_HEADERS: ReadonlySet<string> = new Set(["KV-Operation", "Nats-Rollup"]);

function headersIn(given: MsgHdrs | undefined): Record<string, string[]> | undefined {
  const kept = (given?.keys() ?? []).filter((key) => KEPT_HEADERS.has(key));
  if (given === undefined || kept.length === 0) return undefined;
  return Object.fromEntries(kept.map((key) => [key, [...given.values(key)]]));
}

async function* objects(access: LogAccess): AsyncGenerator<Entry> {
  const store = await access.jetstream.views.os(access.subjects.buckets.blob, {
    storage: StorageType.File,
  });
  for (const { name, deleted } of await store.list()) {
    const bytes = deleted ? null : await store.getBlob(name);
    if (bytes === null) continue; // collected meanwhile: nothing refers to it
    yield { kind: "object", name, bytes: bytes.byteLength };
    for (let from = 0; from < bytes.byteLength; from += CHUNK_BYTES) {
      const data = Buffer.from(bytes.subarray(from, from + CHUNK_BYTES)).toString("base64");
      yield { kind: "chunk", name, data };
    }
  }
}

/**
 * Checks a whole backup. Answers what is in it.
 * @throws SwarmError `invalid-input` for another file, `record-corrupt` with the line for one that was changed or cut
 */
export async function checkBackup(
  lines: AsyncIterable<string>,
  file: string,
): Promise<BackupCounts> {
  const hash = createHash("sha256");
  let number = 0;
  let end: Extract<Entry, { kind: "end" }> | undefined;
  for await (const line of lines) {
    number += 1;
    if (end !== undefined) throw corrupt(file, number, "something stands behind its end");
    const read = entry.safeParse(jsonIn(line));
    if (number === 1 && read.data?.kind !== "backup") {
      throw new SwarmError("invalid-input", `${file} is not a backup that this version reads`, {
        location: { file, line: 1 },
        hint: "npm run cascade -- export <file> writes one",
      });
    }
    if (!read.success) throw corrupt(file, number, "a line cannot be read");
    if (read.data.kind === "end") end = read.data;
    else hash.update(`${line}\n`);
  }
  if (end === undefined) throw corrupt(file, number, "its end is missing");
  if (end.lines !== number - 1 || end.sha256 !== hash.digest("hex")) {
    throw corrupt(file, number, "its checksum does not fit");
  }
  return end.counts;
}

/**
 * Brings a checked backup into a store that has nothing; coordinators that start afterwards carry its unfinished runs on.
 * When it fails half-way the store is neither: it is to be emptied before the next try.
 * @throws SwarmError `store-not-empty`
 */
export async function readBackup(access: LogAccess, lines: AsyncIterable<string>): Promise<void> {
  await refuseUnlessEmpty(access);
  await ensureStreams(access.connection, access.subjects);
  const blobs = await openBlobs(access.jetstream, access.subjects);
  const openRuns = await openOpenRuns(access);
  let object: { bytes: number; chunks: Buffer[] } | undefined;
  for await (const line of lines) {
    const each = entry.parse(jsonIn(line));
    switch (each.kind) {
      case "events": {
        const run = parseRunId(each.run);
        await writeHistory(access, shardOf(run), { ...each, run });
        break;
      }
      case "open": {
        const run = parseRunId(each.run);
        await openRuns.put(shardOf(run), run, { outstanding: 0 });
        break;
      }
      case "stream":
        await addStream(access, each.config);
        break;
      case "message":
        await publish(access, each);
        break;
      case "object":
        object = { bytes: each.bytes, chunks: [] };
        if (each.bytes === 0) await blobs.put(new Uint8Array());
        break;
      case "chunk": {
        if (object === undefined) throw new Error("a chunk before its object");
        object.chunks.push(Buffer.from(each.data, "base64"));
        const bytes = Buffer.concat(object.chunks);
        if (bytes.byteLength < object.bytes) break;
        const { name } = await blobs.put(bytes);
        if (name !== each.name)
          throw corrupt("the backup", 0, `object ${each.name} has other bytes`);
        break;
      }
      case "backup":
      case "end":
        break;
      default:
        each satisfies never;
    }
  }
}

async function refuseUnlessEmpty({ manager, subjects }: LogAccess): Promise<void> {
  const { streams, prefix, buckets } = subjects;
  const names: ReadonlySet<string> = new Set([...Object.values(streams), `OBJ_${buckets.blob}`]);
  for await (const { config, state } of manager.streams.list()) {
    const isOurs = names.has(config.name) || config.name.startsWith(`KV_${prefix}_`);
    if (!isOurs || state.messages === 0) continue;
    throw new SwarmError(
      "store-not-empty",
      `the stream ${config.name} has ${state.messages} messages`,
      { hint: "bring the backup into a server that no coordinator has used yet" },
    );
  }
}

/** A bucket as it was; copies of it only where the server is one of several. */
async function addStream(
  { manager, connection }: LogAccess,
  config: { readonly name: string },
): Promise<void> {
  const given = config as Partial<StreamConfig> & { readonly name: string };
  const isCluster = connection.info?.cluster !== undefined;
  await manager.streams.add(isCluster ? given : { ...given, num_replicas: 1 });
}

async function publish(
  { jetstream }: LogAccess,
  { subject, data, headers: given }: Extract<Entry, { kind: "message" }>,
): Promise<void> {
  const head = headers();
  for (const [key, values] of Object.entries(given ?? {})) {
    for (const value of values) head.append(key, value);
  }
  const options = given === undefined ? {} : { headers: head };
  await jetstream.publish(subject, Buffer.from(data, "base64"), options);
}

function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // the schema says what is wrong
  }
}

function corrupt(file: string, line: number, what: string): SwarmError {
  return new SwarmError("record-corrupt", `${file}: ${what}`, { location: { file, line } });
}
