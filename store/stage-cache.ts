import { createHash } from "node:crypto";
import type { KV } from "nats";
import { z } from "zod";
import type { CacheAddress } from "../core/cache.ts";
import { parseRunId, type RunId } from "../core/ids.ts";
import type { Json } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { Value } from "../core/value.ts";
import type { LogAccess } from "./shard-log.ts";

/** What the tasks of a stage have made in a run. */
export interface CachedResult {
  readonly run: RunId;
  /** Wall time. */
  readonly atMs: number;
  readonly outputs: readonly Value[];
}

/** Where the newest result of one stage of one cascade is, for telling what has changed since. */
export interface LastResult {
  readonly run: RunId;
  readonly address: CacheAddress;
}

/** KV `cascade_cache`: results of stages by what they follow from. It may forget anything at any time. */
export interface StageCacheStore {
  result(key: string): Promise<CachedResult | undefined>;
  last(cascade: string, stage: string): Promise<LastResult | undefined>;
  /** @throws what NATS says, also when the bucket is full */
  put(
    of: { readonly cascade: string; readonly stage: string; readonly address: CacheAddress },
    result: CachedResult,
  ): Promise<void>;
}

const json = z.custom<Json>((data) => data !== undefined);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const runId = z.string().transform((text, context) => {
  try {
    return parseRunId(text);
  } catch {
    context.addIssue({ code: "custom", message: "is not the id of a run" });
    return z.NEVER;
  }
});
const value = z.union([
  z.strictObject({ value: json }),
  z.strictObject({ blob: z.strictObject({ name: sha256, bytes: z.int().min(0) }) }),
]);
const cachedResult = z.object({
  v: z.literal(1),
  run: runId,
  atMs: z.number(),
  outputs: z.array(value),
});
const lastResult = z.object({
  v: z.literal(1),
  run: runId,
  address: z.object({
    key: sha256,
    work: sha256,
    skills: z.record(z.string(), sha256),
    inputs: sha256,
    files: sha256,
    paths: z.array(z.string()),
  }),
});

export async function openStageCache(
  access: Pick<LogAccess, "jetstream" | "subjects">,
): Promise<StageCacheStore> {
  const kv: KV = await access.jetstream.views.kv(access.subjects.buckets.cache, {
    history: 1,
    ttl: LIMITS.cacheTtlMs,
    max_bytes: LIMITS.cacheBytes,
  });
  const read = async <Shape extends z.ZodType>(
    key: string,
    shape: Shape,
  ): Promise<z.infer<Shape> | undefined> => {
    const entry = await kv.get(key);
    if (entry === null || entry.operation !== "PUT") return undefined;
    return shape.safeParse(safeJson(entry.string())).data;
  };
  return {
    result: (key) => read(resultKey(key), cachedResult),
    last: (cascade, stage) => read(lastKey(cascade, stage), lastResult),
    async put({ cascade, stage, address }, result) {
      await kv.put(resultKey(address.key), JSON.stringify({ v: 1, ...result }));
      const last = { v: 1, run: result.run, address };
      await kv.put(lastKey(cascade, stage), JSON.stringify(last));
    },
  };
}

function resultKey(key: string): string {
  return `result.${sha256.parse(key)}`;
}

function lastKey(cascade: string, stage: string): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([cascade, stage]))
    .digest("hex");
  return `last.${digest}`;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // what cannot be read is made anew
  }
}
