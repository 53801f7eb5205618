import { type Command, InvalidArgumentError } from "commander";
import { SwarmError } from "../../../core/errors.ts";
import { didYouMean } from "../../../language/nearest.ts";
import {
  type Ask,
  type Options,
  type OptionsOf,
  refuse,
  SKILL_OPTIONS,
} from "../program-options.ts";

const COMMANDS = ["status", "patterns"];
const DEFAULT_SEED = 1;
const DEFAULT_RUNS = 100;
const MOST = 10_000;

const EXAMPLES = `
Examples:
  npm run cascade -- learned patterns           how likely and how fast each agent is with each skill
  npm run cascade -- learned status             whether that foretells outcomes that were not learned from
  npm run cascade -- learned status --runs 500 --seed 7 --json`;

/** `learned` and its commands. They talk to the swarm that runs here, or to the one that NATS_URL names. */
export function addLearned(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  const learned = cli
    .command("learned")
    .description("what the swarm has learned of its agents, and how good that is")
    .addHelpText("after", EXAMPLES)
    .allowExcessArguments()
    .action((_: Options, { args }: Command) => refuseUnknown(args));
  const isJson = (name: string, own: Options): boolean => {
    const options = optionsOf(own);
    refuse(`learned ${name}`, options, SKILL_OPTIONS);
    return options.json === true;
  };
  learned
    .command("status")
    .description(
      "learn from a part of the stored outcomes, and say how well that foretells the rest",
    )
    .option("--runs <count>", "how many of the newest runs", wholeNumber, DEFAULT_RUNS)
    .option(
      "--seed <number>",
      "decides which outcomes are kept for the test",
      wholeNumber,
      DEFAULT_SEED,
    )
    .option("--json", "print it as one JSON document")
    .action((own: Options & { readonly seed: number; readonly runs: number }) => {
      const { seed, runs } = own;
      ask({ kind: "learned", action: "status", seed, runs, json: isJson("status", own) });
    });
  learned
    .command("patterns")
    .description("what the strategy `adaptive` goes by: success and speed of each agent, by skill")
    .option("--json", "print them as one JSON document")
    .action((own: Options) =>
      ask({ kind: "learned", action: "patterns", json: isJson("patterns", own) }),
    );
}

function wholeNumber(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST) return Number(text);
  throw new InvalidArgumentError(`expected a whole number from 1 to ${MOST}`);
}

function refuseUnknown([given]: readonly string[]): never {
  const what =
    given === undefined
      ? "learned needs a command"
      : `learned has no command ${JSON.stringify(given)}`;
  throw new SwarmError("usage", what, {
    hint: given === undefined ? `known: ${COMMANDS.join(", ")}` : didYouMean(given, COMMANDS),
  });
}
