import type { KV, KvEntry } from "nats";
import { z } from "zod";
import { parseRunId, type RunId } from "../core/ids.ts";
import type { LogAccess } from "./shard-log.ts";

/** What a new owner must know of an unfinished run whose events LOG may have forgotten. */
export interface OpenRun {
  /** Wall time of the run's next timer, when it waits for one. */
  readonly nextDeadlineMs?: number;
  /** Tasks that are offered and not ended. */
  readonly outstanding: number;
}

/** Everything that LOG has before `sequence` is in HISTORY, and every run unfinished then in the index. */
export interface Checkpoint {
  readonly sequence: number;
  /** Id of the running server that took it: after its restart, what it had not synced may be gone. */
  readonly server: string;
}

/** KV `cascade_open`: the unfinished runs, by `<shard>.<run>`. */
export interface OpenRuns {
  put(shard: number, run: RunId, state: OpenRun): Promise<void>;
  remove(shard: number, run: RunId): Promise<void>;
  /** The last checkpoint of a shard; undefined when there was none. */
  checkpoint(shard: number): Promise<Checkpoint | undefined>;
  putCheckpoint(shard: number, checkpoint: Checkpoint): Promise<void>;
  list(shard: number): Promise<readonly RunId[]>;
}

export async function openOpenRuns(
  access: Pick<LogAccess, "jetstream" | "subjects">,
): Promise<OpenRuns> {
  const kv: KV = await access.jetstream.views.kv(access.subjects.buckets.open, { history: 1 });
  return {
    async put(shard, run, state) {
      await kv.put(`${shard}.${run}`, JSON.stringify(state));
    },
    async remove(shard, run) {
      await kv.purge(`${shard}.${run}`);
    },
    async list(shard) {
      const runs: RunId[] = [];
      for await (const key of await kv.keys(`${shard}.>`)) runs.push(parseRunId(key.split(".")[1]));
      return runs;
    },
    async checkpoint(shard) {
      const entry = await kv.get(`checkpoint.${shard}`);
      return entry === null ? undefined : checkpointSchema.safeParse(safeJson(entry)).data;
    },
    async putCheckpoint(shard, checkpoint) {
      await kv.put(`checkpoint.${shard}`, JSON.stringify(checkpoint));
    },
  };
}

const checkpointSchema = z.object({ sequence: z.int().min(0), server: z.string() });

/** Undefined for what is no JSON: the reader then goes by the log alone. */
function safeJson(entry: KvEntry): unknown {
  try {
    return entry.json();
  } catch {
    return undefined;
  }
}
