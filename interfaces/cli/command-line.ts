import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { SwarmError } from "../../core/errors.ts";
import type { SwarmCommand } from "./swarm-command.ts";

const DEFAULT_CASCADE = "code-quality-swarm";
const DEFAULT_AGENTS = 4;
const MOST_AGENTS = 256;

interface Options {
  readonly agents?: number;
  readonly once?: true;
  readonly json?: true;
  readonly input?: readonly string[];
}

/**
 * What a command line asks for; undefined when it asked for help, which is written by then.
 * @param args without the names of node and program
 * @throws SwarmError `usage`
 */
export function parseCommandLine(
  args: readonly string[],
  write: (text: string) => void,
): SwarmCommand | undefined {
  let command: SwarmCommand | undefined;
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

function openProgram(ask: (command: SwarmCommand) => void, write: (text: string) => void): Command {
  const cli = new Command("cascade-swarm")
    .description(
      "Carries out declarative cascades (YAML) by swarms of real agent processes over NATS.",
    )
    .argument("[path]", "directory or file to analyse", ".")
    .option("--once", "exit after the run; the exit code says how it went")
    .option("--json", "print the result as one JSON document; implies --once")
    .addOption(agentsOption())
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => {} })
    .addHelpText("after", HELP);
  // What stands before a subcommand is meant for it, too.
  const optionsOf = (own: Options): Options => ({ ...cli.opts<Options>(), ...own });
  const run = (cascade: string, inputs: readonly string[], options: Options): void =>
    ask({
      kind: "run",
      cascade,
      inputs,
      once: options.once === true || options.json === true,
      json: options.json === true,
      agents: options.agents ?? DEFAULT_AGENTS,
    });
  cli.action((path: string, own: Options) => run(DEFAULT_CASCADE, [`path=${path}`], own));
  cli
    .command("run")
    .description("run a cascade once: a registered name or a YAML file")
    .argument("<cascade>", "name or path")
    .option("--input <key=value>", "an input of the cascade, repeatable", collect)
    .option("--json", "print the result as one JSON document")
    .addOption(agentsOption())
    .action((cascade: string, own: Options) =>
      run(cascade, own.input ?? [], { ...optionsOf(own), once: true }),
    );
  cli
    .command("up")
    .description("start the swarm and wait for jobs")
    .addOption(agentsOption())
    .action((own: Options) => {
      const options = optionsOf(own);
      if (options.once === true || options.json === true) {
        throw new SwarmError("usage", "up runs no cascade: it takes neither --once nor --json");
      }
      ask({ kind: "up", agents: options.agents ?? DEFAULT_AGENTS });
    });
  return cli;
}

const HELP = `
Examples:
  npm run swarm                                     analyse this directory, then wait for jobs
  npm run swarm -- ~/code/my-app                    another directory
  npm run swarm -- --once ~/code/my-app             exit after the run
  npm run swarm -- run cascade.yaml --input path=src
  npm run swarm -- up --agents 8                    wait for jobs

In a directory where a swarm runs, commands join it. Settings: NATS_URL (with NATS_USER, NATS_PASSWORD) for a
server of yours, NATS_SERVER_BIN for a nats-server program, LOG_FORMAT=auto|json|pretty, LOG_LEVEL.

Exit codes: 0 succeeded, 1 the run failed, 2 wrong usage or input, 4 a limit, 5 the swarm cannot run, 130 interrupted.`;

function agentsOption(): Option {
  return new Option(
    "--agents <count>",
    `agent processes to start, unless a swarm runs here (default: ${DEFAULT_AGENTS})`,
  ).argParser(agentCount);
}

function agentCount(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST_AGENTS) {
    return Number(text);
  }
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MOST_AGENTS}`);
}

function collect(value: string, former: readonly string[] | undefined): string[] {
  return [...(former ?? []), value];
}
