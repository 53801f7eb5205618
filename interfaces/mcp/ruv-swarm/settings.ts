import type { AgentId } from "../../../core/ids.ts";
import type { JsonObject } from "../../../core/json.ts";

export const TOPOLOGIES = ["mesh", "hierarchical", "ring", "star"] as const;
export const STRATEGIES = ["balanced", "specialized", "adaptive"] as const;
export type SwarmTopology = (typeof TOPOLOGIES)[number];
export type SwarmStrategy = (typeof STRATEGIES)[number];

/** How stages that `task_orchestrate` makes are shared out; kept for as long as the server runs. */
export interface SwarmSettings {
  topology: SwarmTopology;
  strategy: SwarmStrategy;
  /** Of agents: no more are spawned, and no team is larger. */
  maxAgents: number;
}

/** What a client called an agent that it had spawned. Agents do not differ in what they can do. */
export interface AgentLabel {
  readonly type: string;
  readonly name: string;
  readonly capabilities: readonly string[];
}

/** A cascade's text and the inputs that it is run with. */
export interface Workflow {
  readonly definition: string;
  readonly inputs: JsonObject;
}

/** What the ruv-swarm tools keep between calls. */
export interface RuvSwarmState {
  readonly settings: SwarmSettings;
  readonly labels: Map<AgentId, AgentLabel>;
  /** What `daa_workflow_create` made, by the id that it was given. */
  readonly workflows: Map<string, Workflow>;
}

const DEFAULT_MAX_AGENTS = 5;

export function newState(): RuvSwarmState {
  return {
    settings: { topology: "mesh", strategy: "balanced", maxAgents: DEFAULT_MAX_AGENTS },
    labels: new Map(),
    workflows: new Map(),
  };
}
