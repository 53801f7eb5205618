import { type Command, Option } from "commander";
import { SwarmError } from "../../../core/errors.ts";
import type { SkillKind } from "../../../core/skill.ts";
import { didYouMean } from "../../../language/nearest.ts";
import {
  allowanceOf,
  allowHostCommandsOption,
  allowProjectSkillsOption,
} from "../command-options.ts";
import {
  type Ask,
  type Options,
  type OptionsOf,
  refuse,
  SKILL_OPTIONS,
  SWARM_OPTIONS,
} from "../program-options.ts";

const KINDS: readonly SkillKind[] = ["code", "argv", "prompt"];
const COMMANDS = ["ls", "show", "test", "new"];

const EXAMPLES = `
Examples:
  npm run cascade -- skills ls                      what there is, and where from
  npm run cascade -- skills show lint-code          inputs, outputs, a stage that uses it
  npm run cascade -- skills new count-words         a skill to begin with, in .cascade/skills
  npm run cascade -- skills test count-words --allow-project-skills`;

/** `skills` and its commands. None of them needs a swarm. */
export function addSkills(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  const skills = cli
    .command("skills")
    .description("list, show, begin and test skills")
    .addHelpText("after", EXAMPLES);
  const asked = (name: string, own: Options): Options => {
    const options = optionsOf(own);
    refuse(name, options, SWARM_OPTIONS);
    return options;
  };
  skills
    .command("ls", { isDefault: true })
    .description("list the skills that a swarm started here has")
    .option("--json", "print them as one JSON document")
    .addOption(allowProjectSkillsOption())
    .addOption(allowHostCommandsOption())
    .allowExcessArguments()
    .action((own: Options, { args }: Command) => {
      refuseUnknown(args);
      const options = asked("skills ls", own);
      const json = options.json === true;
      ask({ kind: "skills", action: "ls", json, ...allowanceOf(options) });
    });
  const about = (action: "show" | "test", description: string): void => {
    skills
      .command(action)
      .description(description)
      .argument("<name>", "of the skill")
      .option("--json", "print it as one JSON document")
      .addOption(allowProjectSkillsOption())
      .addOption(allowHostCommandsOption())
      .action((name: string, own: Options) => {
        const options = asked(`skills ${action}`, own);
        const json = options.json === true;
        ask({ kind: "skills", action, name, json, ...allowanceOf(options) });
      });
  };
  about("show", "say what a skill takes and gives, and how a stage uses it");
  about("test", "run a skill for its tests/*.yaml, as an agent does, and compare");
  skills
    .command("new")
    .description("write a skill that works into .cascade/skills, to begin with")
    .argument("<name>", "lower-case letters and digits, joined by hyphens")
    .addOption(
      new Option("--kind <kind>", "a TypeScript module, a program, or a text for a model")
        .choices(KINDS)
        .default("code"),
    )
    .action((name: string, own: Options & { readonly kind: SkillKind }) => {
      refuse("skills new", optionsOf(own), { ...SKILL_OPTIONS, json: "--json" });
      ask({ kind: "skills", action: "new", name, form: own.kind });
    });
}

/** As the default, `ls` gets what is no command. */
function refuseUnknown([word]: readonly string[]): void {
  if (word === undefined) return;
  throw new SwarmError("usage", `skills has no command ${JSON.stringify(word)}`, {
    hint: didYouMean(word, COMMANDS),
  });
}
