import type { AgentId } from "./ids.ts";
import type { StrategyName } from "./plan.ts";

/** Which member of a team gets the next task. Pure: `topology/strategies/` has one file for each kind. */
export interface Strategy {
  readonly name: StrategyName;
  /** Agents that may join a team, the most wanted first. */
  recruit(candidates: readonly MemberLoad[]): readonly MemberLoad[];
  choose(situation: Situation): Choice;
}

export interface Situation {
  /** Members that the task may be offered to, whether they have room or not, in the team's order. */
  readonly loads: readonly MemberLoad[];
}

export type Choice =
  | { readonly agent: AgentId }
  /** Nobody now. `capability`: no member has the skill, or serves its lane. */
  | { readonly waitFor: "room" | "capability" };

/** What a strategy knows of a member when it picks one. */
export interface MemberLoad {
  readonly agentId: AgentId;
  /** False when it lacks the skill, does not serve the lane, or is about to leave. */
  readonly isCapable: boolean;
  /** How many tasks it may hold at once, and how many more it may be given now. */
  readonly slots: number;
  readonly freeSlots: number;
  /** Tasks that were offered to it and have not ended. */
  readonly assigned: number;
  /** How many skills it has. */
  readonly skills: number;
}
