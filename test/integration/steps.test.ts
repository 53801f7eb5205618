import { describe, expect, it } from "vitest";
import { startInProcessSwarm } from "../support/in-process-swarm.ts";
import { executionsOf, follow } from "../support/swarm-process.ts";

const definition = (inputs: string): string =>
  `cascade: paid\nstages:\n  - { stage: work, skill: paid-steps, inputs: ${inputs} }\n`;
const LONG_MS = 60_000;

describe("steps of a task", () => {
  it.each([
    { what: "small", size: 1 },
    { what: "larger than a message", size: 70_000 },
  ])("are given to the next attempt when the agent is lost, and not done again: $what", async ({
    size,
  }) => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    const first = await swarm.addAgent("first");
    const job = {
      cascade: "paid",
      definition: definition(`{ ms: ${LONG_MS}, size: ${size} }`),
      directory: swarm.directory,
    };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.reached("task.step_recorded", ({ data }) => data["name"] === "b");
    await first.connection.close(); // without a word
    await swarm.addAgent("second");
    await run.ended;
    expect(await executionsOf(swarm.directory, runId)).toEqual(["a 1", "b 1", "c 2"]);
    const recorded = run.events.filter(({ type }) => type === "task.step_recorded");
    expect(recorded.map(({ data }) => [data["name"], data["attempt"], data["agent"]])).toEqual([
      ["a", 1, "first"],
      ["b", 1, "first"],
      ["c", 2, "second"],
    ]);
    expect(run.events.at(-1)).toMatchObject({
      type: "run.succeeded",
      data: { output: { value: { lengths: [size, size, size] } } },
    });
  });

  it("outlive the coordinator that recorded them", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0, coordinators: 2 });
    await swarm.evenShares();
    const first = await swarm.addAgent("first");
    const job = {
      cascade: "paid",
      definition: definition(`{ ms: ${LONG_MS} }`),
      directory: swarm.directory,
    };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.reached("task.step_recorded", ({ data }) => data["name"] === "b");
    await (await swarm.ownerOf(runId)).connection.close();
    await first.connection.close();
    await swarm.addAgent("second");
    await run.ended;
    expect(await executionsOf(swarm.directory, runId)).toEqual(["a 1", "b 1", "c 2"]);
    expect(run.events.at(-1)?.type).toBe("run.succeeded");
  });
});
