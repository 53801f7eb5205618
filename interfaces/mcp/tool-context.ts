import type { SkillAllowance } from "../../core/skill-allowance.ts";
import type { Environment } from "../cli/installed.ts";
import type { RuvSwarmState } from "./ruv-swarm/settings.ts";
import type { StandingSwarm } from "./standing-swarm.ts";

/** What tools work with: one for the whole connection, but for the last two, which belong to the call. */
export interface ToolContext {
  /** The project: where the server was started. Absolute. */
  readonly directory: string;
  readonly env: Environment;
  readonly allowance: SkillAllowance;
  readonly swarm: StandingSwarm;
  readonly state: RuvSwarmState;
  /** Aborts when the client takes the call back, or is gone. */
  readonly signal: AbortSignal;
  /** Tells a client that asked for it how far the call is. */
  progress(done: number, total: number | undefined, message: string): void;
}
