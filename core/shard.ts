import type { RunId } from "./ids.ts";

/** Fixed at installation: a run's shard is part of where its history is kept. */
export const SHARD_COUNT = 16;

/** The shard that a run belongs to, by FNV-1a over its id. */
export function shardOf(runId: RunId): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < runId.length; index++) {
    hash = Math.imul(hash ^ runId.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % SHARD_COUNT;
}
