import { describe, expect, it } from "vitest";
import type { PublishedEvent } from "../../bus/messages.ts";
import { parseRunId, parseStageId, type RunId } from "../../core/ids.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { executionsOf, follow } from "../support/swarm-process.ts";

const by = "ann";

/** The types of a run's events, and the stages that they concern. */
function shortly(events: readonly PublishedEvent[]): readonly string[] {
  return events.map(({ type, data }) => [type, data["stage"]].filter(Boolean).join(" "));
}

async function submitted(swarm: InProcessSwarm, stages: string): Promise<RunId> {
  const definition = `cascade: flow\nstages:\n${stages}`;
  const job = { cascade: "flow", definition, directory: swarm.directory };
  return (await swarm.client.submit(job)).runId;
}

const isOf =
  (stage: string) =>
  ({ data }: PublishedEvent): boolean =>
    data["stage"] === stage;

describe("a run that is paused", () => {
  it("ends what is under way and begins nothing, also after a take-over, until it is resumed", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1, coordinators: 0 });
    const first = await swarm.addCoordinator();
    const { client, directory } = swarm;
    const job = { cascade: "pauses", inputs: { ms: 300 }, directory };
    const { runId: run } = await client.submit(job);
    const followed = follow(client, run);
    await followed.reached("task.offered");
    await client.command({ v: 1, command: "pause", run, by, reason: "to look at it" });
    await client.command({ v: 1, command: "pause", run, by: "ben", reason: "again" });
    await followed.reached("stage.succeeded", isOf("first"));
    await first.connection.close();
    await swarm.addCoordinator([first.id]);
    const other = await client.submit({ cascade: "pauses", inputs: { ms: 1 }, directory });
    await follow(client, other.runId).ended; // the successor serves, and had time for it
    const paused = (await client.history(run, AbortSignal.timeout(5_000))).slice(3);
    expect(shortly(paused)).toEqual([
      "run.paused",
      "task.succeeded first",
      "stage.succeeded first",
    ]);
    expect(paused[0]?.data).toEqual({ by, reason: "to look at it" });
    await client.command({ v: 1, command: "resume", run, by });
    await followed.ended;
    expect(shortly(followed.events.slice(6, 9))).toEqual([
      ...["run.continued", "stage.started second", "task.offered second"],
    ]);
    expect(followed.events.at(-1)?.type).toBe("run.succeeded");
    const executed = (await executionsOf(directory, run)).map((line) => line.split(" ")[0]);
    expect(executed).toEqual(["first/0", "second/0", "third/0", "fourth/0"]);
  });

  it("offers none of the tasks that wait, and goes on with exactly these", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    await swarm.addAgent("agent-1", { light: 1 });
    const { client, directory } = swarm;
    const run = await submitted(
      swarm,
      '  - { stage: many, skill: pause, foreach: [1, 2, 3, 4], inputs: { ms: 200, item: "${item}" } }\n',
    );
    const followed = follow(client, run);
    await followed.reached("task.offered");
    await client.command({ v: 1, command: "pause", run, by, reason: "" });
    await followed.reached("task.succeeded");
    const other = await client.submit({ cascade: "pauses", inputs: { ms: 1 }, directory });
    await follow(client, other.runId).ended; // the slot is free, and others have it
    const offered = () => followed.events.filter(({ type }) => type === "task.offered").length;
    expect(offered()).toBe(1);
    await client.command({ v: 1, command: "resume", run, by });
    await followed.ended;
    expect(offered()).toBe(4);
    expect(await executionsOf(directory, run)).toHaveLength(4);
  });

  it("has as much time left to wait as when it was paused", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    const run = await submitted(swarm, "  - { stage: time, wait: 1s }\n");
    const followed = follow(swarm.client, run);
    await followed.reached("stage.paused");
    await swarm.client.command({ v: 1, command: "pause", run, by, reason: "" });
    const other = await submitted(swarm, "  - { stage: time, wait: 1500ms }\n");
    await follow(swarm.client, other).ended;
    await swarm.client.command({ v: 1, command: "resume", run, by });
    await followed.ended;
    const atMs = (type: string): number =>
      followed.events.find((event) => event.type === type)?.atMs ?? Number.NaN;
    const waitedMs = atMs("stage.succeeded") - atMs("run.continued");
    const leftMs = 1_000 - (atMs("run.paused") - atMs("stage.paused"));
    expect(waitedMs).toBeGreaterThanOrEqual(leftMs);
    expect(followed.events.at(-1)?.type).toBe("run.succeeded");
  });

  it("can be cancelled", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    const run = await submitted(swarm, "  - { stage: time, wait: 1h }\n");
    const { client } = swarm;
    await client.command({ v: 1, command: "pause", run, by, reason: "" });
    await client.command({ v: 1, command: "cancel", run, by, reason: "enough" });
    const followed = follow(client, run);
    await followed.ended;
    expect(followed.events.at(-1)).toMatchObject({
      type: "run.cancelled",
      data: { reason: "enough" },
    });
    const late = client.command({ v: 1, command: "resume", run, by });
    await expect(late).rejects.toMatchObject({ code: "run-ended" });
    const unknown = parseRunId("r1abc-0");
    const none = client.command({ v: 1, command: "resume", run: unknown, by });
    await expect(none).rejects.toMatchObject({ code: "unknown-run" });
  });
});

