import { join } from "node:path";
import logUpdate from "log-update";
import {
  ADDRESS_FILE,
  addressFromEnvironment,
  openBus,
  readAddress,
} from "../../../bus/connection.ts";
import { SwarmError } from "../../../core/errors.ts";
import { openSubjects } from "../../../core/subjects.ts";
import type { TopologyCommand } from "../commands.ts";
import { Ending } from "../ending.ts";
import { EXIT } from "../exit-code.ts";
import { graphJson, graphMermaid, graphText } from "./graph-text.ts";
import { MessageGraph } from "./message-graph.ts";

const REDRAW_MS = 500;

/** Listens to the swarm that runs here, or to the one that NATS_URL names, and shows who sent how many messages to whom. */
export async function runTopology(
  command: TopologyCommand,
  { directory }: { readonly directory: string },
): Promise<number> {
  const connection = await openBus(addressHere(directory), { name: "topology" });
  using ending = new Ending((words) => void process.stderr.write(`${words}\n`));
  const graph = new MessageGraph();
  const { allHeartbeats, allOffers, allResults, allPeers } = openSubjects();
  for (const subject of [allHeartbeats, allOffers, allResults, allPeers]) {
    connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) graph.add(message.subject, () => message.json());
      },
    });
  }
  const redraws = command.live && process.stdout.isTTY === true && command.form === "text";
  const timer = redraws ? setInterval(() => logUpdate(graphText(graph)), REDRAW_MS) : undefined;
  try {
    await listened(command.live ? undefined : command.forMs, ending.signal);
  } finally {
    clearInterval(timer);
    await connection.close();
  }
  if (redraws) logUpdate.done();
  else process.stdout.write(`${shown(graph, command.form)}\n`);
  return EXIT.ok;
}

function listened(forMs: number | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = forMs === undefined ? undefined : setTimeout(resolve, forMs);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function shown(graph: MessageGraph, form: TopologyCommand["form"]): string {
  if (form === "json") return JSON.stringify(graphJson(graph));
  return form === "mermaid" ? graphMermaid(graph) : graphText(graph);
}

function addressHere(directory: string): ReturnType<typeof readAddress> {
  const named = addressFromEnvironment(process.env);
  if (named !== undefined) return named;
  try {
    return readAddress(join(directory, ADDRESS_FILE));
  } catch (error) {
    throw new SwarmError("coordinator-unavailable", "no swarm runs here", {
      hint: "go to the directory that it was started in, or name its server with NATS_URL",
      cause: error,
    });
  }
}
