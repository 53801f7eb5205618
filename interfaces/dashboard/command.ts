import type { SandboxEnforcement } from "../../core/sandbox.ts";
import type { SkillAllowance } from "../../core/skill-allowance.ts";

export interface DashboardCommand {
  readonly kind: "dashboard";
  /** 0: any that is free. */
  readonly port: number;
  /** Should the swarm be ours. */
  readonly agents: number;
  readonly allowance?: SkillAllowance;
  readonly sandbox?: SandboxEnforcement["backend"];
}
