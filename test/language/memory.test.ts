import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { testCatalog } from "../support/catalog.ts";

const inner = `cascade: inner
stages: [{ stage: deep, skill: list, inputs: { path: x }, memory: persistent }]
outputs: { plan: "\${memory.plan}" }
`;
const sources = {
  find: (name: string) => (name === "inner" ? { text: inner, file: "inner.yaml" } : undefined),
  names: () => ["inner"],
};

function compile(text: string) {
  return compileCascade({ text: `cascade: c\n${text}`, file: "c.yaml" }, testCatalog, sources);
}

/** The memory of each stage that has one. */
function memoriesOf(text: string) {
  const compiled = compile(text);
  if (!compiled.ok) throw new Error(compiled.diagnostics[0]?.message);
  return Object.fromEntries(
    compiled.plan.stages.flatMap(({ id, memory }) => (memory === undefined ? [] : [[id, memory]])),
  );
}

function errorOf(text: string): string {
  const compiled = compile(text);
  if (compiled.ok) return "";
  const [first] = compiled.diagnostics;
  const { line, column } = first?.location ?? {};
  return `${line}:${column} ${first?.message}${first?.hint === undefined ? "" : ` (${first.hint})`}`;
}

const list = "skill: list, inputs: { path: x }";
const ofRun = { kind: "run" };

describe("learned_patterns", () => {
  it("is a key that everyone may read and nobody has", () => {
    expect(
      memoriesOf(`learned_patterns: true
stages:
  - { stage: a, ${list} }
  - { stage: b, transform: "\${memory.learned_patterns}" }
`),
    ).toEqual({ b: { space: ofRun, read: [], write: [], learned: true } });
    expect(errorOf('stages: [{ stage: b, transform: "${memory.learned_patterns}" }]')).toContain(
      "learned_patterns",
    );
    expect(
      errorOf(
        `learned_patterns: true\nstages: [{ stage: a, ${list}, memory: { write_keys: [learned_patterns] } }]`,
      ),
    ).toContain("learned_patterns is what the swarm has learned, and no key of the memory, here");
  });
});

