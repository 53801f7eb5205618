import type { KV } from "nats";
import { z } from "zod";
import { failureOf } from "../bus/failures.ts";
import type { LogAccess } from "./shard-log.ts";

/** The right of one coordinator to own a shard. `owner` null: given back, anyone may take it at once. */
export interface Lease {
  readonly owner: string | null;
  readonly epoch: number;
  /** KV revision, 0 when nobody ever held it. */
  readonly revision: number;
}

/** KV `cascade_lease`, one key for each shard. Only a successful write proves anything; reading never does. */
export interface Leases {
  read(shard: number): Promise<Lease>;
  /** Replaces exactly the lease that was read; undefined when somebody else was faster. */
  write(shard: number, seen: Lease, next: Omit<Lease, "revision">): Promise<Lease | undefined>;
}

const leaseSchema = z.object({ owner: z.string().nullable(), epoch: z.int().min(0) });

const REQUEST_TIMEOUT_MS = 1_000;

export async function openLeases(
  access: Pick<LogAccess, "connection" | "subjects">,
): Promise<Leases> {
  // Shorter than a lease: an answer that was lost must not cost it.
  const jetstream = access.connection.jetstream({ timeout: REQUEST_TIMEOUT_MS });
  const kv: KV = await jetstream.views.kv(access.subjects.buckets.lease, { history: 1 });
  return {
    async read(shard) {
      const entry = await kv.get(key(shard));
      if (entry === null) return { owner: null, epoch: 0, revision: 0 };
      const stored = leaseSchema.safeParse(safeJson(entry.string()));
      // Not ours to interpret: nobody's lease, but its revision must be replaced and the log holds the epoch.
      if (!stored.success) return { owner: null, epoch: 0, revision: entry.revision };
      return { ...stored.data, revision: entry.revision };
    },
    async write(shard, seen, next) {
      const body = JSON.stringify({ owner: next.owner, epoch: next.epoch });
      try {
        const revision = await kv.put(key(shard), body, { previousSeq: seen.revision });
        return { ...next, revision };
      } catch (error) {
        if (failureOf(error) === "wrong-sequence") return undefined;
        throw error;
      }
    },
  };
}

function key(shard: number): string {
  return `shard.${shard}`;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
