import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Task } from "../../bus/messages.ts";
import { type AgentId, parseAgentId, type RunId, type StageId } from "../../core/ids.ts";
import { openSubjects } from "../../core/subjects.ts";
import type { Value } from "../../core/value.ts";
import { openBlobs } from "../../store/blobs.ts";
import { openAgentScript, outcomesOf } from "../support/agent-script.ts";
import { startTestServer, type TestServer } from "../support/nats.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const SOON = { timeout: 10_000, interval: 5 };
const report = { v: 1, command: "report" } as const;
const meshOf = (...members: string[]) => ({
  topology: "mesh" as const,
  members: members.map(parseAgentId),
});
const nameOf = ({ run, stage, index, attempt }: Task) => ({ run, stage, index, attempt });

describe("an agent that is offered tasks", () => {
  it("takes what it has room for, runs it and delivers the results", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("small", { light: 2 });
    const results = script.takeResults();
    const answer = await script.offer(
      "small",
      [0, 1, 2].map((index) => script.taskOf(index)),
    );
    expect(answer).toEqual({ v: 1, agent: "small", accepted: [0, 1], busy: [2], handedOver: [] });
    await vi.waitFor(() => expect(results).toHaveLength(2), SOON);
    expect(outcomesOf(results)).toEqual([
      { index: 0, output: { value: { noted: "s/0 1 small" } } },
      { index: 1, output: { value: { noted: "s/1 1 small" } } },
    ]);
  });

  it("has the slot free again when a task ended, whether its result is stored or not", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("single", { light: 1 });
    const [first, second] = [script.taskOf(0), script.taskOf(1)];
    await script.offer("single", [first]);
    await vi.waitFor(async () => {
      expect(await script.offer("single", [second])).toMatchObject({ accepted: [0] });
    }, SOON);
    expect((await script.control("single", report)).tasks).toEqual([nameOf(first), nameOf(second)]);
    script.takeResults();
    await vi.waitFor(async () => {
      expect((await script.control("single", report)).tasks).toEqual([]);
    }, SOON);
  });

  it("is found through the lanes that it has slots for, and through no other", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("light-only", { heavy: 0 });
    script.takeResults();
    const bundle = [0, 1, 2, 3].map((index) => script.taskOf(index));
    expect(await script.offerToLane("light", bundle)).toMatchObject({ accepted: [0, 1, 2, 3] });
    const heavy = script.taskOf(4, { lane: "heavy", skill: "odd", inputs: { how: "log" } });
    await expect(script.offerToLane("heavy", [heavy])).rejects.toMatchObject({ code: "503" });
  });

  it("accepts the same attempt again without running it twice", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("twice");
    const results = script.takeResults();
    const task = script.taskOf(0, { inputs: { ms: 200 } });
    expect(await script.offer("twice", [task])).toMatchObject({ accepted: [0] });
    expect(await script.offer("twice", [task])).toMatchObject({ accepted: [0] });
    await vi.waitFor(() => expect(results).toHaveLength(1), SOON);
    const executions = join(script.directory, ".cascade/runs/r-test/executions.txt");
    expect(await readFile(executions, "utf8")).toBe("s/0 1 twice\n");
  });

  it("is busy for skills it does not have and for coordinators that lost the shard", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("picky");
    script.takeResults();
    await script.offer("picky", [script.taskOf(0)]);
    const answer = await script.offer("picky", [
      script.taskOf(1, { skill: "nothing" }),
      script.taskOf(2, { epoch: 4 }),
      script.taskOf(3, { epoch: 4, shard: 4 }),
    ]);
    expect(answer).toMatchObject({ accepted: [2], busy: [0, 1] });
    expect(script.lines).toContainEqual(
      expect.objectContaining({ event: "offer.stale", shard: 3, epoch: 4, newest: 5 }),
    );
    await script.control("picky", { v: 1, command: "cancel", tasks: [nameOf(script.taskOf(3))] });
  });

  it("does not answer what it does not understand, says so, and goes on", async () => {
    await using script = await openAgentScript(server);
    const { connection } = script;
    await script.addAgent("robust");
    connection.publish("cascade.agent.robust.task", "{}", { reply: "_INBOX_script.never" });
    connection.publish("cascade.agent.robust.control", '{"v":2,"command":"report"}');
    connection.publish("cascade.stage.r.s", '{"v":1,"kind":"explode"}');
    const peer = await script.playAgent("x", ["robust"]);
    peer.publish("cascade.peer.x.robust.task", "not JSON");
    peer.publish("cascade.agent.x.heartbeat", '{"v":1,"__proto__":{}}');
    await peer.flush();
    await script.control("robust", report);
    const refused = script.lines.filter((line) => line.event === "message.refused");
    expect(
      refused.map((line) => [line["subject"], (line["err"] as { code: string }).code]).sort(),
    ).toEqual([
      ["cascade.agent.robust.control", "invalid-message"],
      ["cascade.agent.robust.task", "invalid-message"],
      ["cascade.agent.x.heartbeat", "invalid-message"],
      ["cascade.peer.x.robust.task", "invalid-message"],
      ["cascade.stage.r.s", "invalid-message"],
    ]);
  });

  it("answers service discovery with what it is and has", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("found");
    const pong = await script.connection.request("$SRV.PING.cascade-agent");
    expect(pong.json()).toMatchObject({
      name: "cascade-agent",
      metadata: { agent: "found", lanes: "light,heavy", skills: expect.any(String) },
    });
    const { metadata } = pong.json<{ metadata: { skills: string } }>();
    expect(metadata.skills.split(",")).toEqual(
      expect.arrayContaining(["echo", "misbehave", "odd", "pause"]),
    );
  });
});

