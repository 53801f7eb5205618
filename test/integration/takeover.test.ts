import { describe, expect, it, vi } from "vitest";
import { parseStageId } from "../../core/ids.ts";
import { shardOf } from "../../core/shard.ts";
import { openSubjects } from "../../core/subjects.ts";
import { encodeHeader } from "../../store/log-record.ts";
import { startInProcessSwarm } from "../support/in-process-swarm.ts";
import { openTestAccess } from "../support/log-access.ts";
import { executionsOf, follow } from "../support/swarm-process.ts";

describe("take-over", () => {
  it("a standby coordinator takes the shards of one that fell silent, and its runs go on", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1, coordinators: 2 });
    await swarm.evenShares();
    const job = { cascade: "pauses", inputs: { ms: 300 }, directory: swarm.directory };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.reached("task.offered");
    const owner = await swarm.ownerOf(runId);
    await owner.connection.close(); // without a word: its lease runs out
    await run.ended;
    expect(run.events.map((event) => event.n)).toEqual(run.events.map((_, index) => index + 1));
    expect(run.events.at(-1)?.type).toBe("run.succeeded");
    const executed = (await executionsOf(swarm.directory, runId)).map((line) => line.split(" ")[0]);
    expect(executed).toEqual(["first/0", "second/0", "third/0", "fourth/0"]);
  });

  it.each([
    "again",
    "route--decision",
    "route--then",
  ])("decisions that are in the log hold after a take-over behind %s, and the rest is decided then", async (stage) => {
    await using swarm = await startInProcessSwarm({ agents: 1, coordinators: 2 });
    await swarm.evenShares();
    const definition = `cascade: flow
stages:
  - { stage: work, skill: pause, inputs: { ms: 100, item: "\${iteration}" } }
  - { stage: again, condition: iteration < 2, repeat: work }
  - stage: route
    condition: stages.work.status == "succeeded"
    then: { skill: pause, inputs: { ms: 200 } }
    else: { transform: wrong }
  - { stage: last, skill: pause, gate: "has(last.noted)", inputs: { ms: 100 } }
`;
    const job = { cascade: "flow", definition, directory: swarm.directory };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.reached("stage.succeeded", ({ data }) => data["stage"] === stage);
    await (await swarm.ownerOf(runId)).connection.close();
    await run.ended;
    expect(run.events.map((event) => event.n)).toEqual(run.events.map((_, index) => index + 1));
    const ended = run.events.flatMap(({ type, data }) =>
      type === "stage.succeeded" || type === "stage.skipped"
        ? [`${type.slice("stage.".length)} ${String(data["stage"])}`]
        : [],
    );
    expect(ended).toEqual([
      ...["succeeded work", "succeeded again", "succeeded work--2", "succeeded again--2"],
      ...["skipped work--3", "skipped again--3", "succeeded route--decision"],
      ...["skipped route--else", "succeeded route--then", "succeeded last", "succeeded last--gate"],
    ]);
    expect(run.events.at(-1)?.type).toBe("run.succeeded");
  });

  it("a stage that waits goes on waiting after a take-over, for its time or for a person", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1, coordinators: 0 });
    const first = await swarm.addCoordinator();
    const definition = `cascade: flow
stages:
  - { stage: time, wait: 3s, needs: [] }
  - { stage: person, approve: "Go on?", needs: [] }
  - { stage: last, transform: done, needs: [time, person] }
`;
    const job = { cascade: "flow", definition, directory: swarm.directory };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.reached("stage.paused", ({ data }) => data["stage"] === "person");
    await first.connection.close();
    const answer = { stage: parseStageId("person"), approved: true, by: "ann" };
    await swarm.client.approve(runId, answer); // while nobody owns the run
    await swarm.addCoordinator([first.id]);
    await run.ended;
    expect(run.events.at(-1)?.type).toBe("run.succeeded");
    const paused = run.events.filter(({ type }) => type === "stage.paused");
    expect(paused.map(({ data }) => data["stage"])).toEqual(["time", "person"]);
    const time = run.events.find(
      ({ type, data }) => type === "stage.succeeded" && data["stage"] === "time",
    );
    expect(time?.atMs).toBeGreaterThanOrEqual(Number(paused[0]?.data["untilMs"]));
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

  it("coordinators that come and go end up with an even share each, and the runs under way go on", async () => {
    await using swarm = await startInProcessSwarm({ agents: 2 });
    const { client, directory } = swarm;
    const job = { cascade: "pauses", inputs: { ms: 1_500 }, directory };
    const submitted = await Promise.all(Array.from({ length: 24 }, () => client.submit(job)));
    const runs = submitted.map(({ runId }) => follow(client, runId));
    await Promise.all(runs.map((run) => run.reached("task.offered")));
    await swarm.addCoordinator();
    expect(Object.values(await swarm.evenShares())).toEqual([8, 8]);
    const third = await swarm.addCoordinator();
    expect(Object.values(await swarm.evenShares()).sort()).toEqual([5, 5, 6]);
    await third.drain();
    await third.connection.close();
    expect(Object.values(await swarm.evenShares())).toEqual([8, 8]);
    await Promise.all(runs.map((run) => run.ended));
    expect(runs.map((run) => run.events.at(-1)?.type)).toEqual(runs.map(() => "run.succeeded"));
    // A shard that is handed over costs no task: whoever took it asked the agents what they hold.
    for (const { runId } of submitted) {
      const executed = await executionsOf(directory, runId);
      expect(executed.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(
        ["first", "second", "third", "fourth"].map((stage) => `${stage}/0 1`),
      );
    }
  }, 60_000);

  it("a shard changes hands also when HISTORY cannot be written", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1 });
    const { client, directory } = swarm;
    const definition = "cascade: asks\nstages:\n  - { stage: person, approve: Go on? }\n";
    const job = { cascade: "asks", definition, directory };
    for (let count = 0; count < 32; count++) await client.submit(job);
    await using access = await openTestAccess(swarm.server);
    await access.manager.streams.update(access.subjects.streams.history, { max_msg_size: 1 });
    await swarm.addCoordinator();
    expect(Object.values(await swarm.evenShares())).toEqual([8, 8]);
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

  it("a coordinator that lost a shard and takes it again goes on from the log, not from what it held before", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    await swarm.addAgent("agent-1", { light: 1 }); // the other tasks wait at the coordinator
    const job = {
      cascade: "wide",
      inputs: { items: [1, 2, 3, 4], ms: 400 },
      directory: swarm.directory,
    };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.reached("task.offered");
    const shard = shardOf(runId);
    const other = { v: 1, shard, epoch: 1, nonce: "another", n: 0, owner: "another" } as const;
    await using access = await openTestAccess(swarm.server);
    await access.jetstream.publish(openSubjects().log(shard), encodeHeader(other));
    await run.ended;
    expect(swarm.lines).toContainEqual(expect.objectContaining({ event: "shard.lost", shard }));
    expect(run.events.map((event) => event.n)).toEqual(run.events.map((_, index) => index + 1));
    expect(run.events.at(-1)?.type).toBe("run.succeeded");
    const named = (type: string) =>
      run.events
        .filter((event) => event.type === type)
        .map(({ data }) => [data["stage"], data["index"], data["attempt"]].join("/"));
    const succeeded = named("task.succeeded").map((name) => name.slice(0, name.lastIndexOf("/")));
    expect(succeeded.sort()).toEqual(["gather/0", "spread/0", "spread/1", "spread/2", "spread/3"]);
    expect(named("task.offered")).toEqual([...new Set(named("task.offered"))]);
  });
});
