import { SwarmError } from "../../core/errors.ts";
import type { CliCommand, SandboxBackend } from "./commands.ts";
import type { ReportFormat } from "./report-files.ts";

/** What may be given before a command, for it, or for the main job. */
export interface Options {
  readonly agents?: number;
  readonly once?: true;
  readonly json?: true;
  readonly logs?: true;
  readonly input?: readonly string[];
  readonly format?: ReportFormat | "all";
  readonly output?: string;
  readonly failOn?: string;
  readonly baseline?: string;
  readonly share?: number;
  readonly allowProjectSkills?: true;
  readonly allowHostCommands?: true;
  readonly sandbox?: SandboxBackend;
}

/** The options of a command with those that stand before it. */
export type OptionsOf = (own: Options) => Options;
export type Ask = (command: CliCommand) => void;

/** The options of the main job that mean nothing to a subcommand. */
export const GATE_OPTIONS = { failOn: "--fail-on", baseline: "--baseline" } as const;
export const RUN_OPTIONS = {
  ...GATE_OPTIONS,
  once: "--once",
  format: "--format",
  output: "--output",
} as const;
/** Those that mean nothing to a command without a swarm. */
export const SWARM_OPTIONS = {
  ...RUN_OPTIONS,
  logs: "--logs",
  agents: "--agents",
  sandbox: "--sandbox",
} as const;
export const ALLOW_OPTIONS = {
  allowProjectSkills: "--allow-project-skills",
  allowHostCommands: "--allow-host-commands",
} as const;
/** Those that mean nothing to a command that looks at no skill. */
export const SKILL_OPTIONS = { ...SWARM_OPTIONS, ...ALLOW_OPTIONS } as const;

/** An option that is given and would be without effect is an error, not ignored. @throws SwarmError `usage` */
export function refuse(
  command: string,
  options: Options,
  names: Readonly<Partial<Record<keyof Options, string>>>,
  hint = `npm run cascade -- ${command} --help lists what there is`,
): void {
  const given = Object.entries(names).flatMap(([key, name]) =>
    options[key as keyof Options] === undefined ? [] : [name],
  );
  if (given.length > 0) {
    throw new SwarmError("usage", `${command} does not take ${given.join(", ")}`, { hint });
  }
}
