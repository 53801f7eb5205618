import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { PublishedEvent } from "../../bus/messages.ts";
import { isGone } from "../support/processes.ts";
import { clientOf, executionsOf, follow, startSwarmProcess } from "../support/swarm-process.ts";

const newDirectory = () => mkdtemp(join(tmpdir(), "cascade survival "));
const items = Array.from({ length: 12 }, (_, index) => index);

/** What must hold for every run, whatever was killed: no gap, no second outcome of anything. */
function expectSoundHistory(events: readonly PublishedEvent[]): void {
  expect(events.map((event) => event.n)).toEqual(events.map((_, index) => index + 1));
  const outcomes = events
    .filter((event) => /^(task|stage)\.succeeded$|^run\./.test(event.type))
    .map((event) => `${event.type} ${event.data["stage"] ?? ""} ${event.data["index"] ?? ""}`);
  expect(new Set(outcomes).size).toBe(outcomes.length);
  expect(events.at(-1)?.type).toBe("run.succeeded");
}

describe("kill -9 in the middle of a run", () => {
  it("of an agent: its tasks run elsewhere, and what was done is not done again", async () => {
    const directory = await newDirectory();
    await using swarm = startSwarmProcess(directory, ["up", "--agents", "2"]);
    await swarm.seen("swarm.ready");
    await using client = await clientOf(directory);
    const { runId } = await client.submit({
      cascade: "wide",
      inputs: { items, ms: 300 },
      directory,
    });
    const run = follow(client, runId);
    const { agentId } = (await swarm.seen("task.accepted")) as unknown as { agentId: string };
    process.kill(swarm.pidOf(agentId), "SIGKILL");
    await swarm.seen("agent.lost", (line) => line["agentId"] === agentId);
    await swarm.seen("task.redistributed");
    await run.ended;
    expectSoundHistory(run.events);
    const executed = await executionsOf(directory, runId);
    const again = executed.filter((line) => line.split(" ")[1] === "2");
    expect(again.length).toBeGreaterThan(0);
    const lost = run.events.filter((event) => event.type === "task.failed");
    expect(lost.map((event) => event.data["agent"])).toEqual(lost.map(() => agentId));
    expect(executed.length).toBeLessThanOrEqual(items.length + 1 + lost.length);
  });

  it("of the coordinator: the run goes on, and no finished stage runs again", async () => {
    const directory = await newDirectory();
    await using swarm = startSwarmProcess(directory, ["up", "--agents", "2"]);
    await swarm.seen("swarm.ready");
    await using client = await clientOf(directory);
    const { runId } = await client.submit({ cascade: "pauses", inputs: { ms: 400 }, directory });
    const run = follow(client, runId);
    await run.reached("task.offered", (event) => event.data["stage"] === "second");
    process.kill(swarm.pidOf("coordinator"), "SIGKILL");
    await swarm.seen("run.resumed", (line) => line["runId"] === runId);
    await run.ended;
    expectSoundHistory(run.events);
    const executed = (await executionsOf(directory, runId)).map((line) => line.split(" ")[0]);
    expect(executed).toEqual(["first/0", "second/0", "third/0", "fourth/0"]);
  });

  it("of the server: nothing stored is lost and the run goes on", async () => {
    const directory = await newDirectory();
    await using swarm = startSwarmProcess(directory, ["up", "--agents", "2"]);
    await swarm.seen("swarm.ready");
    await using client = await clientOf(directory);
    const { runId } = await client.submit({ cascade: "pauses", inputs: { ms: 400 }, directory });
    const run = follow(client, runId);
    await run.reached("task.offered", (event) => event.data["stage"] === "second");
    process.kill(swarm.pidOf("nats-server"), "SIGKILL");
    await swarm.seen("server.restarted");
    await run.ended;
    expectSoundHistory(run.events);
    const executed = (await executionsOf(directory, runId)).map((line) => line.split(" ")[0]);
    expect(executed).toEqual(["first/0", "second/0", "third/0", "fourth/0"]);
  });

  it("of the supervisor: nothing stays behind, and the next start resumes the run", async () => {
    const directory = await newDirectory();
    await using first = startSwarmProcess(directory, ["up", "--agents", "2"]);
    await first.seen("swarm.ready");
    await using client = await clientOf(directory);
    const { runId } = await client.submit({ cascade: "pauses", inputs: { ms: 400 }, directory });
    const run = follow(client, runId);
    await run.reached("task.offered", (event) => event.data["stage"] === "second");
    const pids = first.pids();
    expect(pids).toHaveLength(5);
    first.process.kill("SIGKILL");
    await vi.waitFor(() => expect(pids.filter((pid) => !isGone(pid))).toEqual([]), 2_000);
    run.ended.catch(() => {}); // that client's server is gone, and its successor has another password

    await using second = startSwarmProcess(directory, ["up", "--agents", "2"]);
    await second.seen("run.resumed", (line) => line["runId"] === runId);
    await second.seen("swarm.ready");
    await using after = await clientOf(directory);
    const resumed = follow(after, runId);
    await resumed.ended;
    expectSoundHistory(resumed.events);
    const executed = (await executionsOf(directory, runId)).map((line) => line.split(" ")[0]);
    expect(executed.filter((task) => task === "first/0")).toEqual(["first/0"]);
  });
});
