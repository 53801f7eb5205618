import { once } from "node:events";
import { connect as connectSocket } from "node:net";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openBus } from "../../bus/connection.ts";
import type { Job } from "../../bus/messages.ts";
import type { JsonObject } from "../../core/json.ts";
import { shardOf } from "../../core/shard.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { executionsOf, follow } from "../support/swarm-process.ts";

let swarm: InProcessSwarm;
beforeAll(async () => {
  swarm = await startInProcessSwarm({ agents: 2 });
});
afterAll(() => swarm[Symbol.asyncDispose]());

const pauses = (extra: Partial<Job> = {}): Job => ({
  cascade: "pauses",
  inputs: { ms: 1 },
  directory: swarm.directory,
  ...extra,
});

/** Sends bytes to `cascade.submit` and answers what came back. */
async function submitBytes(bytes: Uint8Array): Promise<unknown> {
  const connection = await openBus(swarm.server.address, { name: "bytes" });
  const answer = await connection.request("cascade.submit", bytes, { timeout: 5_000 });
  await connection.close();
  return answer.json();
}
const submitJson = (job: unknown) => submitBytes(Buffer.from(JSON.stringify(job)));

describe("a job", () => {
  it("published by a bare TCP socket that speaks the NATS protocol is run", async () => {
    const { url, user, password } = swarm.server.address;
    const socket = connectSocket(Number(url.split(":").at(-1)), "127.0.0.1");
    await once(socket, "data"); // INFO
    const job = JSON.stringify(pauses({ key: "by-socket" }));
    socket.write(
      `CONNECT {"verbose":false,"user":"${user}","pass":"${password}"}\r\nPUB cascade.jobs ${job.length}\r\n${job}\r\nPING\r\n`,
    );
    await once(socket, "data"); // PONG: the server has read it all
    socket.end();
    await vi.waitFor(() => {
      const created = swarm.lines.find((line) => line.event === "run.started");
      expect(created).toMatchObject({ cascade: "pauses" });
      const ended = { event: "run.succeeded", runId: created?.["runId"] };
      expect(swarm.lines).toContainEqual(expect.objectContaining(ended));
    }, 10_000);
  });

  it("that is submitted is answered with its run id once the run is stored", async () => {
    const { runId, status } = await swarm.client.submit(pauses());
    expect(status).toBe("accepted");
    const run = follow(swarm.client, runId);
    await run.ended;
    expect(run.events.map((event) => event.type)).toEqual([
      "run.started",
      ...["first", "second", "third", "fourth"].flatMap(() => [
        "stage.started",
        "task.offered",
        "task.succeeded",
        "stage.succeeded",
      ]),
      "run.succeeded",
    ]);
    expect((await executionsOf(swarm.directory, runId)).map((line) => line.split(" ")[0])).toEqual([
      "first/0",
      "second/0",
      "third/0",
      "fourth/0",
    ]);
  });

  it("with a key that was used before is the same run, however often it comes", async () => {
    const first = await swarm.client.submit(pauses({ key: "only once\n" }));
    const again = await Promise.all(
      [1, 2, 3].map(() => swarm.client.submit(pauses({ key: "only once\n" }))),
    );
    await follow(swarm.client, first.runId).ended;
    const late = await swarm.client.submit(pauses({ key: "only once\n" }));
    expect([...again, late]).toEqual(Array(4).fill({ runId: first.runId, status: "known" }));
  });

  it("with a used key but another body is refused", async () => {
    await swarm.client.submit(pauses({ key: "mine" }));
    await expect(
      swarm.client.submit(pauses({ key: "mine", inputs: { ms: 2 } })),
    ).rejects.toMatchObject({
      code: "idempotency-conflict",
      location: { pointer: "/key" },
    });
  });

  it("may bring its own cascade when it is submitted", async () => {
    const definition =
      "cascade: own\nstages:\n  - { stage: only, skill: pause, inputs: { ms: 1 } }\n";
    const { runId } = await swarm.client.submit(
      pauses({ cascade: "own.yaml", inputs: {}, definition }),
    );
    const run = follow(swarm.client, runId);
    await run.ended;
    expect(run.events[0]?.data).toMatchObject({ cascade: "own" });
    expect(run.events.at(-1)?.type).toBe("run.succeeded");
  });

  it("whose story two thousand ask for at once is read for all of them together", async () => {
    const { runId } = await swarm.client.submit(pauses());
    await follow(swarm.client, runId).ended;
    const connection = await openBus(swarm.server.address, { name: "asking" });
    const reads: string[] = [];
    connection.subscribe("$JS.API.>", {
      callback: (_, { subject }) => {
        if (subject.includes("HISTORY") && !subject.includes("STREAM.INFO")) reads.push(subject);
      },
    });
    const question = JSON.stringify({ v: 1, run: runId, after: 0 });
    const ask = () =>
      connection.request(`cascade.query.${shardOf(runId)}`, question, { timeout: 10_000 });
    const answers = await Promise.all(Array.from({ length: 2_000 }, ask));
    const stories = new Set(answers.map((answer) => answer.string()));
    expect(stories.size).toBe(1);
    expect(answers[0]?.json<{ events: unknown[] }>().events).toHaveLength(18);
    expect(new Set(reads)).toEqual(new Set(["$JS.API.STREAM.MSG.GET.HISTORY"]));
    expect(reads.length).toBeLessThan(200);
    await connection.close();
  });

  it("can be cancelled: no stage starts afterwards", async () => {
    const { runId } = await swarm.client.submit(pauses({ inputs: { ms: 60_000 } }));
    const run = follow(swarm.client, runId);
    await run.reached("task.offered");
    await swarm.client.cancel(runId, "enough");
    await run.ended;
    expect(
      run.events.slice(-2).map(({ type, data }) => ({ type, reason: data["reason"] })),
    ).toEqual([
      { type: "cancel.requested", reason: "enough" },
      { type: "run.cancelled", reason: "enough" },
    ]);
    await vi.waitFor(async () => {
      const beats = await swarm.client.agents();
      expect(beats.map((beat) => beat.busy.light)).toEqual([0, 0]);
    }, 5_000);
  });

  it.each([
    ["nothing at all", Buffer.alloc(0), "invalid-job", undefined],
    ["text that is not JSON", Buffer.from("hello"), "invalid-job", undefined],
    ["JSON and more", Buffer.from('{"cascade":"pauses"} x'), "invalid-job", undefined],
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), "invalid-job", undefined],
    ["a list", Buffer.from("[]"), "invalid-job", "/"],
    ["null", Buffer.from("null"), "invalid-job", "/"],
    ["a deep list", Buffer.from("[".repeat(20_000) + "]".repeat(20_000)), "invalid-job", "/"],
    [
      "a key that reaches a prototype",
      Buffer.from('{"cascade":"pauses","inputs":{"__proto__":1}}'),
      "invalid-job",
      undefined,
    ],
    ["an unknown field", Buffer.from('{"cascade":"pauses","prioritty":1}'), "invalid-job", "/"],
    [
      "a relative directory",
      Buffer.from('{"cascade":"pauses","directory":"x"}'),
      "invalid-job",
      "/directory",
    ],
    ["an empty key", Buffer.from('{"cascade":"pauses","key":""}'), "invalid-job", "/key"],
  ])("that is %s is refused with the place", async (_, bytes, code, pointer) => {
    expect(await submitBytes(bytes)).toMatchObject({
      error: {
        code,
        disposition: "fail",
        ...(pointer === undefined ? {} : { location: { pointer } }),
      },
    });
  });

  it.each([
    [
      "an unknown cascade",
      { cascade: "pausse" },
      { code: "unknown-cascade", hint: 'did you mean "pauses"?' },
    ],
    ["a cascade that is a path", { cascade: "../../etc/passwd" }, { code: "unknown-cascade" }],
    [
      "an unknown input",
      { cascade: "pauses", inputs: { mss: 1 } },
      { code: "unknown-input", hint: 'did you mean "ms"?', location: { pointer: "/inputs/mss" } },
    ],
    [
      "an input of the wrong type",
      { cascade: "pauses", inputs: { ms: "long" } },
      { code: "invalid-input", location: { pointer: "/inputs/ms" } },
    ],
    [
      "a missing input",
      { cascade: "wide" },
      { code: "missing-input", location: { pointer: "/inputs/items" } },
    ],
    [
      "a reserved key in an input",
      { cascade: "wide", inputs: { items: [{ $blob: {} }] } },
      { code: "invalid-input" },
    ],
    [
      "a broken definition",
      { cascade: "x.yaml", definition: "cascade: x\nstages:\n  - stage: [" },
      { code: "invalid-yaml", location: { file: "x.yaml", line: 3 } },
    ],
  ])("with %s is refused and starts nothing", async (_, job, error) => {
    expect(await submitJson(job)).toMatchObject({ error });
  });

  it("that cannot be a run is kept as a dead letter when it was published", async () => {
    const connection = await openBus(swarm.server.address, { name: "reader" });
    await swarm.client.publishJob({ cascade: "nowhere" });
    const manager = await connection.jetstreamManager();
    const letter = await vi.waitFor(
      () => manager.streams.getMessage("DEAD", { last_by_subj: "cascade.dead.jobs.default" }),
      10_000,
    );
    const { error, job } = letter.json<{ error: object; job: string }>();
    expect(error).toMatchObject({ code: "unknown-cascade" });
    expect(JSON.parse(Buffer.from(job, "base64").toString())).toEqual({ cascade: "nowhere" });
    await connection.close();
  });

  it("is not answered on a subject that is no inbox", async () => {
    const connection = await openBus(swarm.server.address, { name: "attacker" });
    const heard: string[] = [];
    connection.subscribe("cascade.lane.light", {
      callback: (_, message) => heard.push(message.string()),
    });
    connection.publish("cascade.submit", Buffer.from("{}"), { reply: "cascade.lane.light" });
    await submitBytes(Buffer.from("{}")); // answered after the one before it
    await connection.flush();
    expect(heard).toEqual([]);
    await connection.close();
  });
});

