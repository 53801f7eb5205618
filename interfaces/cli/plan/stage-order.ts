/**
 * For each stage, those it needs without the ones that it waits for anyway through others. Stages come after
 * those they need.
 */
export function directNeeds(
  stages: readonly { readonly id: string; readonly needs: readonly string[] }[],
): readonly (readonly string[])[] {
  const positions = new Map(stages.map(({ id }, position) => [id, position]));
  // One bit for each stage that is before another one.
  const before: bigint[] = [];
  return stages.map(({ needs }) => {
    const needed = needs.map((id) => positions.get(id) ?? 0);
    const through = needed.reduce((bits, position) => bits | (before[position] ?? 0n), 0n);
    before.push(needed.reduce((bits, position) => bits | (1n << BigInt(position)), through));
    return needs.filter((_, at) => ((through >> BigInt(needed[at] ?? 0)) & 1n) === 0n);
  });
}
