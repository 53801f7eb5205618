import { SHARD_COUNT } from "../core/shard.ts";

export interface FairShare {
  /** How many more shards this coordinator may take. */
  readonly mayTake: number;
  /** How many of its shards it should hand over. */
  readonly giveUp: number;
}

/**
 * What one of several coordinators does so that each ends up with the same number of shards, or one more than another. Pure.
 * @param own how many it owns
 * @param others how many each of the others that are there said it owns
 */
export function fairShare(own: number, others: readonly number[]): FairShare {
  const members = others.length + 1;
  const most = Math.ceil(SHARD_COUNT / members);
  const least = Math.floor(SHARD_COUNT / members);
  const fewest = Math.min(most, ...others);
  const isOneTooMany = own > least && fewest < least;
  return {
    mayTake: Math.max(0, most - own),
    giveUp: fewest < most ? Math.max(own - most, isOneTooMany ? 1 : 0) : 0,
  };
}
