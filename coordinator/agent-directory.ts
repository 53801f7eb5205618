import type { Heartbeat, Slots } from "../bus/messages.ts";
import type { Clock } from "../core/clock.ts";
import type { AgentId } from "../core/ids.ts";
import type { Lane, SkillCall } from "../core/plan.ts";
import type { MemberLoad } from "../core/strategy.ts";

/** How long an agent may be silent before it is asked, and how often that is looked at. */
export const SILENCE = { suspectedAfterMs: 2_250, sweepMs: 250 } as const;

/** Tasks that a lead is given at once, for each slot of its branch: so many that its workers never wait for the coordinator. */
const ROUNDS_PER_BRANCH = 4;

/** What the coordinator knows of one agent. */
interface AgentView {
  readonly agentId: AgentId;
  heartbeat: Heartbeat;
  skills: ReadonlySet<string>;
  lastSeenMs: number;
  /** Tasks that this coordinator offered to it and that have not ended, by lane. */
  assigned: Record<Lane, number>;
  /** Lanes that answered busy since the last heartbeat or result: others fill them, too. */
  full: Set<Lane>;
  suspected: boolean;
}

export interface DirectoryEvents {
  joined(agentId: AgentId, heartbeat: Heartbeat): void;
  /** Silent for too long: ask it before it counts as lost. */
  suspected(agentId: AgentId): void;
  /** `expected`: it said before that it would leave. */
  gone(agentId: AgentId, reason: string, expected: boolean): void;
}

/** Who is there, what each can do and how much room it has. Fed by heartbeats, judged on the monotonic clock. */
export class AgentDirectory {
  readonly #agents = new Map<AgentId, AgentView>();
  readonly #clock: Clock;
  readonly #events: DirectoryEvents;
  #version = 0;

  constructor(clock: Clock, events: DirectoryEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  get size(): number {
    return this.#agents.size;
  }

  /** Changes when an agent comes or goes, or is able to do other things than before. */
  get version(): number {
    return this.#version;
  }

  ids(): readonly AgentId[] {
    return [...this.#agents.keys()];
  }

  has(agentId: AgentId): boolean {
    return this.#agents.has(agentId);
  }

  seen(heartbeat: Heartbeat): void {
    if (heartbeat.status === "gone") {
      this.remove(heartbeat.agent, "its process ended");
      return;
    }
    const known = this.#agents.get(heartbeat.agent);
    if (known === undefined) {
      this.#version += 1;
      this.#agents.set(heartbeat.agent, {
        agentId: heartbeat.agent,
        heartbeat,
        skills: new Set(heartbeat.skills),
        lastSeenMs: this.#clock.monotonicMs(),
        assigned: { light: 0, heavy: 0, sandbox: 0 },
        full: new Set(),
        suspected: false,
      });
      this.#events.joined(heartbeat.agent, heartbeat);
      return;
    }
    if (known.heartbeat.skills.length !== heartbeat.skills.length) {
      known.skills = new Set(heartbeat.skills);
      this.#version += 1;
    }
    if (known.heartbeat.status !== heartbeat.status) this.#version += 1;
    known.heartbeat = heartbeat;
    known.lastSeenMs = this.#clock.monotonicMs();
    known.suspected = false;
    known.full.clear();
  }

  /** Suspects agents that were silent for too long. */
  sweep(): void {
    const oldest = this.#clock.monotonicMs() - SILENCE.suspectedAfterMs;
    for (const agent of this.#agents.values()) {
      if (agent.lastSeenMs >= oldest || agent.suspected) continue;
      agent.suspected = true;
      this.#events.suspected(agent.agentId);
    }
  }

