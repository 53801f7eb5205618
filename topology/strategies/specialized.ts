import type { MemberLoad, Strategy } from "../../core/strategy.ts";

/**
 * Whoever can do the task and little else: of the members that have the skill and room, the one with the fewest skills. Those with
 * many stay free for what only they can do.
 */
export const specialized: Strategy = {
  name: "specialized",
  reissues: false,
  recruit: (candidates) => candidates.toSorted(compare),
  choose: ({ loads }) => {
    const capable = loads.filter((load) => load.isCapable);
    const [best] = capable.filter((load) => load.freeSlots > 0).sort(compare);
    if (best !== undefined) return { agent: best.agentId };
    return { waitFor: capable.length > 0 ? "room" : "capability" };
  },
};

function compare(a: MemberLoad, b: MemberLoad): number {
  return a.skills - b.skills || a.assigned / a.slots - b.assigned / b.slots || b.slots - a.slots;
}
