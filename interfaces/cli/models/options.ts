import { type Command, Option } from "commander";
import { SwarmError } from "../../../core/errors.ts";
import { MODEL_FEATURES, type ModelFeature } from "../../../core/model.ts";
import { didYouMean } from "../../../language/nearest.ts";
import {
  type Ask,
  type Options,
  type OptionsOf,
  refuse,
  SKILL_OPTIONS,
} from "../program-options.ts";

const COMMANDS = ["ls", "route", "doctor"];

const EXAMPLES = `
Examples:
  npm run cascade -- models ls                                        what is known, with today's prices
  npm run cascade -- models route --feature needs_current_info        who would be asked, and why
  npm run cascade -- models route --model claude
  npm run cascade -- models doctor                                    whose keys are there`;

/** `models` and its commands. None of them needs a swarm, and none asks a model. */
export function addModels(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  const models = cli
    .command("models")
    .description("list models, and say which of them would be asked")
    .addHelpText("after", EXAMPLES);
  const isJson = (name: string, own: Options): boolean => {
    const options = optionsOf(own);
    refuse(name, options, SKILL_OPTIONS);
    return options.json === true;
  };
  models
    .command("ls", { isDefault: true })
    .description("list the models that are known, with today's prices")
    .option("--json", "print them as one JSON document")
    .allowExcessArguments()
    .action((own: Options, { args }: Command) => {
      refuseUnknown(args);
      ask({ kind: "models", action: "ls", json: isJson("models ls", own) });
    });
  models
    .command("route")
    .description("say which models would be asked, in which order, and why not others")
    .option("--json", "print the decision as one JSON document")
    .option("--model <name>", "as a stage names it", "auto-select")
    .addOption(
      new Option("--feature <feature...>", "what the task needs")
        .choices(MODEL_FEATURES)
        .default([]),
    )
    .action((own: Options & { readonly model: string; readonly feature: ModelFeature[] }) => {
      const json = isJson("models route", own);
      ask({ kind: "models", action: "route", json, model: own.model, features: own.feature });
    });
  models
    .command("doctor")
    .description("say whose models can be had here, and what is missing for the others")
    .option("--json", "print it as one JSON document")
    .action((own: Options) =>
      ask({ kind: "models", action: "doctor", json: isJson("models doctor", own) }),
    );
}

/** As the default, `ls` gets what is no command. */
function refuseUnknown([word]: readonly string[]): void {
  if (word === undefined) return;
  throw new SwarmError("usage", `models has no command ${JSON.stringify(word)}`, {
    hint: didYouMean(word, COMMANDS),
  });
}
