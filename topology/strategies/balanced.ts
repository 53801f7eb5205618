import type { MemberLoad, Strategy } from "../../core/strategy.ts";

/** The member with the least outstanding work for each of its slots. */
export const balanced: Strategy = {
  name: "balanced",
  reissues: false,
  recruit: (candidates) => candidates.toSorted((a, b) => b.freeSlots - a.freeSlots),
  choose: ({ loads }) => {
    const best = leastLoaded(loads);
    if (best !== undefined) return { agent: best.agentId };
    return { waitFor: loads.some((load) => load.isCapable) ? "room" : "capability" };
  },
};

/** Of those that can take a task now; undefined when none can. Of equals, the one with most slots. */
export function leastLoaded(loads: readonly MemberLoad[]): MemberLoad | undefined {
  let best: MemberLoad | undefined;
  for (const load of loads) {
    if (!load.isCapable || load.freeSlots <= 0) continue;
    if (best === undefined || compare(load, best) < 0) best = load;
  }
  return best;
}

function compare(a: MemberLoad, b: MemberLoad): number {
  return a.assigned / a.slots - b.assigned / b.slots || b.slots - a.slots;
}
