import type { AgentId } from "../core/ids.ts";
import type { HandOn, Topology } from "../core/topology.ts";

/**
 * Each member may talk to the one before and the one after it; the last and the first are neighbours. A task goes to any member.
 * One that is full hands it to the neighbour behind which room is nearest, and so on in that direction, once round at most.
 * Without a member its neighbours close the ring.
 */
export const ring: Topology = {
  name: "ring",
  neighbours: (member, members) => {
    const position = members.indexOf(member);
    if (position < 0) return [];
    const sides = new Set([at(members, position - 1), at(members, position + 1)]);
    sides.delete(member);
    return [...sides];
  },
  entrances: (members) => members,
  workersOf: () => [],
  parentOf: () => undefined,
  handOn: (member, query) => {
    const position = query.members.indexOf(member);
    const before = query.path.at(-1);
    if (position < 0) return [];
    const ways =
      before === undefined
        ? [walk(position, 1, query), walk(position, -1, query)]
        : [walk(position, before === at(query.members, position + 1) ? -1 : 1, query)];
    return ways
      .filter(({ distance }) => distance < Number.POSITIVE_INFINITY)
      .sort((a, b) => a.distance - b.distance)
      .slice(0, 1)
      .map(({ next }) => next);
  },
};

/** How far it is in one direction to a member with room; those that the task has been to end the way. */
function walk(
  start: number,
  step: 1 | -1,
  { members, path, roomOf }: HandOn,
): { readonly next: AgentId; readonly distance: number } {
  const been = new Set(path);
  const next = at(members, start + step);
  for (let distance = 1; distance < members.length; distance++) {
    const member = at(members, start + step * distance);
    if (been.has(member)) break;
    if (roomOf(member) > 0) return { next, distance };
  }
  return { next, distance: Number.POSITIVE_INFINITY };
}

function at(members: readonly AgentId[], position: number): AgentId {
  const member = members[(position + members.length) % members.length];
  if (member === undefined) throw new RangeError("a ring without members");
  return member;
}
