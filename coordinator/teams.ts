import type { AgentId, StageId } from "../core/ids.ts";
import type { SkillCall, SwarmConfig } from "../core/plan.ts";
import type { Strategy } from "../core/strategy.ts";
import type { AgentDirectory } from "./agent-directory.ts";
import type { RunState } from "./run-state.ts";

interface Team {
  members: readonly AgentId[];
  /** The directory's version that `members` fits. */
  version: number;
}

/** A stage with a swarm of its own. */
export interface SwarmStage {
  readonly run: RunState;
  readonly stage: number;
  readonly swarm: SwarmConfig;
}

/**
 * The members of each stage that has a swarm: chosen when its first task is placed, kept for all its tasks, and brought up to
 * strength when one is gone. Never more than `max_agents` that are there.
 */
export class Teams {
  readonly #directory: AgentDirectory;
  /** A run that nobody holds any more takes its teams along. */
  readonly #byRun = new WeakMap<RunState, Map<StageId, Team>>();

  constructor(directory: AgentDirectory) {
    this.#directory = directory;
  }

  /** The members that are there now, in an order that lasts. */
  membersOf({ run, stage, swarm }: SwarmStage, strategy: Strategy): readonly AgentId[] {
    const team = this.#teamOf(run, stage);
    const { version } = this.#directory;
    if (team.version === version) return team.members;
    const known = team.members.filter((agent) => this.#directory.has(agent));
    team.members = [...known, ...this.#recruits({ run, stage, swarm }, known, strategy)];
    team.version = version;
    return team.members;
  }

  /** The members when it was last asked for them. */
  known(run: RunState, stage: number): readonly AgentId[] {
    return this.#teamOf(run, stage).members;
  }

  /** An agent holds a task of the stage since before a restart: it is a member. */
  join(run: RunState, stage: number, agent: AgentId): void {
    const team = this.#teamOf(run, stage);
    if (team.members.includes(agent)) return;
    team.members = [...team.members, agent];
    team.version = -1;
  }

  /** Those that are to join: first whoever can do what nobody of the team can yet. */
  #recruits(
    { run, stage, swarm }: SwarmStage,
    known: readonly AgentId[],
    strategy: Strategy,
  ): readonly AgentId[] {
    const count = swarm.maxAgents - known.length;
    if (count <= 0) return [];
    const calls = distinct(run.stage(stage).skills);
    const candidates = strategy
      .recruit(this.#directory.candidates(calls, new Set(known)))
      .map((load) => load.agentId);
    const recruits = new Set<AgentId>();
    for (const call of calls) {
      const can = (agent: AgentId): boolean => this.#directory.isCapable(agent, call);
      if (known.some(can) || [...recruits].some(can)) continue;
      const agent = candidates.find(can);
      if (agent !== undefined) recruits.add(agent);
    }
    for (const agent of candidates) recruits.add(agent);
    return [...recruits].slice(0, count);
  }

  #teamOf(run: RunState, stage: number): Team {
    let teams = this.#byRun.get(run);
    if (teams === undefined) {
      teams = new Map();
      this.#byRun.set(run, teams);
    }
    const { id } = run.stage(stage);
    let team = teams.get(id);
    if (team === undefined) {
      team = { members: [], version: -1 };
      teams.set(id, team);
    }
    return team;
  }
}

function distinct(calls: readonly SkillCall[]): readonly SkillCall[] {
  return [...new Map(calls.map((call) => [`${call.lane}/${call.skill}`, call])).values()];
}
