import { readFileSync } from "node:fs";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { Scrubber } from "../../core/scrub.ts";
import { NOTHING_ALLOWED } from "../../core/skill-allowance.ts";
import type { McpCommand } from "../cli/commands.ts";
import { Ending } from "../cli/ending.ts";
import { EXIT } from "../cli/exit-code.ts";
import { newState } from "./ruv-swarm/settings.ts";
import { openMcpServer } from "./server.ts";
import { StandingSwarm } from "./standing-swarm.ts";

/**
 * Serves the Model Context Protocol on standard input and output until the client closes its end, or a signal. Nothing
 * else is written to standard output; what was started is stopped at the end.
 */
export async function runMcp(
  { agents, allowance = NOTHING_ALLOWED, sandbox }: McpCommand,
  { directory, scrubber }: { readonly directory: string; readonly scrubber: Scrubber },
): Promise<number> {
  const say = (words: string): void =>
    void process.stderr.write(`${scrubber.scrub(`cascade-swarm mcp: ${words}`)}\n`);
  using ending = new Ending(say);
  const env = sandbox === undefined ? process.env : { ...process.env, CASCADE_SANDBOX: sandbox };
  const swarm = new StandingSwarm({ directory, env, allowance, scrubber, agents });
  ending.killWith(() => swarm.kill());
  const state = newState();
  const version = ownVersion();
  const onDefect = (error: unknown): void =>
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const handle = serveStdio(
    () => openMcpServer({ directory, env, allowance, swarm, state, scrubber, version, onDefect }),
    { onerror: (error) => say(error.message) },
  );
  for (const event of ["end", "close"])
    process.stdin.once(event, () => ending.begin(EXIT.ok, "the client is gone: stopping"));
  const code = await ending.code;
  await handle.close();
  await swarm.close();
  return code;
}

function ownVersion(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version;
}
