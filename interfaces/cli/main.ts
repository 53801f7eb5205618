import { Command, CommanderError, InvalidArgumentError } from "commander";
import { formatLocation, SwarmError } from "../../core/errors.ts";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import { CascadeRefused } from "./job-inputs.ts";
import { runSwarmCommand, type SwarmCommand } from "./swarm-command.ts";
import { printable } from "./terminal-text.ts";

const DEFAULT_CASCADE = "code-quality-swarm";
const DEFAULT_AGENTS = 4;
const MOST_AGENTS = 256;

function program(): Command {
  const cli = new Command("cascade-swarm")
    .description(
      "Carries out declarative cascades (YAML) by swarms of real agent processes over NATS.",
    )
    .argument("[path]", "directory or file to analyse", ".")
    .option("--once", "exit after the run; the exit code says how it went")
    .option("--json", "print the result as one JSON document (with --once)")
    .option("--agents <count>", "agent processes to start", agentCount, DEFAULT_AGENTS)
    .enablePositionalOptions() // `up --agents 2` means the option of `up`
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text) })
    .addHelpText(
      "after",
      `
Examples:
  npm run swarm                                     analyse this directory, then wait for jobs
  npm run swarm -- ~/code/my-app                    another directory
  npm run swarm -- --once ~/code/my-app             exit after the run
  npm run swarm -- run cascade.yaml --input path=src

Exit codes: 0 succeeded, 1 the run failed, 2 wrong usage or input, 4 a limit, 5 the swarm cannot run, 130 interrupted.`,
    )
    .action((path: string, options: CommonOptions & { readonly once?: true }) =>
      carryOut({
        kind: "run",
        cascade: DEFAULT_CASCADE,
        inputs: [`path=${path}`],
        once: options.once === true,
        json: options.json === true,
        agents: options.agents,
      }),
    );
  cli
    .command("run")
    .description("run a cascade once: a registered name or a YAML file")
    .argument("<cascade>", "name or path")
    .option("--input <key=value>", "an input of the cascade, repeatable", collect, [])
    .option("--json", "print the result as one JSON document")
    .option(
      "--agents <count>",
      "agent processes to start, when no swarm runs here",
      agentCount,
      DEFAULT_AGENTS,
    )
    .action((cascade: string, options: CommonOptions & { readonly input: readonly string[] }) =>
      carryOut({
        kind: "run",
        cascade,
        inputs: options.input,
        once: true,
        json: options.json === true,
        agents: options.agents,
      }),
    );
  cli
    .command("up")
    .description("start the swarm and wait for jobs")
    .option("--agents <count>", "agent processes to start", agentCount, DEFAULT_AGENTS)
    .action((options: CommonOptions) => carryOut({ kind: "up", agents: options.agents }));
  return cli;
}

interface CommonOptions {
  readonly agents: number;
  readonly json?: true;
}

function agentCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_AGENTS) return count;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MOST_AGENTS}`);
}

function collect(value: string, former: readonly string[]): string[] {
  return [...former, value];
}

async function carryOut(command: SwarmCommand): Promise<void> {
  process.exitCode = await runSwarmCommand(command);
}

function complain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CascadeRefused) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  }
  if (error instanceof SwarmError) {
    const place = formatLocation(error.location);
    process.stderr.write(
      `error ${error.code}: ${place === "" ? "" : `${place}: `}${printable(error.message)}\n`,
    );
    if (error.hint !== undefined) process.stderr.write(`  ${printable(error.hint)}\n`);
    return exitCodeOf(error.code);
  }
  process.stderr.write(
    `error internal: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.runFailed;
}

try {
  await program().parseAsync();
} catch (error) {
  process.exitCode = complain(error);
}
