import type { Command } from "commander";
import { SwarmError } from "../../core/errors.ts";
import {
  allowanceOf,
  allowHostCommandsOption,
  allowProjectSkillsOption,
  collect,
} from "./command-options.ts";
import {
  type Ask,
  type Options,
  type OptionsOf,
  refuse,
  SKILL_OPTIONS,
  SWARM_OPTIONS,
} from "./program-options.ts";

/** The commands for those who write cascades. None of them needs a swarm. */
export function addFileCommands(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  addValidate(cli, optionsOf, ask);
  addPlan(cli, optionsOf, ask);
  addExplain(cli, optionsOf, ask);
  addSchema(cli, optionsOf, ask);
  addFormat(cli, optionsOf, ask);
  addInit(cli, optionsOf, ask);
}

function addValidate(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("validate")
    .description("check cascades without running them, and show every problem at its place")
    .argument("<cascade...>", "files, folders, registered names, or - for standard input")
    .option("--json", "print the result as one JSON document")
    .addOption(allowProjectSkillsOption())
    .addOption(allowHostCommandsOption())
    .addHelpText("after", EXAMPLES.validate)
    .action((targets: string[], own: Options) => {
      const options = optionsOf(own);
      refuse("validate", options, SWARM_OPTIONS);
      const json = options.json === true;
      ask({ kind: "validate", targets, json, ...allowanceOf(options) });
    });
}

function addPlan(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("plan")
    .description("show what a run of a cascade would do, and start nothing")
    .argument("<cascade>", "name or path")
    .option("--input <key=value>", "an input of the cascade, repeatable", collect)
    .addOption(allowProjectSkillsOption())
    .addOption(allowHostCommandsOption())
    .option("--json", "print the plan as one JSON document")
    .option("--mermaid", "print the stages as a Mermaid flowchart")
    .addHelpText("after", EXAMPLES.plan)
    .action((cascade: string, own: Options & { readonly mermaid?: true }) => {
      const options = optionsOf(own);
      refuse("plan", options, SWARM_OPTIONS);
      const isMermaid = own.mermaid === true;
      if (isMermaid) refuse("plan", options, { json: "--json together with --mermaid" });
      const form = isMermaid ? "mermaid" : options.json === true ? "json" : "text";
      const inputs = own.input ?? [];
      ask({ kind: "plan", cascade, inputs, form, ...allowanceOf(options) });
    });
}

function addExplain(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("explain")
    .description("say what an error code means, or what a run waits for and since when")
    .argument("[what]", "a code, a run's id, or the file of an exported run; none: all codes")
    .option("--json", "print the explanation as one JSON document")
    .addHelpText("after", EXAMPLES.explain)
    .action((code: string | undefined, own: Options) => {
      const options = optionsOf(own);
      refuse("explain", options, SKILL_OPTIONS);
      const json = options.json === true;
      ask({ kind: "explain", json, ...(code === undefined ? {} : { code }) });
    });
}

function addSchema(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("schema")
    .description("print the JSON Schema of cascade files, for editors")
    .addHelpText("after", EXAMPLES.schema)
    .action((own: Options) => {
      refuse("schema", optionsOf(own), { ...SKILL_OPTIONS, json: "--json" });
      ask({ kind: "schema" });
    });
}

function addFormat(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("fmt")
    .description("format cascade files where they stand; comments, anchors and quotes stay")
    .argument("<file...>", "files, folders, or - for standard input to standard output")
    .option("--check", "change nothing; exit with 1 when a file would change")
    .option("--fix", "correct mistyped keys and tabs that indent, and name the schema to editors")
    .addHelpText("after", EXAMPLES.format)
    .action((targets: string[], own: Options & FormatOptions) => {
      refuse("fmt", optionsOf(own), { ...SKILL_OPTIONS, json: "--json" });
      ask({ kind: "fmt", targets, check: own.check === true, fix: own.fix === true });
    });
}

interface FormatOptions {
  readonly check?: true;
  readonly fix?: true;
}

interface InitOptions {
  readonly name?: string;
  readonly github?: true;
  readonly force?: true;
}

const STARTER_NAME = "starter";

function addInit(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("init")
    .description(
      "write a first cascade that runs as it is, cascades/<name>.yaml, or a workflow for GitHub",
    )
    .argument("[folder]", "where the folder cascades is or will be", ".")
    .option("--name <name>", `the cascade's name (default: ${STARTER_NAME})`)
    .option("--github", "write .github/workflows/cascade.yml instead: checks for pull requests")
    .option("--force", "with --github: replace a workflow that is there")
    .option("--json", "print what was written as one JSON document")
    .addHelpText("after", EXAMPLES.init)
    .action((folder: string, own: Options & InitOptions) => {
      const options = optionsOf(own);
      refuse("init", options, SKILL_OPTIONS);
      const json = options.json === true;
      const { github, force, name } = own;
      if (github === true && name !== undefined) {
        throw new SwarmError("usage", "init --github does not take --name", {
          hint: "write the cascade and the workflow with two commands",
        });
      }
      if (github !== true && force === true) {
        throw new SwarmError("usage", "init takes --force with --github only", {
          hint: "a cascade is never overwritten: give it another name with --name",
        });
      }
      if (github === true) ask({ kind: "init-github", folder, force: force === true, json });
      else ask({ kind: "init", folder, name: name ?? STARTER_NAME, json });
    });
}

const EXAMPLES = {
  validate: `
Examples:
  npm run cascade -- validate cascades
  npm run cascade -- validate code-quality-swarm
  npm run cascade -- validate --json my.yaml other.yaml
  npm run cascade -- validate --allow-project-skills my.yaml
  npm run -s cascade -- validate - < my.yaml`,
  plan: `
Examples:
  npm run cascade -- plan code-quality-swarm
  npm run cascade -- plan code-quality-swarm --input path=.
  npm run -s cascade -- plan --mermaid my.yaml
  npm run -s cascade -- plan --json my.yaml --input key=value`,
  explain: `
Examples:
  npm run cascade -- explain
  npm run cascade -- explain unknown-skill
  npm run cascade -- explain r1abc-2
  npm run cascade -- explain run.ndjson`,
  schema: `
Example:
  npm run -s cascade -- schema > cascade.schema.json`,
  format: `
Examples:
  npm run cascade -- fmt cascades
  npm run cascade -- fmt --check my.yaml
  npm run cascade -- fmt --fix my.yaml
  npm run -s cascade -- fmt - < my.yaml`,
  init: `
Examples:
  npm run cascade -- init
  npm run cascade -- init ~/code/my-app --name my-checks
  npm run cascade -- init --github ~/code/my-app`,
} as const;
