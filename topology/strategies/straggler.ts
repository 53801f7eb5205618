import { quantile } from "d3-array";

/** Of the latest durations of a kind of task: one that takes longer than this share of them is a straggler. */
const SHARE = 0.9;
/** By how much it must be longer: durations always vary somewhat. */
const FACTOR = 1.5;
const FEWEST = 5;

/** After how long a task is a straggler, from the latest durations of its kind; undefined while they are too few to say. */
export function straggleMs(durationsMs: readonly number[]): number | undefined {
  if (durationsMs.length < FEWEST) return undefined;
  return (quantile(durationsMs, SHARE) ?? Number.POSITIVE_INFINITY) * FACTOR;
}
