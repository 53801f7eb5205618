import type { Command } from "commander";
import {
  type Ask,
  type Options,
  type OptionsOf,
  refuse,
  SKILL_OPTIONS,
} from "../program-options.ts";

const EXAMPLES = {
  export: `
Examples:
  npm run cascade -- export swarm.ndjson     of the swarm that runs here, or of the store that it left
  NATS_URL=nats://… npm run cascade -- export swarm.ndjson`,
  import: `
Examples:
  npm run cascade -- import swarm.ndjson     into the store of this directory, in which nothing may be yet
  NATS_URL=nats://… npm run cascade -- import swarm.ndjson`,
} as const;

/** `export` and `import`: a backup of everything that is stored, and back. */
export function addBackup(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  const add = (kind: "export" | "import", description: string): void => {
    cli
      .command(kind)
      .description(description)
      .argument("<file>", "the backup")
      .option("--json", "print what is in it as one JSON document")
      .addHelpText("after", EXAMPLES[kind])
      .action((file: string, own: Options) => {
        const options = optionsOf(own);
        refuse(kind, options, SKILL_OPTIONS);
        ask({ kind, file, json: options.json === true });
      });
  };
  add(
    "export",
    "write everything that is stored into one file: runs, memory, waiting jobs, objects",
  );
  add(
    "import",
    "bring such a file into an empty store; its unfinished runs go on when a swarm starts",
  );
}
