import type { Topology } from "../core/topology.ts";

/**
 * Every member may talk to every other. A task goes to any member; one that is full hands it to a peer with room, the one with
 * most room first, and that one does not hand it on.
 */
export const mesh: Topology = {
  name: "mesh",
  neighbours: (member, members) => members.filter((other) => other !== member),
  entrances: (members) => members,
  workersOf: () => [],
  parentOf: () => undefined,
  handOn: (member, { members, path, roomOf }) =>
    path.length > 0
      ? []
      : members
          .map((other) => ({ other, room: other === member ? 0 : roomOf(other) }))
          .filter(({ room }) => room > 0)
          .sort((a, b) => b.room - a.room)
          .map(({ other }) => other),
};
