/** Numbers that the seed alone decides: mulberry32, which is good enough to draw samples. */
export interface Draw {
  /** A whole number from 0, below `limit`. */
  below(limit: number): number;
  /** One of the values; there must be one. */
  oneOf<Value>(values: readonly Value[]): Value;
}

export function openDraw(seed: number): Draw {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    oneOf(values) {
      const value = values[below(values.length)];
      if (value === undefined) throw new Error("nothing to draw from");
      return value;
    },
  };
}
