import type { NatsConnection } from "nats";
import { describe, expect, it, vi } from "vitest";
import { openBus } from "../../bus/connection.ts";
import type { OfferAnswer, ResultBatch, Task } from "../../bus/messages.ts";
import type { AgentId, RunId, StageId } from "../../core/ids.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";

/** A task as a coordinator would offer it. */
function taskOf(swarm: InProcessSwarm, index: number, extra: Partial<Task> = {}): Task {
  return {
    run: "r-test" as RunId,
    stage: "s" as StageId,
    index,
    attempt: 1,
    shard: 3,
    epoch: 5,
    cascade: "test",
    skill: "pause",
    lane: "light",
    inputs: { ms: 1 },
    timeoutMs: 10_000,
    directory: swarm.directory,
    ...extra,
  };
}

async function offer(
  connection: NatsConnection,
  agent: string,
  tasks: Task[],
): Promise<OfferAnswer> {
  const payload = JSON.stringify({ v: 1, from: "scripted", tasks });
  return (
    await connection.request(`cascade.agent.${agent}.task`, payload, { timeout: 5_000 })
  ).json();
}

/** Answers results as the owner of shard 3 would, and keeps them. */
function takeResults(connection: NatsConnection, epoch = 5): ResultBatch["results"] {
  const results: ResultBatch["results"] = [];
  connection.subscribe("cascade.result.3.*", {
    callback: (_, message) => {
      const batch = message.json<ResultBatch>();
      results.push(...batch.results);
      const outcomes = batch.results.map(() => "recorded");
      message.respond(JSON.stringify({ v: 1, epoch, outcomes }));
    },
  });
  return results;
}

async function openScript(options: { readonly agents?: number } = {}) {
  const swarm = await startAgentsOnly();
  for (let index = 0; index < (options.agents ?? 0); index++)
    await swarm.addAgent(`agent-${index + 1}`);
  const connection = await openBus(swarm.server.address, { name: "script" });
  return {
    swarm,
    connection,
    async [Symbol.asyncDispose]() {
      await connection.close();
      await swarm[Symbol.asyncDispose]();
    },
  };
}
// A coordinator makes the streams; here it is only there for that and owns no run of these tests.
const startAgentsOnly = () => startInProcessSwarm({ agents: 0, coordinators: 1 });

