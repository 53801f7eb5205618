/** Maps 0 and up to pixels, logarithmically, so that a file changed 200 times leaves room for those changed twice. */
export function logarithmicScale(
  largest: number,
  range: readonly [number, number],
): (value: number) => number {
  const whole = Math.log1p(Math.max(1, largest));
  return (value) => range[0] + (Math.log1p(value) / whole) * (range[1] - range[0]);
}

/** Round numbers up to the largest: 1, 2, 5, 10, 20 and so on. */
export function logarithmicTicks(largest: number): number[] {
  const ticks = [0];
  for (let power = 1; power <= largest; power *= 10) {
    ticks.push(...[power, 2 * power, 5 * power].filter((tick) => tick <= largest));
  }
  return ticks;
}

/** A round step that makes at most so many parts of a length. */
export function roundStep(length: number, parts: number): number {
  const least = length / parts;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? 10 * power;
}
