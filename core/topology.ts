import type { AgentId } from "./ids.ts";
import type { TopologyName } from "./plan.ts";

/**
 * Who may talk to whom in the team of a stage, and where its tasks go. Pure: `topology/` has one file for each kind, and nothing
 * else asks which kind it is. `members` are those that are there, in the team's order, and each of them once; when one is gone,
 * asking again without it gives the links and parents that hold from then on.
 */
export interface Topology {
  readonly name: TopologyName;
  /** Those that `member` may send to directly. The coordinator is no member. */
  neighbours(member: AgentId, members: readonly AgentId[]): readonly AgentId[];
  /** Members that the coordinator offers tasks to; the others get theirs from these. */
  entrances(members: readonly AgentId[]): readonly AgentId[];
  /** Members that `member` deals its tasks out to; none unless it leads. */
  workersOf(member: AgentId, members: readonly AgentId[]): readonly AgentId[];
  /** The member that gathers the results of `member`; undefined when they go to the coordinator. */
  parentOf(member: AgentId, members: readonly AgentId[]): AgentId | undefined;
  /** Whom a member that has no room for a task asks to take it, one after the other until one does. */
  handOn(member: AgentId, query: HandOn): readonly AgentId[];
}

export interface HandOn {
  readonly members: readonly AgentId[];
  /** Members that had no room before, first to last; empty when the coordinator offered the task. */
  readonly path: readonly AgentId[];
  /** Free slots of a member, as far as they are known. */
  readonly roomOf: (member: AgentId) => number;
}

/** True when the topology has a link from one member to another. */
export function mayTalk(
  topology: Topology,
  { from, to }: { readonly from: AgentId; readonly to: AgentId },
  members: readonly AgentId[],
): boolean {
  return topology.neighbours(from, members).includes(to);
}
