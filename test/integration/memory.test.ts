import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../core/json.ts";
import type { MemorySpace } from "../../core/memory.ts";
import { NOTHING_ALLOWED } from "../../core/skill-allowance.ts";
import { openBlobs } from "../../store/blobs.ts";
import { openMemory } from "../../store/memory.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { openTestAccess } from "../support/log-access.ts";
import { follow } from "../support/swarm-process.ts";

/** Starts a cascade. */
async function submit({ client, directory }: InProcessSwarm, definition: string) {
  const { runId } = await client.submit({ cascade: "memory", definition, directory });
  const followed = follow(client, runId);
  const { events } = followed;
  const dataOf = (type: string): readonly JsonObject[] =>
    events.filter((event) => event.type === type).map(({ data }) => data);
  return {
    ...{ runId, followed, dataOf },
    /** How it ended: with the outputs of its tasks by stage, or the error. */
    end: async () => {
      await followed.ended;
      const outcome = events.at(-1)?.type;
      if (outcome !== "run.succeeded") return dataOf("run.failed")[0]?.["error"] as JsonObject;
      const outputs = dataOf("task.succeeded").map(({ stage, output }) => [
        String(stage),
        (output as JsonObject)["value"],
      ]);
      return Object.fromEntries(outputs) as Record<string, Json>;
    },
  };
}

async function run(swarm: InProcessSwarm, definition: string) {
  return (await submit(swarm, definition)).end();
}

async function memoryOf(swarm: InProcessSwarm) {
  const access = await openTestAccess(swarm.server);
  const memory = await openMemory(access, await openBlobs(access.jetstream, access.subjects));
  return { memory, [Symbol.asyncDispose]: () => access[Symbol.asyncDispose]() };
}

const everyone: MemorySpace = { kind: "global" };
const by = { person: "ada" };

describe("the memory of skills", () => {
  it.each([
    "remember",
    "remember-thread",
  ])("is shared by the stages that declare its keys, and %s finds what another wrote", async (skill) => {
    await using swarm = await startInProcessSwarm();
    const submitted = await submit(
      swarm,
      `cascade: memory
stages:
  - stage: write
    skill: ${skill}
    memory: { write_keys: [plan, notes.*, gone] }
    inputs:
      steps:
        - [put, plan, { steps: [1, 2] }]
        - [put, notes.a, first]
        - [put, notes.b, second]
        - [put, gone, 1]
        - [delete, gone]
  - stage: read
    skill: ${skill}
    memory: { read_keys: [plan, notes.*, gone, never] }
    inputs:
      steps: [[get, plan], [get, gone], [get, never], [get, notes.b], [list, ""], [list, notes]]
`,
    );
    expect(await submitted.end()).toEqual({
      write: { answers: ["put", "put", "put", "put", "deleted"] },
      read: {
        answers: [
          { steps: [1, 2] },
          null,
          null,
          "second",
          ["notes.a", "notes.b", "plan"],
          ["notes.a", "notes.b"],
        ],
      },
    });
    const written = submitted.dataOf("memory.written").map(({ revision, ...data }) => {
      expect(revision).toBeGreaterThan(0);
      return data;
    });
    const fact = { stage: "write", scope: "run", agent: "agent-1" };
    expect(written).toEqual([
      { ...fact, key: "plan" },
      { ...fact, key: "notes.a" },
      { ...fact, key: "notes.b" },
      { ...fact, key: "gone" },
      { ...fact, key: "gone", isDeletion: true },
    ]);
  });

  it.each([
    ["an undeclared read", "{ write_keys: [plan] }", "[get, plan]", "may not read"],
    ["an undeclared write", "{ read_keys: [plan] }", "[put, plan, 1]", "may not write"],
    ["an undeclared deletion", "{ read_keys: [plan] }", "[delete, plan]", "may not write"],
    ["an update without the right to read", "{ write_keys: [n] }", "[increment, n, 1]", "not read"],
  ])("refuses %s, and says what is declared", async (_, declared, step, message) => {
    await using swarm = await startInProcessSwarm();
    const error = await run(
      swarm,
      `cascade: memory
stages:
  - { stage: s, skill: remember, memory: ${declared}, inputs: { steps: [${step}] } }
`,
    );
    expect(error).toMatchObject({ code: "memory-denied", disposition: "fail" });
    expect(error["message"]).toContain(message);
    expect(error["hint"]).toContain("read_keys");
  });

  it("is not there for a stage that declares nothing", async () => {
    await using swarm = await startInProcessSwarm();
    const definition = `cascade: memory
memory: { keys: [plan] }
stages:
  - { stage: s, skill: remember, inputs: { steps: [[get, plan]] } }
`;
    expect(await run(swarm, definition)).toMatchObject({ code: "memory-denied" });
  });

  it("carries values over the inline limit through objects", async () => {
    await using swarm = await startInProcessSwarm();
    const definition = `cascade: memory
stages:
  - stage: write
    skill: remember
    memory: { write_keys: [text] }
    inputs: { steps: [[large, text, 200000]] }
  - stage: read
    skill: remember-thread
    memory: { read_keys: [text] }
    inputs: { steps: [[get, text]] }
  - { stage: size, transform: "\${size(memory.text.text)}" }
  - { stage: whole, skill: pause, inputs: { ms: 1, item: "\${memory.text}" } }
outputs: { size: "\${size}" }
`;
    const submitted = await submit(swarm, definition);
    await submitted.followed.ended;
    expect(submitted.dataOf("run.succeeded")[0]?.["output"]).toEqual({ value: { size: 200_000 } });
    await using opened = await memoryOf(swarm);
    const space: MemorySpace = { kind: "run", run: submitted.runId };
    const { entry } = await opened.memory.read(space, "text");
    expect(entry?.value).toMatchObject({ blob: { bytes: 200_011 } });
  });

  const counting = `cascade: memory
memory: { scope: global, keys: [count] }
stages:
  - stage: count
    skill: remember
    foreach: [1, 2, 3, 4, 5, 6, 7, 8]
    memory: persistent
    inputs: { steps: [[increment, count, 100]] }
`;

  it("ends at 800 after 100 increments by each of eight agents", { timeout: 180_000 }, async () => {
    await using swarm = await startInProcessSwarm({ agents: 0 });
    for (let agent = 1; agent <= 8; agent++) await swarm.addAgent(`agent-${agent}`, { light: 1 });
    const submitted = await submit(swarm, counting);
    await submitted.followed.ended;
    expect(new Set(submitted.dataOf("task.succeeded").map(({ agent }) => agent)).size).toBe(8);
    await using opened = await memoryOf(swarm);
    const { entry } = await opened.memory.read(everyone, "count");
    expect(entry?.value).toEqual({ value: 800 });
    expect(submitted.dataOf("memory.written")).toHaveLength(800);
  });

  it(
    "ends at 800 also when the coordinator dies in the middle of it",
    { timeout: 180_000 },
    async () => {
      await using swarm = await startInProcessSwarm({ agents: 0, coordinators: 0 });
      const first = await swarm.addCoordinator();
      await swarm.addCoordinator();
      for (let agent = 1; agent <= 8; agent++) await swarm.addAgent(`agent-${agent}`, { light: 1 });
      const submitted = await submit(swarm, counting);
      const written = () => submitted.dataOf("memory.written").length;
      await expect.poll(written, { timeout: 120_000 }).toBeGreaterThan(200);
      await first.connection.close(); // without a word: its lease runs out
      await submitted.followed.ended;
      expect(submitted.dataOf("task.failed")).toEqual([]);
      await using opened = await memoryOf(swarm);
      const { entry } = await opened.memory.read(everyone, "count");
      expect(entry?.value).toEqual({ value: 800 });
    },
  );
});

