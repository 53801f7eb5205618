import type { Command } from "commander";
import { SwarmError } from "../../../core/errors.ts";
import { DURATION_FORM, parseDuration } from "../../../language/duration.ts";
import {
  type Ask,
  type Options,
  type OptionsOf,
  refuse,
  SKILL_OPTIONS,
} from "../program-options.ts";

type Own = Options & { readonly live?: true; readonly mermaid?: true; readonly for: string };

const EXAMPLES = `
Examples:
  npm run cascade -- topology                   listen for five seconds
  npm run cascade -- topology --live            until Ctrl-C
  npm run cascade -- topology --for 1m --mermaid > graph.mmd`;

/** `topology`: it talks to the swarm that runs here, or to the one that NATS_URL names. */
export function addTopology(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("topology")
    .description("listen to the swarm that runs here, and show who sends messages to whom")
    .option("--live", "until Ctrl-C, drawn anew as messages come")
    .option("--for <duration>", "how long it listens, as 500ms, 90s or 10m", "5s")
    .option("--json", "print the graph as one JSON document")
    .option("--mermaid", "print the graph as a Mermaid flowchart")
    .addHelpText("after", EXAMPLES)
    .action((own: Own) => {
      const options = optionsOf(own);
      refuse("topology", options, SKILL_OPTIONS);
      if (own.mermaid === true)
        refuse("topology", options, { json: "--json together with --mermaid" });
      const forMs = parseDuration(own.for);
      if (forMs === undefined || forMs < 1)
        throw new SwarmError("usage", `--for ${own.for} is not a duration`, {
          hint: DURATION_FORM,
        });
      const form = own.mermaid === true ? "mermaid" : options.json === true ? "json" : "text";
      ask({ kind: "topology", live: own.live === true, forMs, form });
    });
}
