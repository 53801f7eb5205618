import { InvalidArgumentError, Option } from "commander";
import type { SkillAllowance } from "../../core/skill-allowance.ts";
import type { RunCommand } from "./commands.ts";
import { FORMATS } from "./report-files.ts";

export const DEFAULT_AGENTS = 4;
const MOST_AGENTS = 256;
const SEVERITIES = ["critical", "high", "medium", "low"];
/** Per cent of a report's findings that `verify` executes again. */
export const DEFAULT_SHARE = 20;

/** Entries that a list has when no limit is given. */
export const DEFAULT_LISTED = 20;
const MOST_LISTED = 999;

export function limitOption(): Option {
  return new Option("--limit <count>", `how many at most (default: ${DEFAULT_LISTED})`).argParser(
    wholeNumber(1, MOST_LISTED),
  );
}

export function agentsOption(): Option {
  return new Option(
    "--agents <count>",
    `agent processes to start, unless a swarm runs here (default: ${DEFAULT_AGENTS})`,
  ).argParser(wholeNumber(1, MOST_AGENTS));
}

export function applyOption(): Option {
  return new Option(
    "--apply <how>",
    "where fixes that hold go: none (a patch, the default), branch, or apply (into the files)",
  ).choices(["none", "branch", "apply"]);
}

export function logsOption(): Option {
  return new Option("--logs", "show the log lines of all processes instead of the live view");
}

export function formatOption(): Option {
  return new Option("--format <format>", "which report is named at the end").choices([
    ...FORMATS,
    "all",
  ]);
}

export function outputOption(): Option {
  return new Option("--output <dir>", "copy the reports there; all of them without --format");
}

export function failOnOption(): Option {
  return new Option(
    "--fail-on <severity>",
    "exit with 3 when there is a finding of this severity or a worse one",
  ).choices(SEVERITIES);
}

export function baselineOption(): Option {
  return new Option(
    "--baseline <run>",
    "an earlier run's id, or the path of its report.json: what is new since then",
  );
}

export function shareOption(): Option {
  return new Option(
    "--share <percent>",
    `how much of the findings to execute again (default: ${DEFAULT_SHARE}, and at least 20 findings)`,
  ).argParser(wholeNumber(1, 100));
}

export function allowProjectSkillsOption(): Option {
  return new Option(
    "--allow-project-skills",
    "let skills run that this directory brings, with all that you may do",
  );
}

export function allowHostCommandsOption(): Option {
  return new Option(
    "--allow-host-commands",
    "of them, let those run that are programs; and the commands of cascades (`run:`)",
  );
}

export function sandboxOption(): Option {
  return new Option(
    "--sandbox <backend>",
    "what isolates foreign programs; none lets them do all that you may do (default: bubblewrap)",
  ).choices(["bubblewrap", "none"]);
}

export function allowanceOf(options: {
  readonly allowProjectSkills?: true;
  readonly allowHostCommands?: true;
}): { readonly allowance?: SkillAllowance } {
  const projectSkills = options.allowProjectSkills === true;
  const hostCommands = options.allowHostCommands === true;
  return projectSkills || hostCommands ? { allowance: { projectSkills, hostCommands } } : {};
}

export function recordOption(): Option {
  return new Option("--record <file>", "add the answers of models to this file").conflicts(
    "replay",
  );
}

export function replayOption(): Option {
  return new Option("--replay <file>", "answer from such a file, and ask no model");
}

export function recordingOf({
  record,
  replay,
}: {
  readonly record?: string;
  readonly replay?: string;
}): Pick<RunCommand, "recording"> {
  if (record !== undefined) return { recording: { does: "record", file: record } };
  return replay === undefined ? {} : { recording: { does: "replay", file: replay } };
}

export function collect(value: string, former: readonly string[] | undefined): string[] {
  return [...(former ?? []), value];
}

/** The value of an option that is a number of things. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,3}$/.test(text) && Number(text) >= least && Number(text) <= most) {
      return Number(text);
    }
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
  };
}
