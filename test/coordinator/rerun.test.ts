import { describe, expect, it } from "vitest";
import { reusedStages } from "../../coordinator/rerun.ts";
import type { RunEvent, StoredEvent } from "../../core/events.ts";
import type { RunId, StageId } from "../../core/ids.ts";
import { LIMITS } from "../../core/limits.ts";
import type { Plan } from "../../core/plan.ts";

const run = "r1" as RunId;
const id = (name: string) => name as StageId;
const stage = (name: string, needs: readonly number[], more: object = {}) => ({
  id: id(name),
  needs,
  skills: [],
  ...more,
});
const plan = {
  cascade: "build",
  result: [],
  stages: [
    stage("fetch", []),
    stage("lint", [0]),
    stage("docs", [0]),
    stage("ship", [1]),
    stage("tidy", [0, 1, 2, 3], { isFinal: true }),
  ],
} as unknown as Plan;

const started = { type: "run.started", cascade: "build" } as RunEvent;
const succeeded = (name: string, value: unknown = name): RunEvent =>
  ({ type: "stage.succeeded", stage: id(name), output: { value } }) as RunEvent;
const skipped = (name: string): RunEvent => ({
  type: "stage.skipped",
  stage: id(name),
  why: "when",
});
const failed = (name: string): RunEvent => ({
  type: "stage.failed",
  stage: id(name),
  error: { code: "skill-failed", message: "no", disposition: "fail" },
});

function reused(events: readonly RunEvent[], from?: readonly string[]) {
  const stored: StoredEvent[] = [started, ...events].map((event, index) => ({
    run,
    n: index + 1,
    atMs: index,
    event,
  }));
  return reusedStages(plan, stored, from?.map(id)).map(
    ({ type, stage: name }) => `${type} ${name}`,
  );
}

describe("a rerun", () => {
  it("takes over what succeeded or was skipped, and does again what failed and what comes after that", () => {
    expect(reused([succeeded("fetch"), skipped("docs"), failed("lint")])).toEqual([
      "stage.reused fetch",
      "stage.skipped docs",
    ]);
  });

  it("does a named stage again with all that come after it, and the last stages always", () => {
    const all = ["fetch", "lint", "docs", "ship", "tidy"].map((name) => succeeded(name));
    expect(reused(all, ["lint"])).toEqual(["stage.reused fetch", "stage.reused docs"]);
    expect(reused(all, ["fetch"])).toEqual([]);
  });

  it("keeps the outputs that it takes over", () => {
    const [taken] = reusedStages(plan, [
      { run, n: 1, atMs: 0, event: started },
      { run, n: 2, atMs: 1, event: succeeded("fetch", { a: 1 }) },
      { run, n: 3, atMs: 2, event: failed("lint") },
    ]);
    expect(taken).toEqual({
      type: "stage.reused",
      stage: "fetch",
      from: "r1",
      outputs: [{ value: { a: 1 } }],
    });
  });

  it("does again what is too large to be taken over", () => {
    const large = "x".repeat(LIMITS.messageBatchBytes);
    expect(reused([succeeded("fetch", large), failed("lint")])).toEqual([]);
  });

  it.each([
    { what: "nothing to do", from: undefined, message: "every stage of r1 succeeded" },
    { what: "an unknown stage", from: ["lnt"], message: "build has no stage lnt" },
  ])("is refused with $what", ({ from, message }) => {
    const all = ["fetch", "lint", "docs", "ship", "tidy"].map((name) => succeeded(name));
    expect(() => reused(all, from)).toThrow(message);
  });
});
