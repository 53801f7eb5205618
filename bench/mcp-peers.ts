import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

/**
 * `npm run bench:mcp-peers -- <folder>`: our MCP server beside that of ruv-swarm, which `npm install --prefix <folder>
 * ruv-swarm@1.0.20` brings. The same client asks both the same things; what it saw is written down, nothing is judged.
 */
const root = resolve(import.meta.dirname, "..");
const folder = process.argv[2];
const peers: Readonly<Record<string, readonly string[]>> = {
  "cascade-swarm": [process.execPath, join(root, "interfaces/cli/bin.mjs"), "mcp"],
  ...(folder === undefined
    ? {}
    : {
        // The Node.js that npm built its native module for.
        "ruv-swarm": [
          "node",
          join(resolve(folder), "node_modules/ruv-swarm/bin/ruv-swarm-secure.js"),
          ...["mcp", "start"],
        ],
      }),
};
const STARTS = 5;
const TASK_TIMEOUT_MS = 30_000;

interface Seen {
  readonly connectMs: readonly number[];
  readonly tools: number;
  readonly tokens: number;
  readonly hello: string;
  readonly helloMs: number;
  readonly unknownTask: string;
}

const rows: string[] = [];
for (const [name, command] of Object.entries(peers)) {
  const seen = await look(command);
  const sorted = seen.connectMs.toSorted((a, b) => a - b);
  rows.push(
    `| ${name} | ${ms(sorted[Math.floor(STARTS / 2)])} | ${seen.tools} | ${seen.tokens} | ${seen.hello} | ${ms(seen.helloMs)} | ${seen.unknownTask} |`,
  );
}
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`;
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], {
  cwd: root,
  encoding: "utf8",
});
const lines = [
  `${new Date().toISOString().slice(0, 10)}, ${commit.trim()}, Node ${process.version}, ${machine}; median of ${STARTS} starts.`,
  "",
  "| server | connected | tools | tokens of the list | write HELLO to out.txt | took | results of a task that is not there |",
  "| --- | ---: | ---: | ---: | --- | ---: | --- |",
  ...rows,
];
process.stdout.write(`${lines.join("\n")}\n`);

async function look(command: readonly string[]): Promise<Seen> {
  const directory = await mkdtemp(join(tmpdir(), "mcp-peers-"));
  try {
    const connectMs: number[] = [];
    for (let start = 1; start < STARTS; start++) {
      const { client, tookMs } = await connect(command, directory);
      connectMs.push(tookMs);
      await client.close();
    }
    const { client, tookMs } = await connect(command, directory);
    const { tools } = await client.listTools();
    const call = (name: string, input: Record<string, unknown>) =>
      client.callTool({ name, arguments: input }, { timeout: 120_000 });
    await call("swarm_init", { topology: "mesh", maxAgents: 5 });
    await call("agent_spawn", { type: "coder" });
    const startedMs = performance.now();
    await call("task_orchestrate", { task: "write HELLO to out.txt" });
    const hello = await fileWithin(join(directory, "out.txt"), TASK_TIMEOUT_MS);
    const helloMs = performance.now() - startedMs;
    const unknown = await call("task_results", { taskId: "task-1", format: "detailed" }).catch(
      (error: unknown) => ({ isError: true, content: String(error) }),
    );
    await client.close();
    return {
      connectMs: [...connectMs, tookMs],
      tools: tools.length,
      tokens: Math.round(JSON.stringify({ tools }).length / 4),
      hello: hello === undefined ? "no file" : `the file holds ${JSON.stringify(hello)}`,
      helloMs: hello === undefined ? Number.NaN : helloMs,
      unknownTask:
        unknown.isError === true ? "an error" : shortened(JSON.stringify(unknown.content)),
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function connect([program = "", ...args]: readonly string[], cwd: string) {
  const transport = new StdioClientTransport({
    command: program,
    args,
    cwd,
    stderr: "ignore",
  });
  const client = new Client({ name: "bench", version: "1" });
  const startedMs = performance.now();
  await client.connect(transport);
  return { client, tookMs: performance.now() - startedMs };
}

/** What the file holds as soon as it is there; undefined when it does not come. */
async function fileWithin(path: string, timeoutMs: number): Promise<string | undefined> {
  const untilMs = performance.now() + timeoutMs;
  while (performance.now() < untilMs) {
    if (existsSync(path)) return readFile(path, "utf8");
    await pause(10);
  }
  return undefined;
}

function shortened(text: string): string {
  const names = /mock[^"\\]*/i.exec(text)?.[0];
  return names === undefined ? "an answer" : `an answer with “${names}”`;
}

function ms(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "–" : `${Math.round(value)} ms`;
}
