import { Command, CommanderError } from "commander";
import { SwarmError } from "../../core/errors.ts";
import { nearest } from "../../language/nearest.ts";
import { addDashboard } from "../dashboard/options.ts";
import { addAgents } from "./agents/options.ts";
import { addBackup } from "./backup/options.ts";
import {
  agentsOption,
  allowanceOf,
  allowHostCommandsOption,
  allowProjectSkillsOption,
  applyOption,
  baselineOption,
  collect,
  DEFAULT_AGENTS,
  DEFAULT_SHARE,
  failOnOption,
  formatOption,
  logsOption,
  outputOption,
  recordingOf,
  recordOption,
  replayOption,
  sandboxOption,
  shareOption,
} from "./command-options.ts";
import { type CliCommand, COMMAND_NAMES, type RunCommand } from "./commands.ts";
import { addDead } from "./dead/options.ts";
import { addDemo } from "./demo/options.ts";
import { addFileCommands } from "./file-commands.ts";
import { HELP } from "./help-text.ts";
import { addLearned } from "./learned/options.ts";
import { addMemory } from "./memory/options.ts";
import { addModels } from "./models/options.ts";
import { addPermissions } from "./permissions/options.ts";
import {
  ALLOW_OPTIONS,
  type Ask,
  GATE_OPTIONS,
  type Options,
  type OptionsOf,
  RUN_OPTIONS,
  refuse,
  SKILL_OPTIONS,
} from "./program-options.ts";
import { addRuns } from "./runs/options.ts";
import { addSandbox } from "./sandbox/options.ts";
import { addSkills } from "./skills/options.ts";
import { addTopology } from "./topology/options.ts";

const DEFAULT_CASCADE = "code-quality-swarm";

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
    const hint = suggestion ?? commandMeant(error, args);
    throw new SwarmError("usage", message, {
      hint: hint ?? "npm run swarm -- --help lists what there is",
      cause: error,
    });
  }
  return command;
}

/** `rnu c.yaml`: a word that is no command is taken for the path to analyse, and the next one is too many. */
function commandMeant(error: CommanderError, args: readonly string[]): string | undefined {
  if (error.code !== "commander.excessArguments") return undefined;
  const word = args.find((each) => !each.startsWith("-")) ?? "";
  if (COMMAND_NAMES.some((name) => name === word)) return undefined;
  const near = nearest(word, COMMAND_NAMES);
  return near === undefined
    ? `commands: ${COMMAND_NAMES.join(", ")}`
    : `did you mean the command "${near}"?`;
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
    .addOption(sandboxOption())
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
  addFix(cli, optionsOf, ask);
  addUp(cli, optionsOf, ask);
  addDoctor(cli, optionsOf, ask);
  addVerify(cli, optionsOf, ask);
  addFileCommands(cli, optionsOf, ask);
  addRuns(cli, optionsOf, ask);
  addDead(cli, optionsOf, ask);
  addSandbox(cli, optionsOf, ask);
  addMemory(cli, optionsOf, ask);
  addSkills(cli, optionsOf, ask);
  addTopology(cli, optionsOf, ask);
  addAgents(cli, optionsOf, ask);
  addLearned(cli, optionsOf, ask);
  addDemo(cli, optionsOf, ask);
  addBackup(cli, optionsOf, ask);
  addPermissions(cli, optionsOf, ask);
  addModels(cli, optionsOf, ask);
  addMcp(cli, optionsOf, ask);
  addDashboard(cli, optionsOf, ask);
  return cli;
}

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
    .addOption(sandboxOption())
    .addOption(recordOption())
    .addOption(replayOption())
    .action((cascade: string, own: Options & RecordingOptions) => {
      const options = optionsOf(own);
      refuse("run", options, GATE_OPTIONS, "give them as --input fail_on=… and --input baseline=…");
      const run = runCommand(cascade, own.input ?? [], { ...options, once: true });
      ask({ ...run, ...recordingOf(own) });
    });
}

interface RecordingOptions {
  readonly record?: string;
  readonly replay?: string;
}

/** The cascade `test-and-fix`, in short. */
function addFix(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("fix")
    .description("run a project's tests in the sandbox and mend what fails; every fix is verified")
    .argument("[path]", "the project, a directory", ".")
    .addOption(applyOption())
    .option("--json", "print the result as one JSON document")
    .addOption(logsOption())
    .addOption(agentsOption())
    .addOption(sandboxOption())
    .action((path: string, own: Options & { readonly apply?: string }) => {
      const options = optionsOf(own);
      refuse("fix", options, { ...GATE_OPTIONS, ...ALLOW_OPTIONS, format: "--format" });
      const apply = own.apply === undefined ? [] : [`apply=${own.apply}`];
      ask(runCommand("test-and-fix", [`path=${path}`, ...apply], { ...options, once: true }));
    });
}

function addUp(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("up")
    .description("start the swarm and wait for jobs")
    .addOption(agentsOption())
    .addOption(allowProjectSkillsOption())
    .addOption(allowHostCommandsOption())
    .addOption(sandboxOption())
    .action((own: Options) => {
      const options = optionsOf(own);
      if (options.once === true || options.json === true) {
        throw new SwarmError("usage", "up runs no cascade: it takes neither --once nor --json");
      }
      refuse("up", options, { ...RUN_OPTIONS, logs: "--logs" });
      ask({
        kind: "up",
        agents: options.agents ?? DEFAULT_AGENTS,
        ...allowanceOf(options),
        ...sandboxOf(options),
      });
    });
}

function addMcp(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("mcp")
    .description("serve the Model Context Protocol on standard input and output")
    .addOption(agentsOption())
    .addOption(allowProjectSkillsOption())
    .addOption(allowHostCommandsOption())
    .addOption(sandboxOption())
    .action((own: Options) => {
      const options = optionsOf(own);
      refuse("mcp", options, { ...RUN_OPTIONS, logs: "--logs", json: "--json" });
      const agents = options.agents ?? DEFAULT_AGENTS;
      ask({ kind: "mcp", agents, ...allowanceOf(options), ...sandboxOf(options) });
    });
}

function addDoctor(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("doctor")
    .description("say what is here, what is missing, and what to do about it")
    .option("--json", "print the checks as one JSON document")
    .action((own: Options) => {
      const options = optionsOf(own);
      refuse("doctor", options, SKILL_OPTIONS);
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
      refuse("verify", options, { ...RUN_OPTIONS, ...ALLOW_OPTIONS, sandbox: "--sandbox" });
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
    ...sandboxOf(options),
  };
}

function sandboxOf({ sandbox }: Options): Pick<Options, "sandbox"> {
  return sandbox === undefined ? {} : { sandbox };
}