describe("a run", () => {
  it.each([
    ["throw", "no-attempts-left", 2],
    ["exit", "no-attempts-left", 2],
    ["wrong", "invalid-output", 1],
  ])("whose skill misbehaves (%s) fails with %s after %i attempts", async (how, code, attempts) => {
    const job = { cascade: "misbehaves", inputs: { how }, directory: swarm.directory };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.ended;
    expect(run.events.filter((event) => event.type === "task.failed")).toHaveLength(attempts);
    expect(run.events.at(-1)).toMatchObject({ type: "run.failed", data: { error: { code } } });
  });

  it("whose skill never comes back fails when its time is over, on every attempt", async () => {
    const job = { cascade: "spins", directory: swarm.directory };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.ended;
    const failed = run.events.filter((event) => event.type === "task.failed");
    expect(failed.map(({ data }) => (data["error"] as JsonObject)["code"])).toEqual([
      "task-timeout",
      "no-attempts-left",
    ]);
  });

  it("carries a large output as an object", async () => {
    const job = { cascade: "misbehaves", inputs: { how: "large" }, directory: swarm.directory };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.ended;
    expect(run.events.at(-1)).toMatchObject({
      type: "run.succeeded",
      data: { output: { blob: { bytes: expect.any(Number) } } },
    });
  });

  it("spreads a fan-out over the swarm and hands all results on", async () => {
    const items = Array.from({ length: 200 }, (_, index) => index);
    const job = { cascade: "wide", inputs: { items, ms: 1 }, directory: swarm.directory };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.ended;
    const done = run.events.filter((event) => event.type === "task.succeeded");
    expect(done).toHaveLength(201);
    expect(new Set(done.map((event) => event.data["agent"]))).toEqual(
      new Set(["agent-1", "agent-2"]),
    );
  });

  it("with nothing to fan out over goes on", async () => {
    const job = { cascade: "wide", inputs: { items: [], ms: 1 }, directory: swarm.directory };
    const { runId } = await swarm.client.submit(job);
    const run = follow(swarm.client, runId);
    await run.ended;
    expect(run.events.at(-1)?.type).toBe("run.succeeded");
  });
});