describe("a full agent of a mesh", () => {
  it("hands tasks to peers with room, and says who took which", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("full", { light: 1 });
    await Promise.all(["roomy-1", "roomy-2"].map((id) => script.addAgent(id, { light: 1 })));
    const results = script.takeResults();
    const team = meshOf("full", "roomy-1", "roomy-2");
    const slow = (index: number) => script.taskOf(index, { inputs: { ms: 500 }, team });
    const answer = await script.offer("full", [0, 1, 2, 3].map(slow));
    expect(answer).toEqual({
      v: 1,
      agent: "full",
      accepted: [0],
      busy: [3],
      handedOver: [
        { position: 1, agent: "roomy-1" },
        { position: 2, agent: "roomy-2" },
      ],
    });
    await vi.waitFor(() => expect(results).toHaveLength(3), SOON);
    expect(outcomesOf(results)).toEqual([
      { index: 0, output: { value: { noted: "s/0 1 full" } } },
      { index: 1, output: { value: { noted: "s/1 1 roomy-1" } } },
      { index: 2, output: { value: { noted: "s/2 1 roomy-2" } } },
    ]);
    const handedBy = results.map(({ index, from }) => [index, from]);
    expect(new Map(handedBy as [number, AgentId | undefined][])).toEqual(
      new Map([
        [0, undefined],
        [1, "full"],
        [2, "full"],
      ]),
    );
  });

  it("does not hand on what a peer handed to it, nor hand anything outside the team", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("full", { light: 1 });
    await script.addAgent("stranger");
    const results = script.takeResults();
    const long = script.taskOf(0, { inputs: { ms: 300 } });
    await script.offer("full", [long]);
    const tasks = [script.taskOf(1, { team: meshOf("full", "stranger", "somebody") })];
    const somebody = await script.playAgent("somebody", ["full"]);
    const handed = await somebody.request(
      "cascade.peer.somebody.full.task",
      JSON.stringify({ v: 1, from: "somebody", tasks }),
      { timeout: 5_000, noMux: true, reply: "_INBOX_somebody.full.1" },
    );
    expect(handed.json()).toMatchObject({ busy: [0], handedOver: [] });
    const alone = script.taskOf(2, { team: meshOf("full") });
    expect(await script.offer("full", [alone])).toMatchObject({ busy: [0], handedOver: [] });
    await vi.waitFor(() => expect(results).toHaveLength(1), SOON);
  });

  it("is busy when its only peer does not answer, or answers nonsense", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("full", { light: 1 });
    const results = script.takeResults();
    await script.offer("full", [script.taskOf(0, { inputs: { ms: 1_500 } })]);
    const slots = { light: 4, heavy: 0, sandbox: 0 };
    const busy = { light: 0, heavy: 0, sandbox: 0 };
    for (const agent of ["silent", "babbler"]) {
      const connection = await script.playAgent(agent, ["full"]);
      connection.subscribe(`cascade.peer.*.${agent}.*`, {
        callback: (_, message) => void (agent === "babbler" && message.respond("yes")),
      });
      const beat = { v: 1, agent, host: "h", status: "serving", slots, busy, skills: ["pause"] };
      connection.publish(`cascade.agent.${agent}.heartbeat`, JSON.stringify(beat));
      await connection.flush();
      const task = script.taskOf(1, { team: meshOf("full", agent) });
      expect(await script.offer("full", [task])).toMatchObject({ busy: [0], handedOver: [] });
    }
    await vi.waitFor(() => expect(results).toHaveLength(1), SOON);
  });
});

