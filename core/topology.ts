import type { AgentId } from "./ids.ts";

/**
 * Who may talk to whom, and where a task goes first. Pure: `topology/` has one file for each kind,
 * and nothing else asks which kind it is.
 */
export interface Topology {
  readonly name: string;
  /** Those that `agent` may send to directly. */
  neighbours(agent: AgentId, members: readonly AgentId[]): readonly AgentId[];
  /** Members that a task may be offered to by the coordinator, in order of preference. */
  entryPoints(members: readonly MemberLoad[]): readonly AgentId[];
}

/** What a strategy knows of a member when it picks one. */
export interface MemberLoad {
  readonly agentId: AgentId;
  readonly freeSlots: number;
  readonly assigned: number;
}
