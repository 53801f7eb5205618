/** Fixed at installation: a run's shard is part of where its history is kept. */
export const SHARD_COUNT = 16;

/** The shard that a run, or an object, belongs to, by FNV-1a over its id or name. */
export function shardOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index++) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % SHARD_COUNT;
}