describe("a result", () => {
  it("is delivered again when nobody answered, and when the answer is of an older epoch", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("insistent");
    const seen: string[] = [];
    script.connection.subscribe("cascade.result.3.insistent", {
      callback: (_, message) => {
        seen.push(message.string());
        if (seen.length === 1) return; // no answer
        const epoch = seen.length === 2 ? 4 : 5;
        message.respond(JSON.stringify({ v: 1, epoch, outcomes: ["recorded"] }));
      },
    });
    await script.offer("insistent", [script.taskOf(0)]);
    await vi.waitFor(async () => {
      expect(seen).toHaveLength(3);
      expect((await script.control("insistent", report)).tasks).toEqual([]);
    }, SOON);
    expect(new Set(seen).size).toBe(1);
  });

  it("is parked durably when no owner answers for two seconds, and no longer held then", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("patient");
    const startedMs = performance.now();
    await script.offer("patient", [script.taskOf(7)]);
    await vi.waitFor(async () => {
      expect((await script.control("patient", report)).tasks).toEqual([]);
    }, SOON);
    expect(performance.now() - startedMs).toBeGreaterThan(2_000);
    const manager = await script.connection.jetstreamManager();
    const parked = await manager.streams.getMessage("INBOX", {
      last_by_subj: "cascade.inbox.3.result.patient",
    });
    expect(parked.json()).toMatchObject({
      v: 1,
      agent: "patient",
      results: [{ run: "r-test", stage: "s", index: 7, attempt: 1, status: "succeeded" }],
    });
    await manager.streams.purge("INBOX");
  });

  it("travels with the others of its shard that were finished meanwhile", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("batcher", { light: 64 });
    const batches: number[] = [];
    script.connection.subscribe("cascade.result.3.batcher", {
      callback: (_, message) => {
        const { results } = message.json<{ results: unknown[] }>();
        batches.push(results.length);
        const outcomes = results.map(() => "recorded");
        message.respond(JSON.stringify({ v: 1, epoch: 5, outcomes }));
      },
    });
    const tasks = Array.from({ length: 64 }, (_, index) =>
      script.taskOf(index, { skill: "echo", inputs: { given: index } }),
    );
    await script.offer("batcher", tasks);
    await vi.waitFor(() => expect(batches.reduce((a, b) => a + b, 0)).toBe(64), SOON);
    expect(batches.length).toBeLessThan(8);
  });

  it("over the inline limit becomes an object, and objects in inputs are loaded", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("loader");
    const results = script.takeResults();
    const blobs = await openBlobs(script.connection.jetstream(), openSubjects());
    const list = Array.from({ length: 20_000 }, (_, index) => `item ${index}`);
    const whole = { ...(await blobs.put(Buffer.from(JSON.stringify({ list })))), path: ["list"] };
    const item = { ...whole, path: ["list", 19_999] };
    const inputs = { given: { $blob: whole } };
    await script.offer("loader", [
      script.taskOf(0, { skill: "echo", inputs }),
      script.taskOf(1, { skill: "echo", inputs: { given: [{ $blob: item }] } }),
    ]);
    await vi.waitFor(() => expect(results).toHaveLength(2), SOON);
    await script.offer("loader", [script.taskOf(2, { skill: "echo", inputs })]);
    await vi.waitFor(() => expect(results).toHaveLength(3), SOON);
    const [first, second, third] = results
      .toSorted((a, b) => a.index - b.index)
      .map((result) => (result.status === "succeeded" ? result.output : undefined));
    expect(second).toEqual({ value: { same: ["item 19999"] } });
    expect(await contentOf(first)).toEqual({ same: list });
    expect(third, "the first task changed its own copy only").toEqual(first);

    async function contentOf(output: Value | undefined): Promise<unknown> {
      if (output === undefined || !("blob" in output)) return undefined;
      return JSON.parse(Buffer.from(await blobs.get(output.blob)).toString());
    }
  });
});