describe("a stage that waits for a signal", () => {
  const stages = `  - { stage: work, skill: pause, inputs: { ms: 300 } }
  - { stage: files, wait: { signal: uploaded } }
  - { stage: more, wait: { signal: uploaded } }
  - { stage: last, transform: { first: "\${files.data}", second: "\${more.data.count}", by: "\${more.by}" } }
`;

  it("takes one that came before, each once, and one that comes after a take-over", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1, coordinators: 0 });
    const first = await swarm.addCoordinator();
    const { client } = swarm;
    const run = await submitted(swarm, stages);
    const followed = follow(client, run);
    await followed.reached("task.offered");
    const early = {
      v: 1,
      command: "signal",
      run,
      by,
      name: "uploaded",
      data: "a",
      id: "1",
    } as const;
    await client.command(early);
    await client.command(early); // its answer was lost, as it were
    await client.command({ ...early, name: "other", id: "2" });
    await followed.reached("stage.paused", isOf("more"));
    await first.connection.close();
    await swarm.addCoordinator([first.id]);
    await client.command(early);
    await client.command({ ...early, data: { count: 2 }, by: "ben", id: "3" });
    await followed.ended;
    expect(followed.events.at(-1)).toMatchObject({
      type: "run.succeeded",
      data: { output: { value: { first: "a", second: 2, by: "ben" } } },
    });
    const received = followed.events.filter(({ type }) => type === "signal.received");
    expect(received.map(({ data }) => data["id"])).toEqual(["1", "2", "3"]);
  });

  it.each([
    ["fail", "run.failed"],
    ["continue", "run.succeeded"],
  ])("does what it says when none comes in time: %s", async (onTimeout, end) => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    const run = await submitted(
      swarm,
      `  - { stage: files, wait: { signal: uploaded, timeout: 50ms, on_timeout: ${onTimeout} } }\n`,
    );
    const followed = follow(swarm.client, run);
    await followed.ended;
    expect(followed.events.at(-1)).toMatchObject({
      type: end,
      data:
        onTimeout === "fail"
          ? { error: { code: "signal-timeout" } }
          : { output: { value: { received: false, data: null, by: null } } },
    });
  });

  it("is sent no more than a run can keep", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    const run = await submitted(swarm, "  - { stage: time, wait: 1h }\n");
    const data = "x".repeat(65_535);
    const large = swarm.client.command({
      v: 1,
      command: "signal",
      run,
      by,
      name: "a",
      data,
      id: "1",
    });
    await expect(large).rejects.toMatchObject({ code: "limit-exceeded" });
  });
});

describe("an approval", () => {
  it("counts for the content that was shown, and for no other", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    const run = await submitted(
      swarm,
      '  - { stage: check, transform: { score: 1 } }\n  - { stage: release, approve: "Release ${check.score}?" }\n',
    );
    const { client } = swarm;
    const followed = follow(client, run);
    await followed.reached("stage.paused");
    const content = String(followed.events.at(-1)?.data["content"]);
    expect(content).toMatch(/^[0-9a-f]{64}$/);
    const other = content.replace(/^./, content.startsWith("0") ? "1" : "0");
    const answer = { stage: parseStageId("release"), approved: true, by };
    const approve = { v: 1, command: "approve", run, ...answer } as const;
    await expect(client.command({ ...approve, content: other })).rejects.toMatchObject({
      code: "approval-mismatch",
      location: { pointer: "/content" },
    });
    await client.approve(run, { ...answer, content: other }); // durably told, and as void
    await client.command({ ...approve, content });
    await followed.ended;
    expect(followed.events.at(-1)?.type).toBe("run.succeeded");
    await expect(client.command({ ...approve, content })).rejects.toMatchObject({
      code: "run-ended",
    });
  });
});
