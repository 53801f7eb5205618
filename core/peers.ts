import type { AgentId } from "./ids.ts";
import type { Json, JsonObject } from "./json.ts";

/** What a member of the team told the stage. */
export interface PeerNote {
  readonly from: AgentId;
  readonly topic: string;
  readonly body: Json;
}

/**
 * What came of a note. `delivered`: the member has it. `dropped`: the same was sent to it too often lately. `unheard`: it is gone, or
 * did not answer in time.
 */
export interface PeerDelivery {
  readonly to: AgentId;
  readonly status: "delivered" | "dropped" | "unheard";
}

/**
 * How a task of a stage with a swarm talks to the other members of its team, along the links of the topology and no others.
 * Notes are best effort and not stored: a task must come to the same result without them.
 */
export interface SkillPeers {
  /** Members that this one may send to now; none without a swarm, and in a star. */
  neighbours(): Promise<readonly AgentId[]>;
  /**
   * Tells a member something; tasks of this stage that run there, now or later, see it.
   * @param topic a token
   * @throws SwarmError `peer-unlinked` when the topology has no link to it, `limit-exceeded` when it is too large
   */
  send(to: AgentId, topic: string, body: Json): Promise<PeerDelivery>;
  /** The same to every neighbour. */
  broadcast(topic: string, body: Json): Promise<readonly PeerDelivery[]>;
  /**
   * Has a member carry out a skill of the lane `heavy`, beside its slots and one at a time, and answers its output.
   * @throws SwarmError `peer-unlinked`; `peer-silent` when it does not answer; the error of the skill
   */
  ask(to: AgentId, skill: string, inputs: JsonObject): Promise<JsonObject>;
  /** Notes to this agent about this stage, in the order in which they came; the oldest of many are forgotten. */
  received(topic: string): Promise<readonly PeerNote[]>;
}