describe("the memory of a stage", () => {
  it("is what it declares, and nothing for stages that declare none", () => {
    expect(
      memoriesOf(`memory: { keys: [plan, "notes.*"] }
stages:
  - { stage: none, ${list} }
  - { stage: own, ${list}, memory: { read_keys: [plan], write_keys: [found] } }
  - { stage: all, ${list}, memory: persistent }
`),
    ).toEqual({
      own: { space: ofRun, read: ["plan"], write: ["found"] },
      all: { space: ofRun, read: ["plan", "notes.*"], write: ["plan", "notes.*"] },
    });
  });

  it("is the stage's output under its id where the cascade lists no keys, in every turn of a loop", () => {
    const memory = { space: ofRun, read: ["refactor"], write: [], output: "refactor" };
    expect(
      memoriesOf(`stages:
  - { stage: refactor, ${list}, memory: persistent }
  - { stage: again, condition: iteration < 2, repeat: refactor, memory_shared: true }
`),
    ).toEqual({ refactor: memory, "refactor--2": memory, "refactor--3": memory });
  });

  it.each([
    ["scope: cascade", ofRun],
    ["scope: cascade, name: style", { kind: "cascade", cascade: "c", name: "style" }],
    ["scope: global", { kind: "global" }],
    ["persistence: enabled, scope: cascade, storage: mcp__ruv-swarm__memory", ofRun],
  ])("is where the cascade says: %s", (written, space) => {
    expect(
      memoriesOf(`memory: { ${written}, keys: [learned_patterns], ttl: 2h }
stages: [{ stage: s, ${list}, memory: persistent }]
`),
    ).toEqual({
      s: { space, read: ["learned_patterns"], write: ["learned_patterns"], ttlMs: 7_200_000 },
    });
  });

  it("is shared by the agents of a swarm that says so", () => {
    expect(
      memoriesOf(`memory: { keys: [plan] }
stages: [{ stage: s, ${list}, type: swarm-parallel, swarm_config: { memory_shared: true } }]
`),
    ).toEqual({ s: { space: ofRun, read: ["plan"], write: ["plan"] } });
  });

  it("is that of the cascade around it in a cascade that says nothing of its own", () => {
    expect(
      memoriesOf(`memory: { scope: global, keys: [plan] }
stages: [{ stage: sub, cascade: inner }]
`),
    ).toEqual({
      "sub--deep": { space: { kind: "global" }, read: ["plan"], write: ["plan"] },
      sub: { space: { kind: "global" }, read: [], write: [] },
    });
  });

  it("can be named where a key is listed or some stage uses it, without a right for skills", () => {
    const named = { space: ofRun, read: [], write: [] };
    expect(
      memoriesOf(`memory: { keys: [plan] }
stages:
  - { stage: a, ${list}, memory: { write_keys: [found-it] } }
  - { stage: b, when: "has(memory.plan)", skill: list, inputs: { path: "\${memory.found-it.path}" } }
  - { stage: c, transform: "\${memory.plan}" }
  - { stage: d, condition: memory.plan > 1, then: { transform: 1 } }
  - { stage: e, transform: 1, gate: memory.plan != 1 }
`),
    ).toEqual({
      a: { space: ofRun, read: [], write: ["found-it"] },
      ...{ b: named, c: named, "d--decision": named, "e--gate": named },
    });
  });

  it.each([
    [
      "a key that nobody declares",
      `memory: { keys: [plan] }\nstages: [{ stage: s, transform: "\${memory.plam}" }]`,
      '3:36 ${memory.plam}: no key "plam" of the memory is declared (did you mean "plan"?)',
    ],
    [
      "a key where none is declared",
      `stages: [{ stage: s, transform: "\${memory.x}" }]`,
      '2:36 ${memory.x}: no key "x" of the memory is declared (add it to `memory.keys` of the cascade)',
    ],
    [
      "memory that is disabled",
      `config: { memory_persistence: disabled }\nstages: [{ stage: s, ${list}, memory: persistent }]`,
      "3:56 `memory` needs memory_persistence, which is disabled under `config`",
    ],
    [
      "memory that is disabled where it is described",
      `memory: { persistence: disabled, keys: [a] }\nstages: [{ stage: s, ${list}, memory: persistent }]`,
      "3:56 `memory` needs memory_persistence, which is disabled under `config`",
    ],
    [
      "a name of memory that is disabled",
      `config: { memory_persistence: disabled }\nmemory: { keys: [a] }\nstages: [{ stage: s, transform: "\${memory.a}" }]`,
      "4:36 ${memory.a}: memory_persistence is disabled under `config`",
    ],
    [
      "a loop that shares what is disabled",
      `config: { memory_persistence: disabled }\nstages:\n  - { stage: s, ${list} }\n  - { stage: l, condition: iteration < 2, repeat: s, memory_shared: true }`,
      "5:54 `memory_shared` needs memory_persistence, which is disabled under `config`",
    ],
    [
      "memory that is no way for data",
      `data_flow: [stage_output]\nstages: [{ stage: s, ${list}, memory: persistent }]`,
      "3:10 `memory` cannot be used: `data_flow` does not list `shared_memory` (add `shared_memory` to `data_flow`)",
    ],
    [
      "agents that share a memory and do not",
      `stages: [{ stage: s, ${list}, type: swarm-parallel, memory: { read_keys: [a] }, swarm_config: { memory_shared: false } }]`,
      "2:120 the agents of the stage share its `memory`: `memory_shared` cannot be false (leave out one of them)",
    ],
    [
      "a name of what is everyone's",
      `memory: { scope: global, name: all }\nstages: [{ stage: s, ${list} }]`,
      "2:32 a memory of scope global has no name (leave out `name`, or write `scope: cascade`)",
    ],
    [
      "a wildcard in the middle",
      `stages: [{ stage: s, ${list}, memory: { read_keys: ["a*b"] } }]`,
      '2:78 stages[0].memory.read_keys[0] must be a text, with `*` at the end only, but is "a*b"',
    ],
    [
      "memory of a stage without work",
      `stages: [{ stage: s, wait: 1s, memory: persistent }]`,
      "2:32 a stage that waits has no `memory` (write a stage of its own for it)",
    ],
  ])("refuses %s", (_, text, expected) => {
    expect(errorOf(text)).toBe(expected);
  });

  it("gives a program no word that a task has written", () => {
    const text = `memory: { keys: [cmd] }
stages: [{ stage: s, run: ["\${memory.cmd}", x] }]
`;
    const compiled = compile(text);
    expect(compiled.ok).toBe(false);
  });
});