describe("the memory of a cascade", () => {
  it("keeps outputs of a stage under the keys that it writes, and ${memory.…} names them", async () => {
    await using swarm = await startInProcessSwarm();
    const submitted = await submit(
      swarm,
      `cascade: memory
stages:
  - stage: plan
    transform: { count: 2, items: [a, b], other: 1 }
    memory: { write_keys: [count, items, missing] }
  - stage: work
    skill: pause
    foreach: "\${memory.items}"
    inputs: { ms: 1, item: "\${memory.count}/\${item}" }
    memory: { write_keys: [noted] }
  - stage: last
    skill: pause
    when: memory.count == 2 && !has(memory.missing)
    inputs: { ms: 1 }
    memory: { write_keys: [noted] }
outputs: { seen: "\${memory.noted}", none: "\${memory.missing}", other: 1 }
`,
    );
    await submitted.followed.ended;
    expect(submitted.dataOf("run.succeeded")).toEqual([
      { output: { value: { seen: "last/0 1 agent-1", none: null, other: 1 } } },
    ]);
    expect(submitted.dataOf("memory.written").map(({ stage, key }) => [stage, key])).toEqual([
      ["plan", "count"],
      ["plan", "items"],
      ["last", "noted"],
    ]);
    expect(submitted.dataOf("memory.read").map(({ stage, values }) => [stage, values])).toEqual([
      ["work", { value: { items: ["a", "b"], count: 2 } }],
      ["last", { value: { count: 2 } }],
      ["outputs", { value: { noted: "last/0 1 agent-1" } }],
    ]);
  });

  it("carries what a loop's turn put out into the next, with no keys declared", async () => {
    await using swarm = await startInProcessSwarm();
    const definition = `cascade: memory
stages:
  - stage: refactor
    skill: remember
    memory: persistent
    inputs:
      steps: [[get, refactor], [list, ""]]
  - stage: again
    type: conditional
    condition: iteration < 2
    repeat: refactor
    max_iterations: 3
    memory_shared: true
`;
    const turn = { answers: [null, []] };
    expect(await run(swarm, definition)).toEqual({
      refactor: turn,
      "refactor--2": { answers: [turn, ["refactor"]] },
    });
  });

  it("has under learned_patterns what strategies have learned, where the cascade says so", async () => {
    await using swarm = await startInProcessSwarm();
    const definition = `cascade: memory
learned_patterns: true
stages:
  - { stage: work, type: swarm-parallel, skill: repeat, foreach: [1, 2, 3], inputs: { way: "\${item}" } }
  - { stage: known, transform: "\${memory.learned_patterns}" }
outputs: { known: "\${known}" }
`;
    const { followed, dataOf } = await submit(swarm, definition);
    await followed.ended;
    const pattern = {
      ...{ skill: "repeat", agent: "agent-1", succeeded: 3, failed: 0, success_rate: 1 },
      typical_ms: expect.any(Number),
    };
    expect(dataOf("run.succeeded")).toEqual([{ output: { value: { known: [pattern] } } }]);
    expect(dataOf("memory.read")).toMatchObject([
      { stage: "known", values: { value: { learned_patterns: [pattern] } } },
    ]);
  });

  it("runs pattern 5 of the original description as it is written", async () => {
    await using swarm = await startInProcessSwarm({ allowance: NOTHING_ALLOWED });
    await writeFile(
      join(swarm.directory, "code.ts"),
      "export function one() {\n  let a = 1;\n  return a;\n}\n",
    );
    const pattern = new URL(
      "../fixtures/description/08-iterative-refinement.yaml",
      import.meta.url,
    );
    const submitted = await submit(swarm, await readFile(pattern, "utf8"));
    await submitted.followed.ended;
    expect(submitted.dataOf("run.failed")).toEqual([]);
    expect(submitted.dataOf("memory.written")).toMatchObject([{ stage: "refactor", scope: "run" }]);
    await using opened = await memoryOf(swarm);
    const { entry } = await opened.memory.read({ kind: "run", run: submitted.runId }, "refactor");
    expect(entry?.value).toMatchObject({ value: { change_count: 1 } });
  });

  it("is a run's own, under a name that of all runs of the cascade, and global for everyone", async () => {
    await using swarm = await startInProcessSwarm();
    const visits = (memory: string, cascade: string): string => `cascade: ${cascade}
memory: { ${memory} keys: [visits] }
stages:
  - stage: s
    skill: remember
    memory: persistent
    inputs: { steps: [[increment, visits, 1], [get, visits]] }
`;
    const visit = async (memory: string, cascade = "memory"): Promise<Json | undefined> => {
      const { s } = await run(swarm, visits(memory, cascade));
      return ((s as JsonObject)["answers"] as readonly Json[])[1];
    };
    expect([await visit(""), await visit("")]).toEqual([1, 1]);
    const name = "scope: cascade, name: all,";
    expect([await visit(name), await visit(name), await visit(name, "other")]).toEqual([1, 2, 1]);
    const scope = "scope: global,";
    expect([await visit(scope), await visit(scope, "other")]).toEqual([1, 2]);
  });

  it("is read once for a stage: what the log says holds after a take-over, whatever is written since", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1, coordinators: 0 });
    const first = await swarm.addCoordinator();
    await swarm.addCoordinator();
    await using opened = await memoryOf(swarm);
    const { memory } = opened;
    const write = (value: string) =>
      memory.write({ space: everyone, key: "way", value: { value }, by });
    await write("before");
    const submitted = await submit(
      swarm,
      `cascade: memory
memory: { scope: global, keys: [way] }
stages:
  - { stage: use, type: parallel, max_parallel: 1, skills: [{ skill: pause, inputs: { ms: 500 } }, { skill: repeat, inputs: { way: "\${memory.way}" } }] }
outputs: { used: "\${use.repeat.way}" }
`,
    );
    await submitted.followed.reached("task.offered");
    await write("after");
    await first.connection.close();
    await submitted.followed.ended;
    expect(submitted.dataOf("memory.read")).toHaveLength(1);
    expect(submitted.dataOf("run.succeeded")).toEqual([{ output: { value: { used: "before" } } }]);
  });

  it("keeps an output once, though the coordinator dies before that is in the log", async () => {
    await using swarm = await startInProcessSwarm({ agents: 1, coordinators: 0 });
    const first = await swarm.addCoordinator();
    await swarm.addCoordinator();
    await using opened = await memoryOf(swarm);
    const { memory } = opened;
    const submitted = await submit(
      swarm,
      `cascade: memory
memory: { scope: global, keys: [noted] }
stages:
  - { stage: s, skill: pause, inputs: { ms: 300 }, memory: { write_keys: [noted] } }
`,
    );
    await submitted.followed.reached("task.offered");
    // As the first coordinator writes it, before the second one has to.
    const earlier = await memory.write({
      ...{ space: everyone, key: "noted", value: { value: "once" }, by },
      id: `${submitted.runId}/s.0`,
    });
    await first.connection.close();
    await submitted.followed.ended;
    expect(submitted.dataOf("memory.written")).toEqual([
      { stage: "s", key: "noted", scope: "global", revision: earlier.revision },
    ]);
    expect(await memory.history(everyone, "noted")).toHaveLength(1);
  });
});
