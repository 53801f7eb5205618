import type { KV } from "nats";
import { parseRunId, type RunId } from "../core/ids.ts";
import type { LogAccess } from "./shard-log.ts";

/** What a new owner must know of an unfinished run whose events LOG may have forgotten. */
export interface OpenRun {
  /** Wall time of the run's next timer, when it waits for one. */
  readonly nextDeadlineMs?: number;
  /** Tasks that are offered and not ended. */
  readonly outstanding: number;
}

/** KV `cascade_open`: the unfinished runs, by `<shard>.<run>`. */
export interface OpenRuns {
  put(shard: number, run: RunId, state: OpenRun): Promise<void>;
  remove(shard: number, run: RunId): Promise<void>;
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
  };
}