describe("an agent", () => {
  it("takes what it has room for, runs it and delivers the results", async () => {
    await using script = await openScript();
    const { swarm, connection } = script;
    await swarm.addAgent("small", { light: 2 });
    await drainCoordinator(swarm);
    const results = takeResults(connection);
    const answer = await offer(
      connection,
      "small",
      [0, 1, 2].map((index) => taskOf(swarm, index)),
    );
    expect(answer).toEqual({ v: 1, agent: "small", accepted: [0, 1], busy: [2], handedOver: [] });
    await vi.waitFor(() => expect(results).toHaveLength(2), 5_000);
    expect(results.map(({ index, status }) => ({ index, status }))).toEqual([
      { index: 0, status: "succeeded" },
      { index: 1, status: "succeeded" },
    ]);
  });

  it("accepts the same attempt again without running it twice", async () => {
    await using script = await openScript();
    const { swarm, connection } = script;
    await swarm.addAgent("agent-1");
    await drainCoordinator(swarm);
    const results = takeResults(connection);
    const task = taskOf(swarm, 0, { inputs: { ms: 200 } });
    const answers = [
      await offer(connection, "agent-1", [task]),
      await offer(connection, "agent-1", [task]),
    ];
    expect(answers.map((answer) => answer.accepted)).toEqual([[0], [0]]);
    await vi.waitFor(() => expect(results).toHaveLength(1), 5_000);
  });

  it("is busy for skills it does not have and for coordinators that lost the shard", async () => {
    await using script = await openScript();
    const { swarm, connection } = script;
    await swarm.addAgent("agent-1");
    await drainCoordinator(swarm);
    takeResults(connection);
    await offer(connection, "agent-1", [taskOf(swarm, 0)]);
    const answer = await offer(connection, "agent-1", [
      taskOf(swarm, 1, { skill: "nothing" }),
      taskOf(swarm, 2, { epoch: 4 }),
    ]);
    expect(answer).toMatchObject({ accepted: [], busy: [0, 1] });
  });

  it("that is full hands the task to a peer of the mesh with room, and says who took it", async () => {
    await using script = await openScript();
    const { swarm, connection } = script;
    await swarm.addAgent("full", { light: 1 });
    await swarm.addAgent("roomy", { light: 4 });
    await drainCoordinator(swarm);
    const results = takeResults(connection);
    const team = ["full", "roomy"] as AgentId[];
    const long = taskOf(swarm, 0, { inputs: { ms: 500 }, team });
    // The first offer fills it; heartbeats have told it of its peer by then or soon.
    expect(await offer(connection, "full", [long])).toMatchObject({ accepted: [0] });
    const next = taskOf(swarm, 1, { team });
    await vi.waitFor(async () => {
      const answer = await offer(connection, "full", [next]);
      expect(answer).toMatchObject({
        accepted: [],
        busy: [],
        handedOver: [{ position: 0, agent: "roomy" }],
      });
    }, 5_000);
    await vi.waitFor(() => expect(results.map((result) => result.index)).toContain(1), 5_000);
  });

  it("delivers again when nobody answered, and ignores an answer of an older epoch", async () => {
    await using script = await openScript();
    const { swarm, connection } = script;
    await swarm.addAgent("agent-1");
    await drainCoordinator(swarm);
    const seen: string[] = [];
    connection.subscribe("cascade.result.3.agent-1", {
      callback: (_, message) => {
        seen.push(message.string());
        if (seen.length === 1) return; // no answer
        const epoch = seen.length === 2 ? 4 : 5;
        message.respond(JSON.stringify({ v: 1, epoch, outcomes: ["recorded"] }));
      },
    });
    await offer(connection, "agent-1", [taskOf(swarm, 0)]);
    await vi.waitFor(async () => {
      expect(seen.length).toBeGreaterThanOrEqual(3);
      const report = await connection.request(
        "cascade.agent.agent-1.control",
        JSON.stringify({ v: 1, command: "report" }),
      );
      expect(report.json()).toMatchObject({ tasks: [] });
    }, 10_000);
    expect(new Set(seen).size).toBe(1);
  });

  it("answers service discovery and refuses what it does not understand", async () => {
    await using script = await openScript();
    const { swarm, connection } = script;
    await swarm.addAgent("agent-1");
    const pong = await connection.request("$SRV.PING.cascade-agent");
    expect(pong.json()).toMatchObject({ name: "cascade-agent", metadata: { agent: "agent-1" } });
    connection.publish("cascade.agent.agent-1.task", "{}");
    connection.publish("cascade.stage.r.s", '{"v":1,"kind":"explode"}');
    await vi.waitFor(() => {
      const refused = swarm.lines.filter((line) => line.event === "message.refused");
      expect(refused.map((line) => line["subject"]).sort()).toEqual([
        "cascade.agent.agent-1.task",
        "cascade.stage.r.s",
      ]);
    }, 5_000);
  });

  it("finishes and delivers what it holds before it leaves", async () => {
    await using script = await openScript();
    const { swarm, connection } = script;
    const agent = await swarm.addAgent("leaver");
    await drainCoordinator(swarm);
    const results = takeResults(connection);
    await offer(connection, "leaver", [taskOf(swarm, 0, { inputs: { ms: 300 } })]);
    const left = agent.drain();
    const refused = await offer(connection, "leaver", [taskOf(swarm, 1)]);
    expect(refused).toMatchObject({ accepted: [], busy: [0] });
    await left;
    expect(results.map((result) => result.status)).toEqual(["succeeded"]);
  });

  it("writes artifacts below the job's directory only", async () => {
    await using script = await openScript();
    const { swarm, connection } = script;
    await swarm.addAgent("agent-1");
    await drainCoordinator(swarm);
    const results = takeResults(connection);
    const task = taskOf(swarm, 0, { skill: "misbehave", lane: "heavy", inputs: { how: "write" } });
    await offer(connection, "agent-1", [task]);
    await vi.waitFor(() => expect(results[0]).toMatchObject({ status: "succeeded" }), 5_000);
  });
});

/** The coordinator made the streams; from here on the test speaks for shard 3. */
async function drainCoordinator(swarm: InProcessSwarm): Promise<void> {
  await swarm.coordinators[0]?.drain();
}
