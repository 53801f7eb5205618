import type { AgentId } from "./ids.ts";
import type { StrategyName } from "./plan.ts";

/** Which member of a team gets the next task. Pure: `topology/strategies/` has one file for each kind. */
export interface Strategy {
  readonly name: StrategyName;
  /** Agents that may join a team, the most wanted first. */
  recruit(candidates: readonly MemberLoad[]): readonly MemberLoad[];
  choose(situation: Situation): Choice;
  /** True when a task that takes unusually long may be given to a second member; the first result holds. */
  readonly reissues: boolean;
}

export interface Situation {
  /** Members that the task may be offered to, whether they have room or not, in the team's order. */
  readonly loads: readonly MemberLoad[];
  /** Tasks that wait to be placed with them, the one in question included. */
  readonly waiting: number;
  /** What is known of a member with tasks of this kind; undefined when nothing is. */
  readonly measuredOf: (agent: AgentId) => Measurement | undefined;
  /** From 0, below 1. */
  readonly random: () => number;
}

export type Choice =
  /** @see propensity how likely the choice was, when it was drawn */
  | { readonly agent: AgentId; readonly propensity?: number }
  /** Nobody now. `capability`: no member has the skill, or serves its lane. `faster`: a faster member is done sooner than a free one. */
  | { readonly waitFor: "room" | "capability" | "faster" };

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

/** What attempts of one kind came to at one member; older ones weigh less. */
export interface Measurement {
  /** Weights of the attempts that succeeded and that failed. */
  readonly succeeded: number;
  readonly failed: number;
  /** Mean and variance of the natural logarithm of the milliseconds that successes took. */
  readonly meanLogMs: number;
  readonly varianceLogMs: number;
}