  /** While the server cannot be reached, silence says nothing: every agent counts as seen now. */
  forgiveSilence(): void {
    for (const agent of this.#agents.values()) agent.lastSeenMs = this.#clock.monotonicMs();
  }

  remove(agentId: AgentId, reason: string): void {
    const agent = this.#agents.get(agentId);
    if (agent === undefined) return;
    this.#agents.delete(agentId);
    this.#version += 1;
    this.#events.gone(agentId, reason, agent.heartbeat.status === "draining");
  }

  assign(agentId: AgentId, lane: Lane): void {
    const agent = this.#agents.get(agentId);
    if (agent !== undefined) agent.assigned[lane] += 1;
  }

  release(agentId: AgentId, lane: Lane): void {
    const agent = this.#agents.get(agentId);
    if (agent === undefined) return;
    agent.assigned[lane] = Math.max(0, agent.assigned[lane] - 1);
    agent.full.delete(lane);
  }

  markFull(agentId: AgentId, lane: Lane): void {
    this.#agents.get(agentId)?.full.add(lane);
  }

  /** The agent with most room for a skill, undefined when there is none. */
  roomiest(lane: Lane, skill: string): AgentId | undefined {
    let best: AgentView | undefined;
    let bestRoom = 0;
    for (const agent of this.#agents.values()) {
      if (!canServe(agent, lane) || !agent.skills.has(skill)) continue;
      const room = freeSlots(agent, lane);
      if (room > bestRoom) {
        best = agent;
        bestRoom = room;
      }
    }
    return best?.agentId;
  }

  /** Of those of the named agents that are there. */
  loads(members: readonly AgentId[], lane: Lane, skill: string): readonly MemberLoad[] {
    return members.flatMap((agentId) => {
      const agent = this.#agents.get(agentId);
      return agent === undefined ? [] : [loadOf(agent, lane, skill)];
    });
  }

  /** Of a lead and those that work for it, as one member: it is given several rounds of their work at once. */
  branchLoad(
    lead: AgentId,
    workers: readonly AgentId[],
    task: Pick<SkillCall, "lane" | "skill">,
  ): MemberLoad | undefined {
    const agent = this.#agents.get(lead);
    if (agent === undefined) return undefined;
    const capable = this.loads([lead, ...workers], task.lane, task.skill).filter(
      (load) => load.isCapable,
    );
    const slots = capable.reduce((sum, load) => sum + load.slots, 0);
    const assigned = agent.assigned[task.lane];
    return {
      agentId: lead,
      isCapable: capable.length > 0,
      slots,
      freeSlots: canServe(agent, task.lane) ? slots * ROUNDS_PER_BRANCH - assigned : 0,
      assigned,
      skills: agent.skills.size,
    };
  }

  /** True when the agent has the skill and serves its lane, whether it has room or not. */
  isCapable(agentId: AgentId, { lane, skill }: Pick<SkillCall, "lane" | "skill">): boolean {
    const agent = this.#agents.get(agentId);
    return agent !== undefined && isCapable(agent, lane, skill);
  }

  /** Agents that can carry out one of the calls, but those `without`. */
  candidates(calls: readonly SkillCall[], without: ReadonlySet<AgentId>): readonly MemberLoad[] {
    return [...this.#agents.values()].flatMap((agent) => {
      if (without.has(agent.agentId)) return [];
      const call = calls.find(({ lane, skill }) => isCapable(agent, lane, skill));
      return call === undefined ? [] : [loadOf(agent, call.lane, call.skill)];
    });
  }

  slots(agentId: AgentId): Slots | undefined {
    return this.#agents.get(agentId)?.heartbeat.slots;
  }
}

function canServe(agent: AgentView, lane: Lane): boolean {
  return agent.heartbeat.status === "serving" && !agent.suspected && !agent.full.has(lane);
}

function freeSlots(agent: AgentView, lane: Lane): number {
  return agent.heartbeat.slots[lane] - agent.assigned[lane];
}

function isCapable(agent: AgentView, lane: Lane, skill: string): boolean {
  const { status, slots } = agent.heartbeat;
  return status === "serving" && slots[lane] > 0 && agent.skills.has(skill);
}

function loadOf(agent: AgentView, lane: Lane, skill: string): MemberLoad {
  return {
    agentId: agent.agentId,
    isCapable: isCapable(agent, lane, skill),
    slots: agent.heartbeat.slots[lane],
    freeSlots: canServe(agent, lane) ? freeSlots(agent, lane) : 0,
    assigned: agent.assigned[lane],
    skills: agent.skills.size,
  };
}
