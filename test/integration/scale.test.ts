import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it, vi } from "vitest";
import { isGone } from "../support/processes.ts";
import { clientOf, executionsOf, follow, startSwarmProcess } from "../support/swarm-process.ts";

const program = resolve(import.meta.dirname, "../../interfaces/cli/bin.mjs");
const SOON = { timeout: 20_000, interval: 50 };

/** A command as a person gives it from a second terminal. */
async function command(directory: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, INIT_CWD: directory };
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { env });
  return stdout;
}

it("`agents scale` starts agents, drains those that are too many, and says what it did; `agents ls` who is there", async () => {
  const directory = await mkdtemp(join(tmpdir(), "cascade scale "));
  await using swarm = startSwarmProcess(directory, ["up", "--agents", "1"]);
  await swarm.seen("swarm.ready");
  expect(await command(directory, "agents", "scale", "3")).toBe(
    "started  agent-2, agent-3\nrunning  3: agent-1, agent-2, agent-3\n",
  );
  const listed = JSON.parse(await command(directory, "agents", "ls", "--json")) as {
    readonly agents: readonly object[];
  };
  expect(listed.agents).toEqual(
    ["agent-1", "agent-2", "agent-3"].map((agent) => ({
      ...{ agent, host: expect.any(String), status: "serving", load: 0, tasks: 0 },
      slots: { light: 64, heavy: 1, sandbox: 1 },
      busy: { light: 0, heavy: 0, sandbox: 0 },
      skills: expect.arrayContaining(["lint-code", "pause"]),
      heartbeatAgeMs: expect.any(Number),
    })),
  );

  await using client = await clientOf(directory);
  const definition = `cascade: long
stages:
  - stage: all
    foreach: [0, 1, 2, 3, 4, 5]
    skill: pause
    inputs: { ms: 3000 }
`;
  const { runId } = await client.submit({ cascade: "long", definition, directory });
  const run = follow(client, runId);
  await vi.waitFor(async () => expect(await executionsOf(directory, runId)).toHaveLength(6), SOON);
  const pids = ["agent-2", "agent-3"].map((name) => swarm.pidOf(name));
  expect(JSON.parse(await command(directory, "agents", "scale", "1", "--json"))).toEqual({
    ...{ schemaVersion: 1, agents: ["agent-1"], started: [], ended: ["agent-2", "agent-3"] },
    killed: [],
  });
  expect(pids.map(isGone)).toEqual([true, true]);
  await run.ended;
  // Each agent finished what it had: nothing was begun twice.
  expect(await executionsOf(directory, runId)).toHaveLength(6);
  expect(run.events.at(-1)?.type).toBe("run.succeeded");
  expect(await command(directory, "agents", "scale", "1")).toBe(
    "nothing to do\nrunning  1: agent-1\n",
  );
});
