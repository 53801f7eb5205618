import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { addressFromEnvironment, openBus } from "../../bus/connection.ts";
import type { Client } from "../../coordinator/client.ts";
import type { Scrubber } from "../../core/scrub.ts";
import { clientHere } from "../cli/client-here.ts";
import { Ending } from "../cli/ending.ts";
import { addressHere } from "../cli/swarm-address.ts";
import { withSwarm } from "../cli/swarm-work.ts";
import type { DashboardCommand } from "./command.ts";
import { openDashboard } from "./server/dashboard-server.ts";
import { tokenIn } from "./server/token.ts";

/** Serves the dashboard of the swarm that runs here, of one that it starts, or of the server that `NATS_URL` names, until a signal. */
export async function runDashboard(
  command: DashboardCommand,
  { directory, scrubber }: { readonly directory: string; readonly scrubber: Scrubber },
): Promise<number> {
  if (addressFromEnvironment(process.env) !== undefined) {
    await using client = await clientHere(directory);
    using ending = new Ending((words) => void process.stderr.write(`${words}\n`));
    await using _ = await shown(client, { command, directory, say: sayOnStdout });
    return await ending.code;
  }
  const { agents, allowance, sandbox } = command;
  const options = {
    directory,
    agents,
    logs: false,
    stream: process.stderr,
    scrubber,
    ...(allowance === undefined ? {} : { allowance }),
    ...(sandbox === undefined ? {} : { sandbox }),
  };
  return withSwarm(options, async ({ session, ending }) => {
    await using _ = await shown(session.client, { command, directory, say: sayOnStdout });
    return await Promise.race([ending.code, session.lost]);
  });
}

function sayOnStdout(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function shown(
  client: Client,
  {
    command,
    directory,
    say,
  }: {
    readonly command: DashboardCommand;
    readonly directory: string;
    readonly say: (text: string) => void;
  },
): Promise<AsyncDisposable> {
  const dashboard = await openDashboard({
    client,
    directory,
    env: process.env,
    ...(command.allowance === undefined ? {} : { allowance: command.allowance }),
    openTraffic: () => openBus(addressHere(directory), { name: "dashboard" }),
    version: packageVersion(),
    port: command.port,
    token: tokenIn(join(directory, ".cascade"), randomBytes),
    onError: (error) =>
      void process.stderr.write(
        `error dashboard: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      ),
  });
  say(`dashboard: ${dashboard.link}`);
  return dashboard;
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
