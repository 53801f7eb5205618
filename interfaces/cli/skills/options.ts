import type { Command } from "commander";
import {
  allowanceOf,
  allowHostCommandsOption,
  allowProjectSkillsOption,
} from "../command-options.ts";
import type { SkillsCommand } from "./command.ts";

interface Options {
  readonly json?: true;
  readonly allowProjectSkills?: true;
  readonly allowHostCommands?: true;
}

const EXAMPLES = `
Examples:
  npm run cascade -- skills ls                      what there is, and where from
  npm run cascade -- skills show lint-code          inputs, outputs, a stage that uses it`;

/**
 * Adds `skills` and its commands.
 * @param optionsOf what was given, before the command and after it
 * @param refuseOthers throws for options of the main job that mean nothing here
 */
export function addSkills(
  cli: Command,
  optionsOf: (own: Options) => Options,
  {
    ask,
    refuseOthers,
  }: {
    readonly ask: (command: SkillsCommand) => void;
    readonly refuseOthers: (command: string, options: Options) => void;
  },
): void {
  const skills = cli
    .command("skills")
    .description("list, show, begin and test skills")
    .addHelpText("after", EXAMPLES);
  const asked = (name: string, own: Options): Options => {
    const options = optionsOf(own);
    refuseOthers(name, options);
    return options;
  };
  skills
    .command("ls", { isDefault: true })
    .description("list the skills that a swarm started here has")
    .option("--json", "print them as one JSON document")
    .addOption(allowProjectSkillsOption())
    .addOption(allowHostCommandsOption())
    .action((own: Options) => {
      const options = asked("skills ls", own);
      const json = options.json === true;
      ask({ kind: "skills", action: "ls", json, ...allowanceOf(options) });
    });
  skills
    .command("show")
    .description("say what a skill takes and gives, and how a stage uses it")
    .argument("<name>", "of the skill")
    .option("--json", "print it as one JSON document")
    .addOption(allowProjectSkillsOption())
    .addOption(allowHostCommandsOption())
    .action((name: string, own: Options) => {
      const options = asked("skills show", own);
      const json = options.json === true;
      ask({ kind: "skills", action: "show", name, json, ...allowanceOf(options) });
    });
}
