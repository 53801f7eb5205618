import type { TopologyName } from "../core/plan.ts";
import type { Topology } from "../core/topology.ts";
import { hierarchical } from "./hierarchical.ts";
import { mesh } from "./mesh.ts";
import { ring } from "./ring.ts";
import { star } from "./star.ts";

export const TOPOLOGIES: Readonly<Record<TopologyName, Topology>> = {
  mesh,
  hierarchical,
  star,
  ring,
};
