import type { Command } from "commander";
import { SwarmError } from "../../../core/errors.ts";
import { didYouMean } from "../../../language/nearest.ts";
import {
  type Ask,
  type Options,
  type OptionsOf,
  refuse,
  SKILL_OPTIONS,
} from "../program-options.ts";

const COMMANDS = ["approve", "cancel"];

const EXAMPLES = `
Examples:
  npm run cascade -- runs approve r1abc-2 release              yes: the run goes on
  npm run cascade -- runs approve r1abc-2 release --deny --comment "not on a Friday"
  npm run cascade -- runs cancel r1abc-2 --reason "wrong branch"`;

/** `runs` and its commands. They talk to the swarm that runs here, or to the one that NATS_URL names. */
export function addRuns(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  const runs = cli
    .command("runs")
    .description("answer runs that wait for a person, and end them early")
    .addHelpText("after", EXAMPLES)
    .allowExcessArguments()
    .action((_: Options, { args }: Command) => refuseUnknown(args));
  const common = (name: string, own: Options): { readonly json: boolean } => {
    const options = optionsOf(own);
    refuse(`runs ${name}`, options, SKILL_OPTIONS);
    return { json: options.json === true };
  };
  runs
    .command("approve")
    .description("answer a stage that waits for an approval")
    .argument("<run>", "its id")
    .argument("<stage>", "its id")
    .option("--deny", "answer no: the stage fails")
    .option("--comment <text>", "kept with the answer")
    .option("--json", "print the answer as one JSON document")
    .action((run: string, stage: string, own: Answer) => {
      const { deny, comment } = own;
      const words = comment === undefined ? {} : { comment };
      const approved = deny !== true;
      ask({
        kind: "runs",
        action: "approve",
        run,
        stage,
        approved,
        ...words,
        ...common("approve", own),
      });
    });
  runs
    .command("cancel")
    .description("end a run early")
    .argument("<run>", "its id")
    .option("--reason <text>", "kept with the run", "asked on the command line")
    .option("--json", "print how the run ended as one JSON document")
    .action((run: string, own: Options & { readonly reason: string }) => {
      const { reason } = own;
      ask({ kind: "runs", action: "cancel", run, reason, ...common("cancel", own) });
    });
}

type Answer = Options & { readonly deny?: true; readonly comment?: string };

function refuseUnknown([given]: readonly string[]): never {
  const what =
    given === undefined ? "runs needs a command" : `runs has no command ${JSON.stringify(given)}`;
  throw new SwarmError("usage", what, {
    hint: given === undefined ? `known: ${COMMANDS.join(", ")}` : didYouMean(given, COMMANDS),
  });
}
