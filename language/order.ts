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
