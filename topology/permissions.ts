import type { AgentId } from "../core/ids.ts";
import type { TopologyName } from "../core/plan.ts";
import {
  AGENT_SERVICE,
  CROSS_ACCOUNT_REPLIES,
  discoveryOf,
  inboxOf,
  LANE_QUEUE_GROUP,
  peerInboxOf,
  type Subjects,
} from "../core/subjects.ts";
import { TOPOLOGIES } from "./registry.ts";

/** The members of a stage that are there, and who of them may talk to whom. */
export interface LinkedTeam {
  readonly topology: TopologyName;
  readonly members: readonly AgentId[];
}

/** For each agent those that it may talk to. */
export type Links = ReadonlyMap<AgentId, ReadonlySet<AgentId>>;

/** What a user of the server may publish to and subscribe to. Whatever is not listed is refused. */
export interface SubjectPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * What goes from one account of the server to another. `services`: requests, with their answers. `streams`: messages without
 * answers. A service that many answer is `discovery`.
 */
export interface AccountCrossings {
  /** Agents ask coordinators. */
  readonly agentsAsk: readonly string[];
  /** Coordinators and people ask agents. */
  readonly agentsAnswer: readonly string[];
  /** Asked of all agents at once. */
  readonly discovery: readonly string[];
  /** Agents say it, coordinators and people hear it. */
  readonly agentsSay: readonly string[];
  /** Coordinators and people say it, agents hear it. */
  readonly agentsHear: readonly string[];
  /** Submitters ask coordinators. */
  readonly submittersAsk: readonly string[];
}

/** The links of all teams together. An agent without a team has none. */
export function linksOf(teams: Iterable<LinkedTeam>): Links {
  const links = new Map<AgentId, Set<AgentId>>();
  for (const { topology, members } of teams) {
    for (const member of members) {
      const linked = links.get(member) ?? new Set();
      links.set(member, linked);
      for (const other of TOPOLOGIES[topology].neighbours(member, members)) linked.add(other);
    }
  }
  return links;
}

/**
 * What an agent may send and hear: messages in its own name alone, offers and orders to itself and to its lanes, and those of the
 * peers that it is linked with. Its inbox is its own, and each peer can answer into a part of it that belongs to that peer.
 */
export function agentPermissions(
  subjects: Subjects,
  agent: AgentId,
  linked: Iterable<AgentId>,
): SubjectPermissions {
  const { results, parked, memory, blobs, budgets } = subjects.ofAgent(agent);
  const toPeers = [...linked]
    .sort()
    .flatMap((peer) => [subjects.peersFromTo(agent, peer), `${peerInboxOf(peer, agent)}.*`]);
  return {
    publish: [
      subjects.agentHeartbeat(agent),
      ...[results, parked, memory, blobs, budgets],
      ...toPeers,
      CROSS_ACCOUNT_REPLIES,
    ],
    subscribe: [
      `${inboxOf(agent)}.>`,
      subjects.agentTask(agent),
      subjects.agentControl(agent),
      // Only as one of the group: whoever subscribes without it would hear every offer to the lane.
      `${subjects.allLanes} ${LANE_QUEUE_GROUP}`,
      subjects.peersTo(agent),
      ...[subjects.allHeartbeats, subjects.allGone, subjects.allStages],
      ...discoveryOf(AGENT_SERVICE),
    ],
  };
}

/** The inbox that whoever only submits jobs has. */
export const SUBMITTER_NAME = "submitter";

/** What whoever only submits jobs may send and hear. */
export function submitterPermissions(subjects: Subjects): SubjectPermissions {
  return {
    publish: [subjects.submit, ...subjects.allJobs],
    subscribe: [`${inboxOf(SUBMITTER_NAME)}.>`, "_INBOX.>"],
  };
}

export function accountCrossings(subjects: Subjects): AccountCrossings {
  return {
    agentsAsk: [
      subjects.allResults,
      subjects.allParked,
      subjects.allMemory,
      subjects.allBlobs,
      subjects.allBudgets,
    ],
    agentsAnswer: [subjects.allOffers, subjects.allControls, subjects.allLanes],
    discovery: discoveryOf(AGENT_SERVICE),
    agentsSay: [subjects.allHeartbeats, subjects.allPeers],
    agentsHear: [subjects.allGone, subjects.allStages],
    submittersAsk: [subjects.submit, ...subjects.allJobs],
  };
}
