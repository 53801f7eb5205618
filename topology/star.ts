import type { Topology } from "../core/topology.ts";

/**
 * The coordinator is the hub: each member talks to it alone. A member that is full says so, and the hub's strategy picks another.
 */
export const star: Topology = {
  name: "star",
  neighbours: () => [],
  entrances: (members) => members,
  workersOf: () => [],
  parentOf: () => undefined,
  handOn: () => [],
};
