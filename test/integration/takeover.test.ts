import { describe, expect, it, vi } from "vitest";
import { startInProcessSwarm } from "../support/in-process-swarm.ts";
import { executionsOf, follow } from "../support/swarm-process.ts";

describe("take-over", () => {
  it("a standby coordinator takes the shards of one that fell silent, and its runs go on", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1, coordinators: 0 });
    const first = await swarm.addCoordinator();
    await swarm.addCoordinator();
    const job = { cascade: "pauses", inputs: { ms: 300 }, directory: swarm.directory };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.reached("task.offered");
    await first.connection.close(); // without a word: its lease runs out
    await run.ended;
    expect(run.events.map((event) => event.n)).toEqual(run.events.map((_, index) => index + 1));
    expect(run.events.at(-1)?.type).toBe("run.succeeded");
    const executed = (await executionsOf(swarm.directory, runId)).map((line) => line.split(" ")[0]);
    expect(executed).toEqual(["first/0", "second/0", "third/0", "fourth/0"]);
  });

  it("a job that a coordinator without the run's shard takes in is handed to the owner", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1, coordinators: 2 });
    const runs = await Promise.all(
      Array.from({ length: 20 }, () =>
        swarm.client.submit({ cascade: "pauses", inputs: { ms: 1 }, directory: swarm.directory }),
      ),
    );
    const followed = runs.map(({ runId }) => follow(swarm.client, runId));
    await Promise.all(followed.map((run) => run.ended));
    expect(followed.map((run) => run.events.at(-1)?.type)).toEqual(runs.map(() => "run.succeeded"));
  });

  it("a result that nobody could take is parked, and counts when a coordinator is back", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1, coordinators: 0 });
    const first = await swarm.addCoordinator();
    const job = { cascade: "pauses", inputs: { ms: 300 }, directory: swarm.directory };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.reached("task.offered");
    await first.connection.close();
    await vi.waitFor(
      () => expect(swarm.lines).toContainEqual(expect.objectContaining({ event: "result.parked" })),
      10_000,
    );
    await swarm.addCoordinator([first.id]);
    await run.ended;
    const outcomes = run.events.filter((event) => event.type.startsWith("task."));
    expect(outcomes.map((event) => event.type)).toEqual(
      Array.from({ length: 4 }, () => ["task.offered", "task.succeeded"]).flat(),
    );
    expect(await executionsOf(swarm.directory, runId)).toHaveLength(4);
  });

  it("a coordinator that drains gives its shards back at once", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1, coordinators: 0 });
    const first = await swarm.addCoordinator();
    await first.drain();
    await first.connection.close();
    await swarm.addCoordinator();
    const job = { cascade: "pauses", inputs: { ms: 1 }, directory: swarm.directory };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.ended;
    expect(run.events.at(-1)?.type).toBe("run.succeeded");
  });
});
