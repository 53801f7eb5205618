import type { Offer, Task } from "../../../bus/messages.ts";
import { type AgentId, isToken, parseAgentId } from "../../../core/ids.ts";
import type { TopologyName } from "../../../core/plan.ts";
import { mayTalk } from "../../../core/topology.ts";
import { TOPOLOGIES } from "../../../topology/registry.ts";

/** Stands for all coordinators. */
export const COORDINATOR = "coordinator";

/** Messages that went from one to another. */
export interface MessageEdge {
  readonly from: string;
  readonly to: string;
  readonly messages: number;
  /** `linked`: the topology of a team that was seen has this link. `unlinked`: it has not. `unknown`: no team with both was seen. */
  readonly link: "linked" | "unlinked" | "unknown";
}

/** The team of a stage, as its tasks named it last. */
export interface SeenTeam {
  readonly run: string;
  readonly stage: string;
  readonly topology: TopologyName;
  readonly members: readonly string[];
  /** Links of the definition over which nothing went. */
  readonly silentLinks: readonly (readonly [string, string])[];
}

const MOST_TEAMS = 100;

/** Who sent how many messages to whom, counted from the traffic itself. */
export class MessageGraph {
  readonly #counts = new Map<
    string,
    { readonly from: string; readonly to: string; count: number }
  >();
  readonly #members = new Set<string>();
  /** Also those that a stage had before a member came or went: what was sent then is judged by them. The latest is last. */
  readonly #teams = new Map<
    string,
    { readonly task: Task; readonly team: NonNullable<Task["team"]> }
  >();

  /** A message of any subject of the swarm; those that are not about tasks change nothing. */
  add(subject: string, json: () => unknown): void {
    const [, area, first = "", second = "", kind] = subject.split(".");
    if (area === "agent" && second === "heartbeat") this.#members.add(first);
    else if (area === "agent" && second === "task") {
      this.#count(COORDINATOR, first);
      this.#learn(json());
    } else if (area === "result") this.#count(second, COORDINATOR);
    else if (area === "peer") {
      this.#count(first, second);
      if (kind === "task") this.#learn(json());
      else if (kind === "note" || kind === "ask") this.#learn({ tasks: [json()] });
    }
  }

  get members(): readonly string[] {
    return [...this.#members].sort();
  }

  /** Those with most messages first. */
  edges(): readonly MessageEdge[] {
    return [...this.#counts.values()]
      .map(({ from, to, count }) => ({ from, to, messages: count, link: this.#linkOf(from, to) }))
      .sort((a, b) => b.messages - a.messages || compare(a.from, b.from) || compare(a.to, b.to));
  }

  teams(): readonly SeenTeam[] {
    const latest = new Map(
      [...this.#teams.values()].map((seen) => [`${seen.task.run}/${seen.task.stage}`, seen]),
    );
    return [...latest.values()].map(({ task, team }) => ({
      run: task.run,
      stage: task.stage,
      ...team,
      silentLinks: linksOf(team).filter(([from, to]) => !this.#counts.has(`${from} ${to}`)),
    }));
  }

  #count(from: string, to: string): void {
    const key = `${from} ${to}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { from, to, count: 1 });
    else known.count += 1;
  }

  #learn(offer: unknown): void {
    for (const task of (offer as Partial<Offer>)?.tasks ?? []) {
      if (task.team === undefined) continue;
      const key = `${task.run}/${task.stage}/${task.team.members.join(",")}`;
      this.#teams.delete(key);
      this.#teams.set(key, { task, team: task.team });
      const [oldest] = this.#teams.keys();
      if (this.#teams.size > MOST_TEAMS && oldest !== undefined) this.#teams.delete(oldest);
    }
  }

  #linkOf(from: string, to: string): MessageEdge["link"] {
    if (from === COORDINATOR || to === COORDINATOR) return "linked";
    if (!isToken(from) || !isToken(to)) return "unknown";
    const pair = { from: parseAgentId(from), to: parseAgentId(to) };
    const both = [...this.#teams.values()].filter(
      ({ team }) => team.members.includes(pair.from) && team.members.includes(pair.to),
    );
    if (both.length === 0) return "unknown";
    return both.some(({ team }) => mayTalk(TOPOLOGIES[team.topology], pair, team.members))
      ? "linked"
      : "unlinked";
  }
}

function linksOf({ topology, members }: NonNullable<Task["team"]>): (readonly [string, string])[] {
  const { neighbours, entrances } = TOPOLOGIES[topology];
  const hub = entrances(members).flatMap((member): (readonly [string, string])[] => [
    [COORDINATOR, member],
    [member, COORDINATOR],
  ]);
  const peers = members.flatMap((from: AgentId) =>
    neighbours(from, members).map((to) => [from, to] as const),
  );
  return [...hub, ...peers];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
