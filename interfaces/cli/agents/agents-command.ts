import { clientHere } from "../client-here.ts";
import { EXIT } from "../exit-code.ts";
import type { AgentsCommand } from "./command.ts";
import { presenceJson, presenceLines } from "./presence-text.ts";
import { scaleAgents } from "./scale-agents.ts";

/** Lists the agents of a swarm, or has its supervisor start and end some. */
export async function runAgents(
  command: AgentsCommand,
  { directory }: { readonly directory: string },
): Promise<number> {
  if (command.action === "scale") return scaleAgents(command, directory);
  const client = await clientHere(directory);
  try {
    const present = await client.rollCall();
    const text = command.json
      ? JSON.stringify({ schemaVersion: 1, agents: present.map(presenceJson) })
      : presenceLines(present).join("\n");
    process.stdout.write(`${text}\n`);
    return EXIT.ok;
  } finally {
    await client.close();
  }
}
