import { Argument, type Command } from "commander";
import type { TopologyName } from "../../../core/plan.ts";
import { TOPOLOGIES } from "../../../topology/registry.ts";
import { agentsOption, DEFAULT_AGENTS } from "../command-options.ts";
import {
  ALLOW_OPTIONS,
  type Ask,
  type Options,
  type OptionsOf,
  RUN_OPTIONS,
  refuse,
} from "../program-options.ts";

const EXAMPLES = `
Examples:
  npm run swarm -- demo mesh
  npm run swarm -- demo hierarchical --agents 6
  npm run swarm -- demo star --json`;

/** `demo`: a swarm of its own in a folder of its own, whatever else runs here. */
export function addDemo(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("demo")
    .description("run a cascade in a topology, kill an agent in the middle, and show what follows")
    .addArgument(new Argument("<topology>", "which one").choices(Object.keys(TOPOLOGIES)))
    .option("--json", "print what was seen as one JSON document")
    .addOption(agentsOption())
    .addHelpText("after", EXAMPLES)
    .action((topology: TopologyName, own: Options) => {
      const options = optionsOf(own);
      const { once: _, ...others } = RUN_OPTIONS;
      refuse("demo", options, {
        ...others,
        ...ALLOW_OPTIONS,
        logs: "--logs",
        sandbox: "--sandbox",
      });
      const { agents = DEFAULT_AGENTS, json = false } = options;
      ask({ kind: "demo", topology, agents, json });
    });
}
