import type { Topology } from "../core/topology.ts";

/**
 * Every member may talk to every other. A task goes to any member, the one with most room first;
 * one that is full hands it to a peer with room.
 */
export const mesh: Topology = {
  name: "mesh",
  neighbours: (agent, members) => members.filter((member) => member !== agent),
  entryPoints: (members) =>
    members
      .toSorted((a, b) => b.freeSlots - a.freeSlots || a.assigned - b.assigned)
      .map((member) => member.agentId),
};
