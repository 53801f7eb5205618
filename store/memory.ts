import { AckPolicy, DeliverPolicy, type JsMsg, type KV, type KvEntry } from "nats";
import { z } from "zod";
import { failureOf } from "../bus/failures.ts";
import { SwarmError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import { type MemoryAuthor, type MemorySpace, reservedKeyIn } from "../core/memory.ts";
import type { Value } from "../core/value.ts";
import type { Blobs } from "./blobs.ts";
import { bucketKey, bucketPrefix, readBucketKey } from "./memory-key.ts";
import type { LogAccess } from "./shard-log.ts";

/** What is kept under a key, or was. */
export type MemoryEntry = {
  readonly space: MemorySpace;
  readonly key: string;
  /** Grows with every write to the memory; a write may expect it. */
  readonly revision: number;
  readonly atMs: number;
  readonly by: MemoryAuthor;
  readonly expiresAtMs?: number;
} & (
  | { readonly status: "kept"; readonly value: Value }
  | { readonly status: "deleted" }
  /** Not what this program writes: it is never used as a value. */
  | { readonly status: "damaged" }
);
export type KeptEntry = Extract<MemoryEntry, { readonly status: "kept" }>;

export interface MemoryWrite {
  readonly space: MemorySpace;
  readonly key: string;
  /** Undefined: from now on nothing is kept there. What was is still in the history. */
  readonly value: Value | undefined;
  readonly by: MemoryAuthor;
  readonly ttlMs?: number;
  /**
   * `<writer>.<n>`: names the write, so that it may be asked for again when its answer was lost. A writer has one write
   * of a key at a time; the last ones of 64 writers are remembered.
   */
  readonly id?: string;
  /** The write is carried out only while the key has this revision; 0 when it never had any. */
  readonly expected?: number;
}

/** What came of a write. `conflict`: the key has another revision than was expected, and this is kept there. */
export type MemoryWriteEnd =
  | { readonly status: "written"; readonly revision: number }
  | {
      readonly status: "conflict";
      readonly revision: number;
      readonly entry: KeptEntry | undefined;
    };

/** KV `cascade_memory`: the last ten values of every key. Values are small or name an object; readers check what they get. */
export interface Memory {
  /**
   * What is kept under a key, and the revision that a write may expect, which is there without a value, too.
   * @throws SwarmError `record-corrupt`
   */
  read(
    space: MemorySpace,
    key: string,
  ): Promise<{ readonly revision: number; readonly entry: KeptEntry | undefined }>;
  /** The revision is a later one when the write of this id was carried out before. */
  write(write: MemoryWrite): Promise<MemoryWriteEnd>;
  /** The last values of a key, the oldest first, deletions among them. */
  history(space: MemorySpace, key: string): Promise<readonly MemoryEntry[]>;
  /** What is kept under keys with a prefix, by space and key. @param space undefined: in all spaces */
  list(space: MemorySpace | undefined, prefix?: string): Promise<readonly MemoryEntry[]>;
  /** Entries that have the text in their key or their value, however it is spelt in capitals. */
  search(
    space: MemorySpace | undefined,
    wanted: { readonly prefix?: string; readonly text: string },
  ): Promise<readonly MemoryEntry[]>;
  /** What keeps a JSON text: the value itself or, over the inline limit, an object. */
  kept(text: string): Promise<Value>;
  /** The content of a value. @throws SwarmError `record-corrupt` */
  content(value: Value): Promise<Json>;
  /** Every change from now on, until `signal` aborts. */
  watch(
    space: MemorySpace | undefined,
    prefix: string,
    signal: AbortSignal,
  ): AsyncIterable<MemoryEntry>;
  /** Forgets what has expired and what was deleted long ago, with its history. Answers how many keys. */
  sweep(): Promise<number>;
}

const HISTORY = 10;
const DAY_MS = 86_400_000;
/** As long as the history of a run is kept. */
const RUN_RETENTION_MS = 30 * DAY_MS;
/** So long the history still tells that and by whom a key was deleted. */
const DELETED_RETENTION_MS = 7 * DAY_MS;
const BATCH = 256;
const FETCH_EXPIRES_MS = 5_000;
const IDLE_NANOS = 30_000_000_000;
const WATCH_HEARTBEAT_MS = 1_000;

export async function openMemory(
  access: Pick<LogAccess, "jetstream" | "manager" | "subjects" | "clock">,
  blobs: Blobs,
): Promise<Memory> {
  const bucket = access.subjects.buckets.memory;
  const kv = await access.jetstream.views.kv(bucket, { history: HISTORY });
  return new KvMemory(access, kv, blobs);
}

/**
 * An envelope around every value. A deletion is one too, not a marker of the server's: it says who and when, and has
 * an id and an expected revision like any other write.
 */
const envelope = z.intersection(
  z.object({
    v: z.literal(1),
    by: z.object({
      run: z.string().exactOptional(),
      stage: z.string().exactOptional(),
      agent: z.string().exactOptional(),
      person: z.string().exactOptional(),
    }),
    atMs: z.number(),
    expiresAtMs: z.number().exactOptional(),
    /** The last writes of those who may ask again: `<writer>.<n>`. */
    seen: z.array(z.string()),
  }),
  z.union([
    z.object({ value: z.custom<Json>((data) => data !== undefined) }),
    z.object({
      blob: z.object({ name: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().min(0) }),
    }),
    z.object({ deleted: z.literal(true) }),
  ]),
);
type Envelope = z.infer<typeof envelope>;

class KvMemory implements Memory {
  readonly #access: Pick<LogAccess, "jetstream" | "manager" | "subjects" | "clock">;
  readonly #kv: KV;
  readonly #blobs: Blobs;

  constructor(
    access: Pick<LogAccess, "jetstream" | "manager" | "subjects" | "clock">,
    kv: KV,
    blobs: Blobs,
  ) {
    this.#access = access;
    this.#kv = kv;
    this.#blobs = blobs;
  }

  async read(space: MemorySpace, key: string) {
    const stored = await this.#kv.get(bucketKey(space, key));
    if (stored === null) return { revision: 0, entry: undefined };
    const entry = entryOf(stored);
    if (entry?.status === "damaged") {
      throw new SwarmError("record-corrupt", `what the memory has under ${key} cannot be read`, {
        hint: "look at `memory history`, then put a new value or remove it",
      });
    }
    return { revision: stored.revision, entry: this.#keptIn(stored) };
  }

  #keptIn(stored: KvEntry | null): KeptEntry | undefined {
    const entry = entryOf(stored);
    return entry?.status === "kept" && !this.#isOver(entry) ? entry : undefined;
  }

  async write({ space, key, value, by, ttlMs, id, expected }: MemoryWrite) {
    const name = bucketKey(space, key);
    const keptMs = ttlMs ?? (space.kind === "run" ? RUN_RETENTION_MS : undefined);
    for (;;) {
      const stored = await this.#kv.get(name);
      const revision = stored?.revision ?? 0;
      const seen = (stored === null ? undefined : readEnvelope(stored))?.seen ?? [];
      if (id !== undefined && seen.includes(id)) return { status: "written", revision } as const;
      if (expected !== undefined && expected !== revision) {
        return { status: "conflict", revision, entry: this.#keptIn(stored) } as const;
      }
      const nowMs = this.#access.clock.wallMs();
      const record: Envelope = {
        v: 1,
        by,
        atMs: nowMs,
        ...(keptMs === undefined || value === undefined ? {} : { expiresAtMs: nowMs + keptMs }),
        seen: withWrite(seen, id),
        ...(value ?? { deleted: true }),
      };
      const written = await this.#replace(name, record, revision);
      if (written !== undefined) return { status: "written", revision: written } as const;
    }
  }

  /** The new revision; undefined when the key does not have this one any more. */
  async #replace(name: string, record: Envelope, revision: number): Promise<number | undefined> {
    try {
      return await this.#kv.put(name, JSON.stringify(record), { previousSeq: revision });
    } catch (error) {
      if (failureOf(error) === "wrong-sequence") return undefined;
      throw error;
    }
  }

  async history(space: MemorySpace, key: string) {
    return (await this.#historyOf(space, key)).flatMap((stored) => entryOf(stored) ?? []);
  }

  async list(space: MemorySpace | undefined, prefix = "") {
    return [...(await this.#latest(space))]
      .flatMap((stored) => entryOf(stored) ?? [])
      .filter((entry) => entry.key.startsWith(prefix))
      .filter((entry) => entry.status !== "deleted" && !this.#isOver(entry))
      .sort(byPlace);
  }

  async search(
    space: MemorySpace | undefined,
    { prefix, text }: { readonly prefix?: string; readonly text: string },
  ) {
    const wanted = text.toLowerCase();
    const found: MemoryEntry[] = [];
    for (const entry of await this.list(space, prefix)) {
      const isInKey = entry.key.toLowerCase().includes(wanted);
      if (isInKey || (entry.status === "kept" && (await this.#holds(entry, wanted)))) {
        found.push(entry);
      }
    }
    return found;
  }

  async kept(text: string): Promise<Value> {
    if (Buffer.byteLength(text) <= LIMITS.inlineValueBytes) {
      return { value: JSON.parse(text) as Json };
    }
    return { blob: await this.#blobs.put(Buffer.from(text)) };
  }

  async content(value: Value): Promise<Json> {
    if ("value" in value) return value.value;
    const bytes = await this.#blobs.get(value.blob);
    const content = parsed(Buffer.from(bytes).toString("utf8"));
    if (content === undefined || reservedKeyIn(content) !== undefined) {
      throw new SwarmError("record-corrupt", "an object of the memory is not plain JSON");
    }
    return content;
  }

  async *watch(
    space: MemorySpace | undefined,
    prefix: string,
    signal: AbortSignal,
  ): AsyncGenerator<MemoryEntry> {
    const { jetstream, manager } = this.#access;
    const stream = this.#stream;
    // Pulled, not `kv.watch`: that one notices a server's restart only after three heartbeats of five seconds.
    const info = await manager.consumers.add(stream, {
      filter_subject: this.#subject(filterOf(space)),
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.New,
      inactive_threshold: 10 * IDLE_NANOS,
    });
    const consumer = await jetstream.consumers.get(stream, info.name);
    const messages = await consumer.consume({ idle_heartbeat: WATCH_HEARTBEAT_MS });
    const stop = (): void => void messages.stop();
    signal.addEventListener("abort", stop, { once: true });
    try {
      if (signal.aborted) return;
      for await (const message of messages) {
        const entry = entryOf(this.#stored(message));
        if (entry?.key.startsWith(prefix) === true) yield entry;
      }
    } finally {
      signal.removeEventListener("abort", stop);
      await messages.close();
      await manager.consumers.delete(stream, info.name).catch(() => {}); // it ends by itself when idle
    }
  }

  /** By sequence, so that what was written since is never touched. */
  async sweep(): Promise<number> {
    const nowMs = this.#access.clock.wallMs();
    const over = [...(await this.#latest(undefined))].filter((stored) => {
      const entry = entryOf(stored);
      if (entry === undefined) return false;
      const isOld = entry.status === "deleted" && entry.atMs + DELETED_RETENTION_MS <= nowMs;
      return isOld || this.#isOver(entry);
    });
    for (const { key, revision } of over) {
      const filter = this.#subject(key);
      await this.#access.manager.streams.purge(this.#stream, { filter, seq: revision + 1 });
    }
    return over.length;
  }

  #historyOf(space: MemorySpace, key: string): Promise<readonly Stored[]> {
    return this.#messages(bucketKey(space, key), DeliverPolicy.All);
  }

  async #latest(space: MemorySpace | undefined): Promise<Iterable<Stored>> {
    const messages = await this.#messages(filterOf(space), DeliverPolicy.LastPerSubject);
    // A key that is written meanwhile comes twice.
    return new Map(messages.map((stored) => [stored.key, stored])).values();
  }

  /**
   * What the bucket has under a name or a filter. Not by `kv.keys` and `kv.history`: their iterators lose what comes in
   * while a reader is busy with the entry before.
   */
  async #messages(filter: string, policy: DeliverPolicy): Promise<readonly Stored[]> {
    const { jetstream, manager } = this.#access;
    const info = await manager.consumers.add(this.#stream, {
      filter_subject: this.#subject(filter),
      ack_policy: AckPolicy.None,
      deliver_policy: policy,
      inactive_threshold: IDLE_NANOS,
      mem_storage: true,
    });
    const found: Stored[] = [];
    try {
      const consumer = await jetstream.consumers.get(this.#stream, info.name);
      for (let pending = info.num_pending; pending > 0; ) {
        const before = found.length;
        const options = { max_messages: Math.min(BATCH, pending), expires: FETCH_EXPIRES_MS };
        for await (const message of await consumer.fetch(options)) {
          found.push(this.#stored(message));
          pending = message.info.pending;
        }
        if (found.length > before) continue;
        // What was waited for may have left the history meanwhile.
        pending = (await consumer.info()).num_pending;
        if (pending > 0) throw stalled(filter);
      }
    } finally {
      await manager.consumers.delete(this.#stream, info.name).catch(() => {}); // it ends by itself when idle
    }
    return found;
  }

  #stored(message: JsMsg): Stored {
    const marker = message.headers?.get("KV-Operation") ?? "";
    return {
      key: message.subject.slice(this.#subject("").length),
      revision: message.seq,
      created: new Date(message.info.timestampNanos / 1_000_000),
      operation: marker === "" ? "PUT" : "DEL",
      string: () => message.string(),
    };
  }

  get #stream(): string {
    return `KV_${this.#access.subjects.buckets.memory}`;
  }

  #subject(name: string): string {
    return `$KV.${this.#access.subjects.buckets.memory}.${name}`;
  }

  async #holds({ value }: KeptEntry, wanted: string): Promise<boolean> {
    const content = await this.content(value);
    return JSON.stringify(content).toLowerCase().includes(wanted);
  }

  #isOver({ expiresAtMs }: MemoryEntry): boolean {
    return expiresAtMs !== undefined && expiresAtMs <= this.#access.clock.wallMs();
  }
}

type Stored = Pick<KvEntry, "key" | "revision" | "created" | "operation" | "string">;

const WRITERS_REMEMBERED = 64;

function withWrite(seen: readonly string[], id: string | undefined): string[] {
  if (id === undefined) return [...seen];
  const writer = id.slice(0, id.lastIndexOf(".") + 1);
  const others = seen.filter((each) => !each.startsWith(writer));
  return [...others, id].slice(-WRITERS_REMEMBERED);
}

function filterOf(space: MemorySpace | undefined): string {
  return space === undefined ? ">" : `${bucketPrefix(space)}>`;
}

function byPlace(one: MemoryEntry, other: MemoryEntry): number {
  const [a, b] = [bucketKey(one.space, one.key), bucketKey(other.space, other.key)];
  return a < b ? -1 : 1;
}

function stalled(what: string): SwarmError {
  return new SwarmError("broker-unavailable", `reading ${what} of the memory stopped half-way`, {
    disposition: "retry",
  });
}

/** Undefined when nothing of ours has such a name, or the server's own marker stands there. */
function entryOf(stored: Stored | null): MemoryEntry | undefined {
  if (stored === null || stored.operation !== "PUT") return undefined;
  const place = readBucketKey(stored.key);
  if (place === undefined) return undefined;
  const { revision, created } = stored;
  const record = readEnvelope(stored);
  if (record === undefined) {
    return { ...place, revision, atMs: created.getTime(), by: {}, status: "damaged" };
  }
  const { by, atMs, expiresAtMs } = record;
  const expiry = expiresAtMs === undefined ? {} : { expiresAtMs };
  const base = { ...place, revision, atMs, by, ...expiry };
  if ("deleted" in record) return { ...base, status: "deleted" };
  const value: Value = "blob" in record ? { blob: record.blob } : { value: record.value };
  return { ...base, status: "kept", value };
}

/** Checked when it is read: whoever may write to the server may have written it. */
function readEnvelope(stored: Pick<Stored, "string">): Envelope | undefined {
  const data = parsed(stored.string());
  if (data === undefined) return undefined;
  const { success, data: record } = envelope.safeParse(data);
  if (!success) return undefined;
  return "value" in record && reservedKeyIn(record.value) !== undefined ? undefined : record;
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
