import { describe, expect, it } from "vitest";
import type { PublishedEvent } from "../../../bus/messages.ts";
import type { RunId } from "../../../core/ids.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Plan } from "../../../core/plan.ts";
import { evaluate, type StoredOutcome } from "../../../interfaces/cli/learned/evaluation.ts";
import { statusLines } from "../../../interfaces/cli/learned/learned-text.ts";
import { outcomesOf } from "../../../interfaces/cli/learned/outcomes.ts";

/** One agent fails every other time and is four times slower; the others never fail. */
function outcomes(count: number): StoredOutcome[] {
  return Array.from({ length: count }, (_, index) => {
    const agent = `agent-${index % 4}`;
    const isBad = index % 4 === 0;
    const fails = isBad && index % 8 === 0;
    const durationMs = fails ? undefined : isBad ? 4_000 : 1_000;
    return { key: `r/s/${index}/1`, skill: "work", agent, atMs: index, durationMs };
  });
}

describe("what was learned", () => {
  it("is judged by outcomes that it was not learned from, beside the base rate", () => {
    const found = evaluate(outcomes(400), 1);
    if (found.status !== "evaluated") throw new Error(found.status);
    expect(found.learnedFrom + found.tested).toBe(400);
    expect(found.tested).toBeGreaterThan(80);
    expect(found.baseRate).toBeCloseTo(0.875, 1);
    expect(found.success.brier).toBeLessThan(found.success.baseBrier);
    expect(found.duration?.learned).toBeCloseTo(1, 1);
    expect(found.duration?.base).toBeGreaterThan(1.3);
    const tested = found.calibration.reduce((sum, bin) => sum + bin.tested, 0);
    expect(tested).toBe(found.tested);
  });

  it("gives the same numbers for the same seed, in whatever order outcomes come, and others for another", () => {
    const all = outcomes(400);
    expect(evaluate(all.toReversed(), 7)).toEqual(evaluate(all, 7));
    expect(evaluate(all, 8)).not.toEqual(evaluate(all, 7));
  });

  it("claims nothing where agents do not differ", () => {
    const equal = outcomes(400).map((each) => ({ ...each, durationMs: 1_000 }));
    const evaluation = evaluate(equal, 1);
    const lines = statusLines({ evaluation, seed: 1, runs: 3, withoutPlan: 0, entries: 4 });
    expect(lines.at(-1)).toContain("no more than the base rate");
  });

  it("is not judged without data, or with too few", () => {
    expect(evaluate([], 1)).toEqual({ status: "no-data", outcomes: 0, needed: 67 });
    expect(evaluate(outcomes(30), 1)).toEqual({ status: "too-few", outcomes: 30, needed: 67 });
    const none = { evaluation: evaluate([], 1), seed: 1, runs: 0, withoutPlan: 0, entries: 0 };
    expect(statusLines(none).at(-1)).toContain("no data");
  });
});

it("an outcome has the skill that its run's plan names; attempts that no agent had, that failed for good, or of no swarm are none", () => {
  const event = (type: string, data: JsonObject): PublishedEvent => ({
    ...{ v: 1, run: "r1" as RunId, n: 1, atMs: 5, type, data: { stage: "s", attempt: 1, ...data } },
  });
  const skills = [{ skill: "one" }, { skill: "two" }];
  const stages = [
    { id: "s", skills, swarm: {} },
    { id: "alone", skills },
  ];
  const events = [
    event("task.offered", { index: 0 }),
    event("task.succeeded", { index: 0, agent: "a", durationMs: 7 }),
    event("task.failed", { index: 3, agent: "b", error: { disposition: "retry" } }),
    event("task.failed", { index: 5, agent: "b", error: { disposition: "fail" } }),
    event("task.succeeded", { index: 0, agent: "a", durationMs: 7, stage: "alone" }),
    event("task.failed", { index: 1 }),
    event("task.succeeded", { index: 0, agent: "a", durationMs: 7, stage: "unknown" }),
  ];
  expect(outcomesOf(events, { stages } as unknown as Pick<Plan, "stages">)).toEqual([
    { key: "r1/s/0/1", skill: "one", agent: "a", atMs: 5, durationMs: 7 },
    { key: "r1/s/3/1", skill: "two", agent: "b", atMs: 5, durationMs: undefined },
  ]);
});
