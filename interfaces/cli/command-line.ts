import { Command, CommanderError } from "commander";
import { SwarmError } from "../../core/errors.ts";
import {
  agentsOption,
  allowanceOf,
  allowHostCommandsOption,
  allowProjectSkillsOption,
  baselineOption,
  collect,
  DEFAULT_AGENTS,
  DEFAULT_SHARE,
  failOnOption,
  formatOption,
  logsOption,
  outputOption,
  shareOption,
} from "./command-options.ts";
import type { CliCommand, RunCommand } from "./commands.ts";
import { HELP } from "./help-text.ts";
import type { ReportFormat } from "./report-files.ts";
import { addSkills } from "./skills/options.ts";

const DEFAULT_CASCADE = "code-quality-swarm";

interface Options {
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
}

/** The options of the main job that mean nothing to a subcommand. */
const GATE_OPTIONS = { failOn: "--fail-on", baseline: "--baseline" } as const;
const ALLOW_OPTIONS = {
  allowProjectSkills: "--allow-project-skills",
  allowHostCommands: "--allow-host-commands",
} as const;
const RUN_OPTIONS = {
  ...GATE_OPTIONS,
  once: "--once",
  format: "--format",
  output: "--output",
} as const;

/**
 * What a command line asks for; undefined when it asked for help, which is written by then.
 * @param args without the names of node and program
 * @throws SwarmError `usage`
 */
export function parseCommandLine(
  args: readonly string[],
  write: (text: string) => void,
): CliCommand | undefined {
  let command: CliCommand | undefined;
  try {
    openProgram((asked) => {
      command = asked;
    }, write).parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    const [message = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
    throw new SwarmError("usage", message, {
      hint: suggestion ?? "npm run swarm -- --help lists what there is",
      cause: error,
    });
  }
  return command;
}

function openProgram(ask: (command: CliCommand) => void, write: (text: string) => void): Command {
  const cli = new Command("cascade-swarm")
    .description(
      "Carries out declarative cascades (YAML) by swarms of real agent processes over NATS.",
    )
    .argument("[path]", "directory or file to analyse", ".")
    .option("--once", "exit after the run; the exit code says how it went")
    .option("--json", "print the result as one JSON document; implies --once")
    .addOption(failOnOption())
    .addOption(baselineOption())
    .addOption(formatOption())
    .addOption(outputOption())
    .addOption(logsOption())
    .addOption(agentsOption())
    .addOption(allowProjectSkillsOption())
    .addOption(allowHostCommandsOption())
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .addHelpText("after", HELP);
  // What stands before a subcommand is meant for it, too.
  const optionsOf = (own: Options): Options => ({ ...cli.opts<Options>(), ...own });
  cli.action((path: string, own: Options) =>
    ask(runCommand(DEFAULT_CASCADE, [`path=${path}`], own)),
  );
  addRun(cli, optionsOf, ask);
  addUp(cli, optionsOf, ask);
  addDoctor(cli, optionsOf, ask);
  addVerify(cli, optionsOf, ask);
  addSkills(cli, optionsOf, {
    ask,
    refuseOthers: (name, options) =>
      refuse(name, options, { ...RUN_OPTIONS, logs: "--logs", agents: "--agents" }),
  });
  return cli;
}

type OptionsOf = (own: Options) => Options;
type Ask = (command: CliCommand) => void;

function addRun(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("run")
    .description("run a cascade once: a registered name or a YAML file")
    .argument("<cascade>", "name or path")
    .option("--input <key=value>", "an input of the cascade, repeatable", collect)
    .option("--json", "print the result as one JSON document")
    .addOption(formatOption())
    .addOption(outputOption())
    .addOption(logsOption())
    .addOption(agentsOption())
    .addOption(allowProjectSkillsOption())
    .addOption(allowHostCommandsOption())
    .action((cascade: string, own: Options) => {
      const options = optionsOf(own);
      refuse("run", options, GATE_OPTIONS, "give them as --input fail_on=… and --input baseline=…");
      ask(runCommand(cascade, own.input ?? [], { ...options, once: true }));
    });
}

function addUp(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("up")
    .description("start the swarm and wait for jobs")
    .addOption(agentsOption())
    .addOption(allowProjectSkillsOption())
    .addOption(allowHostCommandsOption())
    .action((own: Options) => {
      const options = optionsOf(own);
      if (options.once === true || options.json === true) {
        throw new SwarmError("usage", "up runs no cascade: it takes neither --once nor --json");
      }
      refuse("up", options, { ...RUN_OPTIONS, logs: "--logs" });
      ask({ kind: "up", agents: options.agents ?? DEFAULT_AGENTS, ...allowanceOf(options) });
    });
}

function addDoctor(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("doctor")
    .description("say what is here, what is missing, and what to do about it")
    .option("--json", "print the checks as one JSON document")
    .action((own: Options) => {
      const options = optionsOf(own);
      const others = { ...RUN_OPTIONS, ...ALLOW_OPTIONS, logs: "--logs", agents: "--agents" };
      refuse("doctor", options, others);
      ask({ kind: "doctor", json: options.json === true });
    });
}

function addVerify(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("verify")
    .description("execute a share of a report's findings again and compare")
    .argument("<run>", "a run's id, or the path of its report.json")
    .option("--json", "print the comparison as one JSON document")
    .addOption(shareOption())
    .addOption(logsOption())
    .addOption(agentsOption())
    .action((run: string, own: Options) => {
      const options = optionsOf(own);
      refuse("verify", options, { ...RUN_OPTIONS, ...ALLOW_OPTIONS });
      ask({
        kind: "verify",
        run,
        share: options.share ?? DEFAULT_SHARE,
        json: options.json === true,
        agents: options.agents ?? DEFAULT_AGENTS,
        logs: options.logs === true,
      });
    });
}

function runCommand(cascade: string, inputs: readonly string[], options: Options): RunCommand {
  const { format, output, failOn, baseline } = options;
  return {
    kind: "run",
    cascade,
    inputs,
    once: options.once === true || options.json === true,
    json: options.json === true,
    agents: options.agents ?? DEFAULT_AGENTS,
    logs: options.logs === true,
    ...(format === undefined ? {} : { format }),
    ...(output === undefined ? {} : { output }),
    ...(failOn === undefined ? {} : { failOn }),
    ...(baseline === undefined ? {} : { baseline }),
    ...allowanceOf(options),
  };
}

/** An option that is given and would be without effect is an error, not ignored. */
function refuse(
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
