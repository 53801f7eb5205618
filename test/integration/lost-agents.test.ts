import { expect, it, vi } from "vitest";
import type { Heartbeat } from "../../bus/messages.ts";
import { openAgentScript } from "../support/agent-script.ts";
import { startInProcessSwarm } from "../support/in-process-swarm.ts";
import { startTestServer } from "../support/nats.ts";
import { follow } from "../support/swarm-process.ts";

const SOON = { timeout: 20_000, interval: 20 };

it("a swarm that loses its agents says how many are left; with none it waits, says so once, and goes on with the next one", async () => {
  await using swarm = await startInProcessSwarm({ agents: 0 });
  const agents = [await swarm.addAgent("a"), await swarm.addAgent("b")];
  const seen = (event: string) => swarm.lines.filter((line) => line.event === event);
  await vi.waitFor(() => expect(seen("agent.joined")).toHaveLength(2), SOON);
  for (const { connection } of agents) await connection.close(); // without a word
  await vi.waitFor(() => expect(seen("agent.lost")).toHaveLength(2), SOON);
  expect(seen("agent.lost").map((line) => line["agents"])).toEqual([1, 0]);
  expect(seen("swarm.empty")).toEqual([]); // nothing waits

  const definition = `cascade: patient
stages:
  - stage: all
    foreach: [0, 1, 2]
    skill: pause
    error_handling: { strategy: swarm-recovery }
`;
  const { client, directory } = swarm;
  const { runId } = await client.submit({ cascade: "patient", definition, directory });
  const run = follow(client, runId);
  await vi.waitFor(() => expect(seen("swarm.empty")).toHaveLength(1), SOON);
  expect(seen("swarm.empty")).toEqual([expect.objectContaining({ level: "warn", tasks: 3 })]);
  await swarm.addAgent("c");
  await run.ended;
  expect(run.events.at(-1)?.type).toBe("run.succeeded");
  expect(seen("swarm.empty")).toHaveLength(1);
});

it("an agent whose skill computes for five seconds without a pause goes on giving signs of life", async () => {
  await using server = await startTestServer();
  await using script = await openAgentScript(server);
  await script.addAgent("busy");
  const beats: Heartbeat[] = [];
  script.connection.subscribe("cascade.agent.busy.heartbeat", {
    callback: (_, message) => void beats.push(message.json<Heartbeat>()),
  });
  const results = script.takeResults();
  const spin = { skill: "misbehave", lane: "heavy", inputs: { how: "spin" } } as const;
  await script.offer("busy", [script.taskOf(0, { ...spin, timeoutMs: 5_000 })]);
  await vi.waitFor(() => expect(results).toHaveLength(1), SOON);
  expect(results).toEqual([
    expect.objectContaining({ error: expect.objectContaining({ code: "task-timeout" }) }),
  ]);
  const whileBusy = beats.filter(({ busy }) => busy.heavy === 1);
  // One every 750 ms; an agent is suspected after three that did not come.
  expect(whileBusy.length).toBeGreaterThan(3);
});
