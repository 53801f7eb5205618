import type { AgentId } from "../../core/ids.ts";
import type { TopologyName } from "../../core/plan.ts";
import type { SandboxEnforcement } from "../../core/sandbox.ts";
import type { SkillAllowance } from "../../core/skill-allowance.ts";
import type { DashboardCommand } from "../dashboard/command.ts";
import type { AgentsCommand } from "./agents/command.ts";
import type { BackupCommand } from "./backup/command.ts";
import type { DeadCommand } from "./dead/command.ts";
import type { LearnedCommand } from "./learned/command.ts";
import type { MemoryCommand } from "./memory/command.ts";
import type { ModelsCommand } from "./models/command.ts";
import type { ReportFormat } from "./report-files.ts";
import type { RunsCommand } from "./runs/command.ts";
import type { SandboxCommand } from "./sandbox/command.ts";
import type { SkillsCommand } from "./skills/command.ts";

export interface RunCommand {
  readonly kind: "run";
  readonly cascade: string;
  /** `key=value`, as given. */
  readonly inputs: readonly string[];
  /** Exit after the run, instead of waiting for jobs. */
  readonly once: boolean;
  readonly json: boolean;
  readonly agents: number;
  /** Show the processes' log lines instead of the live view. */
  readonly logs: boolean;
  /** Undefined: the reports for people and the one for programs. */
  readonly format?: ReportFormat | "all";
  /** Directory that the reports are copied to. */
  readonly output?: string;
  /** The severity that the quality gate was asked for. */
  readonly failOn?: string;
  /** Run id or path of an earlier report. */
  readonly baseline?: string;
  /** What of the project's own skills may run; nothing when it is left out. */
  readonly allowance?: SkillAllowance;
  /** What isolates foreign programs; the environment says when it is left out. */
  readonly sandbox?: SandboxBackend;
  /** The file that answers of models are added to, or taken from in place of models. */
  readonly recording?: { readonly does: "record" | "replay"; readonly file: string };
}

export type SandboxBackend = SandboxEnforcement["backend"];

export interface UpCommand {
  readonly kind: "up";
  readonly agents: number;
  readonly allowance?: SkillAllowance;
  readonly sandbox?: SandboxBackend;
}

export interface DoctorCommand {
  readonly kind: "doctor";
  readonly json: boolean;
}

export interface VerifyCommand {
  readonly kind: "verify";
  /** Run id or path of a report. */
  readonly run: string;
  /** Per cent of the findings. */
  readonly share: number;
  readonly json: boolean;
  readonly agents: number;
  readonly logs: boolean;
}

export interface ValidateCommand {
  readonly kind: "validate";
  /** Paths, folders, registered names, or `-`. */
  readonly targets: readonly string[];
  readonly json: boolean;
  readonly allowance?: SkillAllowance;
}

export interface PlanCommand {
  readonly kind: "plan";
  readonly cascade: string;
  /** `key=value`, as given. */
  readonly inputs: readonly string[];
  readonly form: "text" | "json" | "mermaid";
  readonly allowance?: SkillAllowance;
}

export interface ExplainCommand {
  readonly kind: "explain";
  /** A code, a run's id or the path of an exported run; undefined: all codes are listed. */
  readonly code?: string;
  readonly json: boolean;
}

export interface SchemaCommand {
  readonly kind: "schema";
}

export interface FormatCommand {
  readonly kind: "fmt";
  /** Paths, folders, or `-`. */
  readonly targets: readonly string[];
  /** Say what would change, and change nothing. */
  readonly check: boolean;
  /** Correct what can only be meant in one way. */
  readonly fix: boolean;
}

export interface InitCommand {
  readonly kind: "init";
  /** Where the folder `cascades` is or will be. */
  readonly folder: string;
  readonly name: string;
  readonly json: boolean;
}

/** `init --github` */
export interface InitGithubCommand {
  readonly kind: "init-github";
  /** The top of the repository. */
  readonly folder: string;
  /** Whether a workflow that is there is replaced. */
  readonly force: boolean;
  readonly json: boolean;
}

export interface TopologyCommand {
  readonly kind: "topology";
  /** Until it is interrupted, instead of for a time. */
  readonly live: boolean;
  readonly forMs: number;
  readonly form: "text" | "json" | "mermaid";
}

export interface DemoCommand {
  readonly kind: "demo";
  readonly topology: TopologyName;
  readonly agents: number;
  readonly json: boolean;
}

export interface PermissionsCommand {
  readonly kind: "permissions";
  readonly agents: readonly AgentId[];
  readonly topology: TopologyName;
}

export interface McpCommand {
  readonly kind: "mcp";
  readonly agents: number;
  readonly allowance?: SkillAllowance;
  readonly sandbox?: SandboxBackend;
}

export type CliCommand =
  | RunCommand
  | UpCommand
  | DoctorCommand
  | VerifyCommand
  | ValidateCommand
  | PlanCommand
  | ExplainCommand
  | SchemaCommand
  | FormatCommand
  | InitCommand
  | InitGithubCommand
  | SandboxCommand
  | SkillsCommand
  | RunsCommand
  | DeadCommand
  | BackupCommand
  | MemoryCommand
  | ModelsCommand
  | TopologyCommand
  | AgentsCommand
  | LearnedCommand
  | DemoCommand
  | PermissionsCommand
  | McpCommand
  | DashboardCommand;

/** Every command by its name: what a mistyped one is compared with. */
export const COMMAND_NAMES = [
  ...[
    "run",
    "fix",
    "up",
    "verify",
    "doctor",
    "validate",
    "plan",
    "explain",
    "schema",
    "fmt",
    "init",
    "sandbox",
    "skills",
    "models",
    "runs",
    "dead",
    "memory",
    "topology",
    "agents",
    "learned",
    "demo",
    "export",
    "import",
    "permissions",
    "mcp",
    "dashboard",
  ],
] as const satisfies readonly (CliCommand["kind"] | "fix")[];