describe("a task", () => {
  const heavy = { skill: "misbehave", lane: "heavy" } as const;
  it.each<{ promise: string; task: Partial<Task>; code: string; disposition: string }>([
    {
      promise: "that ends its thread fails and may be tried again",
      task: { ...heavy, inputs: { how: "exit" } },
      code: "skill-crashed",
      disposition: "retry",
    },
    {
      promise: "that throws fails and may be tried again",
      task: { ...heavy, inputs: { how: "throw" } },
      code: "skill-failed",
      disposition: "retry",
    },
    {
      promise: "that never comes back is ended at its time limit",
      task: { ...heavy, inputs: { how: "spin" }, timeoutMs: 100 },
      code: "task-timeout",
      disposition: "retry",
    },
    {
      promise: "of the light lane is given up at its time limit",
      task: { inputs: { ms: 60_000 }, timeoutMs: 50 },
      code: "task-timeout",
      disposition: "retry",
    },
    {
      promise: "that returns what its manifest does not declare fails for good",
      task: { ...heavy, inputs: { how: "wrong" } },
      code: "invalid-output",
      disposition: "fail",
    },
    {
      promise: "without a required input fails for good",
      task: { ...heavy, inputs: {} },
      code: "missing-input",
      disposition: "fail",
    },
    {
      promise: "with an input of the wrong type fails for good",
      task: { inputs: { ms: "long" } },
      code: "invalid-input",
      disposition: "fail",
    },
    {
      promise: "that returns a key which readers refuse fails alone",
      task: { skill: "odd", lane: "heavy", inputs: { how: "constructor" } },
      code: "invalid-output",
      disposition: "fail",
    },
    {
      promise: "that returns the key of blob pointers fails for good",
      task: { skill: "odd", lane: "heavy", inputs: { how: "pointer" } },
      code: "invalid-output",
      disposition: "fail",
    },
    {
      promise: "that returns no JSON fails for good",
      task: { skill: "odd", lane: "heavy", inputs: { how: "cycle" } },
      code: "invalid-output",
      disposition: "fail",
    },
    {
      promise: "that throws an error no reader knows fails with one that all know",
      task: { skill: "odd", lane: "heavy", inputs: { how: "code" } },
      code: "skill-failed",
      disposition: "retry",
    },
  ])("$promise, and the agent goes on", async ({ task, code, disposition }) => {
    await using script = await openAgentScript(server);
    await script.addAgent("agent");
    const results = script.takeResults();
    await script.offer("agent", [script.taskOf(0, task)]);
    await vi.waitFor(
      () => expect(outcomesOf(results)).toEqual([{ index: 0, code, disposition }]),
      SOON,
    );
    const next = { ...heavy, inputs: { how: "write" } };
    await vi.waitFor(async () => {
      expect(await script.offer("agent", [script.taskOf(1, next)])).toMatchObject({
        accepted: [0],
      });
    }, SOON);
    await vi.waitFor(
      () => expect(outcomesOf(results)[1]).toEqual({ index: 1, output: { value: { fine: true } } }),
      SOON,
    );
    const artifact = join(script.directory, ".cascade/runs/r-test/note.txt");
    expect(await readFile(artifact, "utf8")).toBe("written");
  });

  it("names itself in the lines that its skill logs in a thread", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("logger");
    script.takeResults();
    const task = { skill: "odd", lane: "heavy", inputs: { how: "log" } } as const;
    await script.offer("logger", [script.taskOf(0, task)]);
    await vi.waitFor(() => {
      expect(script.lines.find((line) => line.event === "odd.logged")).toMatchObject({
        level: "info",
        service: "logger",
        runId: "r-test",
        stageId: "s",
        taskId: "r-test/s/0",
        agentId: "logger",
        attempt: 1,
      });
    }, SOON);
  });

  it.each(["control", "stage"] as const)("is cancelled by a %s message", async (way) => {
    await using script = await openAgentScript(server);
    await script.addAgent("obedient", { light: 2 });
    const results = script.takeResults();
    const long = { inputs: { ms: 60_000 } };
    const wanted = script.taskOf(1, { ...long, stage: "other" as StageId });
    const unwanted = [
      script.taskOf(0, long),
      script.taskOf(0, { skill: "misbehave", lane: "heavy", inputs: { how: "spin" }, attempt: 2 }),
    ];
    await script.offer("obedient", [wanted, ...unwanted]);
    if (way === "control") {
      await script.control("obedient", { v: 1, command: "cancel", tasks: unwanted.map(nameOf) });
    } else script.connection.publish("cascade.stage.r-test.s", '{"v":1,"kind":"cancel"}');
    const answer = await script.control("obedient", report);
    expect(answer.tasks).toEqual([nameOf(wanted)]);
    expect(answer.heartbeat.busy).toEqual({ light: 1, heavy: 0, sandbox: 0 });
    await script.control("obedient", { v: 1, command: "cancel", tasks: [nameOf(wanted)] });
    expect(results).toEqual([]);
  });

  it("of another run with the same stage name is not cancelled by the first one's stage", async () => {
    await using script = await openAgentScript(server);
    await script.addAgent("careful");
    const results = script.takeResults();
    await script.offer("careful", [
      script.taskOf(0, { run: "r-other" as RunId, inputs: { ms: 100 } }),
    ]);
    script.connection.publish("cascade.stage.r-test.s", '{"v":1,"kind":"cancel"}');
    await vi.waitFor(() => expect(results).toHaveLength(1), SOON);
  });
});

