import { describe, expect, it } from "vitest";
import type { PublishedEvent } from "../../../bus/messages.ts";
import type { RunId } from "../../../core/ids.ts";
import type { Json, JsonObject } from "../../../core/json.ts";
import type { Plan } from "../../../core/plan.ts";
import { differenceLines } from "../../../interfaces/cli/runs/diff-runs.ts";
import { type ComparedRun, differenceOf } from "../../../interfaces/cli/runs/run-difference.ts";

const plan = {
  cascade: "release",
  stages: ["lint", "build", "ship"].map((id) => ({ id, skills: [] })),
} as unknown as Plan;

function comparedRun(
  run: string,
  inputs: Json,
  facts: readonly (readonly [atMs: number, type: string, data?: JsonObject, output?: Json])[],
): ComparedRun {
  const outputs = new Map<PublishedEvent, Json>();
  const events = facts.map(([atMs, type, data = {}, output], index): PublishedEvent => {
    const event = { v: 1, run: run as RunId, n: index + 1, atMs, type, data } as const;
    if (output !== undefined) outputs.set(event, output);
    return event;
  });
  return { plan, events, outputs, inputs };
}

const started = [0, "run.started", { plan: "a".repeat(64) }] as const;
const offered = (stage: string, attempt = 1) =>
  [10, "task.offered", { stage, index: 0, attempt }] as const;
const done = (atMs: number, stage: string, output: Json) => [
  [atMs, "task.succeeded", { stage, index: 0, attempt: 1, agent: "a" }, output] as const,
  [atMs, "stage.succeeded", { stage }] as const,
];
const begun = (stage: string) => [5, "stage.started", { stage, tasks: 1 }] as const;

const a = comparedRun("r1", { path: ".", deep: { x: 1, y: 2 } }, [
  started,
  ...[begun("lint"), offered("lint"), ...done(20, "lint", { found: 1, kept: { x: 1, y: 2 } })],
  ...[begun("build"), offered("build"), ...done(300, "build", { text: "a", cost_usd: 0.25 })],
  [400, "run.succeeded", {}],
]);
const b = comparedRun("r2", { path: "src", deep: { y: 2, x: 1 }, more: true }, [
  started,
  [1, "stage.reused", { stage: "lint", outputs: [{ value: { kept: { y: 2, x: 1 }, found: 1 } }] }],
  ...[begun("build"), offered("build"), offered("build", 2)],
  ...done(600, "build", { text: "b", cost_usd: null }),
  [650, "stage.failed", { stage: "ship", error: { code: "skill-failed", message: "no" } }],
  [700, "run.failed", { error: { code: "skill-failed", message: "no" } }],
]);

describe("runs diff", () => {
  it("says in what two runs differ; the order of keys is no difference", () => {
    expect(differenceOf(a, b)).toEqual({
      runs: { a: "r1", b: "r2" },
      cascade: null,
      plan: null,
      status: { a: "succeeded", b: "failed" },
      inputs: { path: { a: ".", b: "src" }, more: { a: undefined, b: true } },
      durationMs: { a: 400, b: 700 },
      costUsd: { a: 0.25, b: null },
      stages: [
        {
          stage: "lint",
          ...{ status: null, error: null, outputs: [] },
          tasks: { a: 1, b: undefined },
          attempts: { a: 1, b: 0 },
          durationMs: { a: 15, b: null },
          costUsd: { a: null, b: null },
        },
        {
          stage: "build",
          ...{ status: null, error: null, tasks: null },
          attempts: { a: 1, b: 2 },
          outputs: [0],
          durationMs: { a: 295, b: 595 },
          costUsd: { a: 0.25, b: null },
        },
        {
          stage: "ship",
          status: { a: "waiting", b: "failed" },
          error: { a: undefined, b: "no" },
          ...{ tasks: null, attempts: null, outputs: [] },
          durationMs: { a: null, b: null },
          costUsd: { a: null, b: null },
        },
      ],
      same: [],
    });
  });

  it("is empty between a run and itself", () => {
    const { stages, inputs, status, same } = differenceOf(a, a);
    expect({ stages, inputs, status, same }).toEqual({
      ...{ stages: [], inputs: {}, status: null },
      same: ["lint", "build", "ship"],
    });
  });

  it("is a table for people", () => {
    expect(differenceLines(differenceOf(a, b))).toEqual([
      "                 r1         r2",
      "status           succeeded  failed",
      "took             400 ms     700 ms",
      "cost             $0.2500    not known",
      "input more       –          true",
      'input path       "."        "src"',
      "lint: tasks      1          –",
      "lint: attempts   1          0",
      "lint: took       15 ms      not ended",
      "build: attempts  1          2",
      "build: took      295 ms     595 ms",
      "build: cost      $0.2500    not known",
      "ship: status     waiting    failed",
      "ship: error      –          no",
      "ship: took       not ended  not ended",
      "",
      "build: other outputs of task 0",
      "",
      "no stage is the same in both",
    ]);
  });
});
