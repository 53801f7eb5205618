import { type Command, InvalidArgumentError } from "commander";
import { SwarmError } from "../../../core/errors.ts";
import { didYouMean } from "../../../language/nearest.ts";
import { DEFAULT_LISTED, limitOption } from "../command-options.ts";
import {
  type Ask,
  type Options,
  type OptionsOf,
  refuse,
  SKILL_OPTIONS,
} from "../program-options.ts";

const COMMANDS = ["ls", "show", "retry", "drop"];

const EXAMPLES = `
Examples:
  npm run cascade -- dead ls            what could not be carried out, the newest first
  npm run cascade -- dead show 3        one of them, with the job as it came
  npm run cascade -- dead retry 3       send the job again, or rerun the run of the task
  npm run cascade -- dead drop 3        forget it`;

/** `dead` and its commands: the dead-letter list of the swarm that runs here, or of the server that NATS_URL names. */
export function addDead(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  const dead = cli
    .command("dead")
    .description("tasks out of attempts and jobs that could not be runs")
    .addHelpText("after", EXAMPLES)
    .allowExcessArguments()
    .action((_: Options, { args }: Command) => refuseUnknown(args));
  const jsonOf = (name: string, own: Options): boolean => {
    const options = optionsOf(own);
    refuse(`dead ${name}`, options, SKILL_OPTIONS);
    return options.json === true;
  };
  dead
    .command("ls")
    .description("the newest of them")
    .addOption(limitOption())
    .option("--json", "print them as one JSON document")
    .action((own: Options & { readonly limit?: number }) => {
      const { limit = DEFAULT_LISTED } = own;
      ask({ kind: "dead", action: "ls", limit, json: jsonOf("ls", own) });
    });
  for (const [action, description] of [
    ["show", "one of them, whole"],
    ["retry", "send the job again, or rerun the run of the task; then forget the letter"],
    ["drop", "forget it"],
  ] as const) {
    dead
      .command(action)
      .description(description)
      .argument("<number>", "as `dead ls` lists it", letterNumber)
      .option("--json", "print the answer as one JSON document")
      .action((letter: number, own: Options) =>
        ask({ kind: "dead", action, letter, json: jsonOf(action, own) }),
      );
  }
}

function letterNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("expected the number of a letter");
}

function refuseUnknown([given]: readonly string[]): never {
  const what =
    given === undefined ? "dead needs a command" : `dead has no command ${JSON.stringify(given)}`;
  throw new SwarmError("usage", what, {
    hint: given === undefined ? `known: ${COMMANDS.join(", ")}` : didYouMean(given, COMMANDS),
  });
}