describe("an agent that drains", () => {
  it("finishes and delivers what it holds, is busy for the rest, and is out of its lanes", async () => {
    await using script = await openAgentScript(server);
    const agent = await script.addAgent("leaver");
    const results = script.takeResults();
    await script.offer("leaver", [script.taskOf(0, { inputs: { ms: 300 } })]);
    const left = agent.drain();
    expect(await script.offer("leaver", [script.taskOf(1)])).toMatchObject({ busy: [0] });
    await expect(script.offerToLane("light", [script.taskOf(2)])).rejects.toMatchObject({
      code: "503",
    });
    await left;
    expect(outcomesOf(results)).toEqual([
      { index: 0, output: { value: { noted: "s/0 1 leaver" } } },
    ]);
    await expect(script.control("leaver", report)).rejects.toMatchObject({ code: "503" });
  });

  it("does so on a control message, too, and says that it is gone with its last heartbeat", async () => {
    await using script = await openAgentScript(server);
    const agent = await script.addAgent("told");
    const said: string[] = [];
    script.connection.subscribe("cascade.agent.told.heartbeat", {
      callback: (_, message) => void said.push(message.json<{ status: string }>().status),
    });
    await script.control("told", { v: 1, command: "drain" });
    await agent.left;
    await vi.waitFor(() => expect(said.slice(-2)).toEqual(["draining", "gone"]), SOON);
  });

  it("gives up after its time what does not end", async () => {
    await using script = await openAgentScript(server);
    const agent = await script.addAgent("bounded", { drainMs: 200 });
    const results = script.takeResults();
    await script.offer("bounded", [
      script.taskOf(0, { inputs: { ms: 60_000 } }),
      script.taskOf(1, { skill: "misbehave", lane: "heavy", inputs: { how: "spin" } }),
    ]);
    await agent.drain();
    expect(results).toEqual([]);
  });
});
