/**
 * Puts stages into an order in which each comes after those it needs, as written where that allows.
 * @param needs for each stage, the positions of those it needs
 * @returns the order, or the stages of one cycle, its first repeated at the end
 */
export function orderStages(needs: readonly (readonly number[])[]): {
  readonly order: readonly number[];
  readonly cycle?: readonly number[];
} {
  const order: number[] = [];
  const state = new Map<number, "open" | "placed">();
  for (const start of needs.keys()) {
    if (state.has(start)) continue;
    // Depth first with a stack of our own: ten thousand stages in a row would exhaust the call stack.
    const path: { readonly stage: number; next: number }[] = [{ stage: start, next: 0 }];
    state.set(start, "open");
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const needed = needs[top.stage]?.[top.next];
      top.next += 1;
      if (needed === undefined) {
        state.set(top.stage, "placed");
        order.push(top.stage);
        path.pop();
      } else if (state.get(needed) === "open") {
        const stages = path.map((entry) => entry.stage);
        return { order: [], cycle: [...stages.slice(stages.indexOf(needed)), needed] };
      } else if (!state.has(needed)) {
        state.set(needed, "open");
        path.push({ stage: needed, next: 0 });
      }
    }
  }
  return { order };
}

/**
 * For stages in such an order, tells whether one has succeeded whenever another starts.
 * Ten thousand stages in a row take 12 MB and some milliseconds.
 */
export function transitiveNeeds(
  needs: readonly (readonly number[])[],
): (stage: number, needed: number) => boolean {
  const words = Math.ceil(needs.length / 32);
  const bits = new Uint32Array(words * needs.length);
  for (const [stage, direct] of needs.entries()) {
    const row = stage * words;
    for (const needed of direct) {
      // A stage comes after those it needs, so their rows are complete.
      for (let word = 0; word <= needed >>> 5; word++) {
        bits[row + word] = (bits[row + word] ?? 0) | (bits[needed * words + word] ?? 0);
      }
      bits[row + (needed >>> 5)] = (bits[row + (needed >>> 5)] ?? 0) | (1 << (needed & 31));
    }
  }
  return (stage, needed) =>
    needed >= 0 && ((bits[stage * words + (needed >>> 5)] ?? 0) & (1 << (needed & 31))) !== 0;
}
