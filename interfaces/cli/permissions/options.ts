import type { Command } from "commander";
import { SwarmError } from "../../../core/errors.ts";
import { parseAgentId } from "../../../core/ids.ts";
import type { TopologyName } from "../../../core/plan.ts";
import { TOPOLOGIES } from "../../../topology/registry.ts";
import { type Ask, type OptionsOf, refuse, SKILL_OPTIONS } from "../program-options.ts";

const EXAMPLES = `
Examples:
  npm run cascade -- permissions agent-1 agent-2 agent-3 > accounts.conf
  npm run cascade -- permissions a b c d --topology ring`;

/** `permissions`: for a server that is not started by the swarm. It asks no server. */
export function addPermissions(cli: Command, optionsOf: OptionsOf, ask: Ask): void {
  cli
    .command("permissions")
    .description("print the accounts and permissions that a nats-server of your own needs")
    .argument("<agent...>", "names of the agents, as CASCADE_AGENT_ID has them")
    .option("--topology <name>", "who of them may talk to whom", "mesh")
    .addHelpText("after", EXAMPLES)
    .action((agents: readonly string[], own: { readonly topology: string }) => {
      refuse("permissions", optionsOf({}), { ...SKILL_OPTIONS, json: "--json" });
      if (!Object.hasOwn(TOPOLOGIES, own.topology)) {
        throw new SwarmError("usage", `--topology ${own.topology} is none`, {
          hint: `one of ${Object.keys(TOPOLOGIES).join(", ")}`,
        });
      }
      const topology = own.topology as TopologyName;
      ask({ kind: "permissions", agents: agents.map(parseAgentId), topology });
    });
}
