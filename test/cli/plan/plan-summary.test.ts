import { describe, expect, it } from "vitest";
import { summaryOf } from "./plan-request.ts";

const head =
  "cascade: c\ninputs: [{ name: path, type: path, default: . }, { name: list, type: array, required: false }]\nstages:\n";
const stage = (fields: string): string => `  - { ${fields} }\n`;
const work = (text: string, id: string) =>
  summaryOf(text).stages.find((each) => each.id === id)?.does;

/** Wave, id and needs of every stage that is shown. */
const orderOf = (...args: Parameters<typeof summaryOf>) =>
  summaryOf(...args).stages.map(({ wave, id, needs }) => `${wave} ${id} <- ${needs.join(" ")}`);

describe("a plan's summary", () => {
  it("is one JSON document with everything in it", () => {
    const text = `${head}${stage("stage: a, skill: list")}${stage("stage: b, condition: size(a.files), branches: { high: check, low: { transform: 1 } }")}`;
    const skillWork = {
      kind: "skills",
      maxAttempts: 4,
      backoffMs: 500,
      maxBackoffMs: 30_000,
      timeoutMs: 600_000,
      tasks: 1,
    };
    const decision = { stage: "b--decision", branch: "high" };
    expect(JSON.parse(JSON.stringify(summaryOf(text, { path: "src" })))).toEqual({
      schemaVersion: 1,
      cascade: "c",
      version: null,
      description: null,
      stageCount: 4,
      tasks: 2,
      knownTasks: 2,
      inputs: [
        { name: "path", type: "path", value: "src", origin: "given" },
        { name: "list", type: "array", value: null, origin: "left-out" },
      ],
      waves: [["a"], ["b--decision"], ["b--high", "b--low"]],
      stages: [
        {
          id: "a",
          type: "sequential",
          wave: 1,
          needs: [],
          continueOnError: false,
          isFinal: false,
          does: { ...skillWork, skills: [{ skill: "list", lane: "light" }] },
        },
        {
          id: "b--decision",
          type: "conditional",
          wave: 2,
          needs: ["a"],
          continueOnError: false,
          isFinal: false,
          does: {
            kind: "choice",
            on: "${size(a.files)}",
            branches: [
              { name: "high", by: "number", atLeast: 0.7, stages: ["b--high"] },
              { name: "low", by: "number", atLeast: null, stages: ["b--low"] },
            ],
            otherwise: null,
          },
        },
        {
          id: "b--high",
          type: "sequential",
          wave: 3,
          needs: ["b--decision"],
          guard: decision,
          continueOnError: false,
          isFinal: false,
          does: { ...skillWork, skills: [{ skill: "check", lane: "light" }] },
        },
        {
          id: "b--low",
          type: "transform",
          wave: 3,
          needs: ["b--decision"],
          guard: { ...decision, branch: "low" },
          continueOnError: false,
          isFinal: false,
          does: { kind: "transform", value: "1" },
        },
      ],
      skills: [
        { name: "list", version: "1.0.0", kind: "code", sideEffects: null },
        { name: "check", version: "1.0.0", kind: "code", sideEffects: null },
      ],
      worstCase: {
        attempts: 8,
        timeMs: 4_807_000,
        modelCost: { usd: null, reason: "no-model-is-used" },
      },
    });
  });

  it("puts stages that can start together into one wave, those of the longest way after each other", () => {
    const text = `${head}${stage("stage: a, transform: 1")}${stage("stage: b, transform: 2, needs: []")}${stage("stage: c, transform: 3, needs: [a]")}${stage("stage: d, transform: 4, needs: [b, c]")}`;
    expect(summaryOf(text).waves).toEqual([["a", "b"], ["c"], ["d"]]);
  });

  it("has the first turn of a loop alone, and who waits for its end after it", () => {
    const text = `${head}${stage("stage: a, transform: 1")}${stage("stage: b, transform: 2")}${stage("stage: side, transform: 3, needs: [a]")}${stage('stage: more, condition: "b < 3", repeat: b, max_iterations: 4, needs: [b]')}${stage("stage: end, transform: 4")}`;
    expect(orderOf(text)).toEqual([
      "1 a <- ",
      "2 b <- a",
      "2 side <- a",
      "3 more <- b",
      "4 end <- more",
    ]);
    expect(work(text, "more")).toEqual({
      kind: "loop",
      condition: "${b < 3}",
      turns: 4,
      stages: ["b", "more"],
    });
    expect(summaryOf(text).stageCount).toBe(11);
  });

  it("knows a loop of one turn, and that a choice between repeat and done is none", () => {
    const once = `${head}${stage("stage: a, transform: 1")}${stage('stage: more, condition: "a < 3", repeat: a, max_iterations: 1')}`;
    expect(work(once, "more")).toEqual({
      kind: "loop",
      condition: "${a < 3}",
      turns: 1,
      stages: ["more"],
    });
    const choice = `${head}${stage('stage: s, condition: "size(path) > 3", branches: { repeat: { transform: 1 }, done: { transform: 2 } }')}`;
    expect(orderOf(choice)).toEqual([
      "1 s--decision <- ",
      "2 s--repeat <- s--decision",
      "2 s--done <- s--decision",
    ]);
  });

  it("has the stages of a sub-cascade, and loops in loops by their first turns", () => {
    const inner = `cascade: inner\nstages:\n${stage("stage: x, transform: 1")}${stage("stage: more, condition: x < 1, repeat: x, max_iterations: 2")}outputs: { n: "\${x}" }\n`;
    const text = `${head}${stage("stage: sub, cascade: inner")}${stage("stage: outer, condition: sub.n < 1, repeat: sub, max_iterations: 3")}`;
    const others = { inner };
    expect(orderOf(text, {}, others)).toEqual([
      "1 sub--inputs <- ",
      "2 sub--x <- sub--inputs",
      "3 sub--more <- sub--x",
      "4 sub <- sub--more",
      "5 outer <- sub",
    ]);
    const { stages, stageCount } = summaryOf(text, {}, others);
    expect(stageCount).toBe(21);
    expect(stages.flatMap(({ does }) => (does.kind === "loop" ? [does] : []))).toEqual([
      { kind: "loop", condition: "${x < 1}", turns: 2, stages: ["sub--x", "sub--more"] },
      {
        kind: "loop",
        condition: "${sub.n < 1}",
        turns: 3,
        stages: ["sub--inputs", "sub--x", "sub--more", "sub", "outer"],
      },
    ]);
  });

  const fanOut = (over: string) =>
    `${head}${stage("stage: a, skill: list")}${stage(`stage: b, skill: check, foreach: ${over}, inputs: { files: [] }`)}`;

  it.each([
    ["a list", "[1, 2, 3]", {}, 3],
    ["a list with data in it", '["${a.files}", "${a.root}"]', {}, null],
    ["an input that is given", '"${list}"', { list: [1, 2] }, 2],
    ["what follows from it", '"${list.filter(x, x > 1)}"', { list: [1, 2] }, 1],
    ["an input that is null", '"${list}"', {}, null],
    ["data", '"${a.files}"', { list: [1] }, null],
  ])("counts the entries of %s", (_, over, given, expected) => {
    const { tasks, knownTasks, worstCase } = summaryOf(fanOut(over), given);
    expect({
      tasks,
      knownTasks,
      attempts: worstCase.attempts,
      time: worstCase.timeMs === null,
    }).toEqual({
      tasks: expected === null ? null : expected + 1,
      knownTasks: expected === null ? 1 : expected + 1,
      attempts: expected === null ? null : (expected + 1) * 4,
      time: expected === null,
    });
  });

  it("counts the entries of a sub-cascade's input, in every turn", () => {
    const inner = `cascade: inner\ninputs: [{ name: words, type: array }]\nstages:\n${stage('stage: x, skill: report, foreach: "${words}", inputs: { findings: 1 }')}outputs: { n: 1 }\n`;
    const text = `${head}${stage('stage: sub, cascade: inner, inputs: { words: "${list}" }')}${stage("stage: more, condition: sub.n < 1, repeat: sub, max_iterations: 2")}`;
    expect(summaryOf(text, { list: [1, 2, 3] }, { inner }).tasks).toBe(6);
  });

  it("takes of a choice the branch with the most, and the longest way by time", () => {
    const short = "timeout: 1s, error_handling: { max_retries: 1, backoff: 100ms }";
    const text = `${head}${stage(`stage: a, skill: list, ${short}`)}${stage(`stage: s, condition: size(path) > 3, then: { skill: check, ${short} }, else: { skill: check, foreach: [1, 2, 3], max_parallel: 2, inputs: { files: [] }, ${short} }`)}${stage("stage: z, skill: list, needs: [], timeout: 2s, error_handling: { strategy: fail }")}`;
    expect(summaryOf(text).worstCase).toEqual({
      attempts: 2 + 6 + 1,
      timeMs: 2_100 + 2 * 2_100,
      modelCost: { usd: null, reason: "no-model-is-used" },
    });
  });

  it("says which inputs are to be given", () => {
    const text =
      "cascade: c\ninputs: [{ name: a }, { name: b, type: number, default: 2 }, { name: d, required: false }]\nstages:\n  - { stage: s, transform: 1 }\n";
    expect(summaryOf(text).inputs).toEqual([
      { name: "a", type: "string", value: null, origin: "to-be-given" },
      { name: "b", type: "number", value: 2, origin: "default" },
      { name: "d", type: "string", value: null, origin: "left-out" },
    ]);
  });
});
