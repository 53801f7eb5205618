import type { AgentId } from "../core/ids.ts";
import type { Topology } from "../core/topology.ts";

/** Workers of one lead, at most: a team of five has one lead, one of six has two. */
export const WORKERS_PER_LEAD = 4;

/**
 * The first members of the team lead, the others work; workers are dealt out to the leads in turn. The coordinator talks to the
 * leads, and each lead with its workers. When a lead is gone the next member of the team moves up, and its workers have a new
 * parent.
 */
export const hierarchical: Topology = {
  name: "hierarchical",
  neighbours: (member, members) => {
    const parent = parentOf(member, members);
    return parent === undefined ? workersOf(member, members) : [parent];
  },
  entrances: (members) => members.slice(0, leadCount(members.length)),
  workersOf,
  parentOf,
  handOn: () => [],
};

function workersOf(member: AgentId, members: readonly AgentId[]): readonly AgentId[] {
  const leads = leadCount(members.length);
  const lead = members.indexOf(member);
  if (lead < 0 || lead >= leads) return [];
  return members.filter((_, position) => position >= leads && (position - leads) % leads === lead);
}

function parentOf(member: AgentId, members: readonly AgentId[]): AgentId | undefined {
  const leads = leadCount(members.length);
  const position = members.indexOf(member);
  return position < leads ? undefined : members[(position - leads) % leads];
}

function leadCount(members: number): number {
  return Math.ceil(members / (WORKERS_PER_LEAD + 1));
}
