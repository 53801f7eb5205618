import { type Command, InvalidArgumentError, Option } from "commander";
import { SwarmError } from "../../../core/errors.ts";
import { DURATION_FORM, parseDuration } from "../../../language/duration.ts";
import { didYouMean } from "../../../language/nearest.ts";
import { collect } from "../command-options.ts";
import {
  type Ask,
  type Options,
  type OptionsOf,
  refuse,
  SKILL_OPTIONS,
} from "../program-options.ts";

const COMMANDS = ["doctor", "exec"];

const EXAMPLES = `
Examples:
  npm run cascade -- sandbox doctor                            what is enforced on this machine
  npm run cascade -- sandbox exec -- ls -la                    this directory, read-only, without network
  npm run cascade -- sandbox exec --write build -- make test
  npm run cascade -- sandbox exec --timeout 30s --memory 1g -- node --test`;

/** `sandbox` and its commands. They need no swarm. */
export function addSandbox(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  const sandbox = cli
    .command("sandbox")
    .description("say how foreign programs are kept in here, and run one so")
    .addHelpText("after", EXAMPLES)
    .enablePositionalOptions()
    .allowExcessArguments()
    .action((_: Options, { args }: Command) => refuseUnknown(args));
  sandbox
    .command("doctor")
    .description("try the sandbox and say what is enforced")
    .option("--json", "print it as one JSON document")
    .action((own: Options) => {
      const options = optionsOf(own);
      refuse("sandbox doctor", options, SKILL_OPTIONS);
      ask({ kind: "sandbox", action: "doctor", json: options.json === true });
    });
  sandbox
    .command("exec")
    .description("run a program in the sandbox, in this directory, and exit as it does")
    .argument("<command...>", "the program and its arguments; write -- before it")
    .option("--write <dir>", "a directory that it may write, repeatable", collect)
    .option("--read <dir>", "one more directory that it may read, repeatable", collect)
    .addOption(new Option("--timeout <time>", "end it after that long: 30s, 10m").argParser(time))
    .addOption(new Option("--memory <size>", "what it may take: 512m, 1g").argParser(size))
    .passThroughOptions()
    .addHelpText("after", EXAMPLES)
    .action((argv: string[], own: ExecOptions) => {
      refuse("sandbox exec", optionsOf(own), { ...SKILL_OPTIONS, json: "--json" });
      const { read = [], write = [], timeout, memory } = own;
      const limits = {
        ...(timeout === undefined ? {} : { wallMs: timeout }),
        ...(memory === undefined ? {} : { memoryBytes: memory }),
      };
      ask({ kind: "sandbox", action: "exec", argv, read, write, limits });
    });
}

type ExecOptions = Options & {
  readonly read?: readonly string[];
  readonly write?: readonly string[];
  /** Milliseconds. */
  readonly timeout?: number;
  /** Bytes. */
  readonly memory?: number;
};

function time(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new InvalidArgumentError(DURATION_FORM);
}

const UNITS: Readonly<Record<string, number>> = { k: 1_024, m: 1_048_576, g: 1_073_741_824 };

function size(text: string): number {
  const [, number, unit = ""] = /^(\d{1,6})([kmg])$/i.exec(text) ?? [];
  const bytes = Number(number) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (bytes > 0) return bytes;
  throw new InvalidArgumentError("write a whole number and a unit: 512m, 1g");
}

function refuseUnknown([given]: readonly string[]): never {
  const what =
    given === undefined
      ? "sandbox needs a command"
      : `sandbox has no command ${JSON.stringify(given)}`;
  throw new SwarmError("usage", what, {
    hint: given === undefined ? `known: ${COMMANDS.join(", ")}` : didYouMean(given, COMMANDS),
  });
}
