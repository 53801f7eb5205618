import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import type { RunPageEvent } from "../../interfaces/dashboard/state/run-event.ts";
import { RunFold } from "../../interfaces/dashboard/state/run-fold.ts";
import { firstFailure, whyOf } from "../../interfaces/dashboard/state/sentences.ts";
import { timelineOf } from "../../interfaces/dashboard/state/timeline.ts";

/** Events a second apart, the first at 1 s. */
function events(...entries: readonly [string, JsonObject?][]): RunPageEvent[] {
  return entries.map(([type, data = {}], at) => ({
    n: at + 1,
    atMs: (at + 1) * 1_000,
    type,
    data,
  }));
}

function folded(list: readonly RunPageEvent[], stages: readonly string[] = []): RunFold {
  const fold = new RunFold(stages);
  for (const event of list) fold.apply(event);
  return fold;
}

const error = {
  code: "skill-failed",
  message: "no such file",
  hint: "make it",
  disposition: "retry",
};
const failed = events(
  ["run.started", { directory: "/here" }],
  ["stage.started", { stage: "build", tasks: 1 }],
  ["task.offered", { stage: "build", index: 0, attempt: 1 }],
  ["task.failed", { stage: "build", index: 0, attempt: 1, agent: "a1", error, retryAtMs: 4_500 }],
  ["task.offered", { stage: "build", index: 0, attempt: 2 }],
  ["task.failed", { stage: "build", index: 0, attempt: 2, agent: "a2", error }],
  ["stage.failed", { stage: "build", error }],
  ["run.failed", { error }],
);

describe("the fold of a run", () => {
  it("keeps every attempt with its agent, its times and its failure", () => {
    const { stages, status, failure, endedMs } = folded(failed, ["build", "ship"]);
    expect({ status, failure, endedMs }).toEqual({
      status: "failed",
      failure: { code: "skill-failed", message: "no such file", hint: "make it", place: "" },
      endedMs: 8_000,
    });
    expect(stages.get("ship")?.status).toBe("waiting");
    expect(stages.get("build")).toMatchObject({
      status: "failed",
      tasks: 1,
      succeeded: 0,
      failed: 1,
    });
    expect(stages.get("build")?.attempts).toMatchObject([
      { attempt: 1, agent: "a1", offeredMs: 3_000, endedMs: 4_000, retryAtMs: 4_500 },
      { attempt: 2, agent: "a2", offeredMs: 5_000, endedMs: 6_000, status: "failed" },
    ]);
  });

  it("passes over what it has applied before: a stream may begin again anywhere", () => {
    const once = folded(failed);
    for (const event of failed.slice(2)) once.apply(event);
    expect(once).toEqual(folded(failed));
  });

  it("says of stages that were under way that the run stopped them", () => {
    const fold = folded(
      events(
        ["run.started"],
        ["stage.started", { stage: "long", tasks: 1 }],
        ["stage.paused", { stage: "ask", for: "approval", message: "Go?" }],
        ["run.cancelled", { reason: "enough" }],
      ),
    );
    expect([...fold.stages.values()].map(({ id, status }) => [id, status])).toEqual([
      ["long", "stopped"],
      ["ask", "stopped"],
    ]);
    expect(fold.reason).toBe("enough");
  });

  it("finds the task that failed for good, and tells the attempts as sentences", () => {
    const fold = folded(failed, ["build"]);
    expect(firstFailure(fold)).toMatchObject({
      stage: { id: "build" },
      attempt: { attempt: 2, agent: "a2" },
    });
    const plan = {
      ...{ id: "build", type: "sequential", needs: [], calls: [] },
      ...{ maxAttempts: 2, isFinal: false, continueOnError: false },
    };
    expect(whyOf([plan], plan, fold)).toEqual([
      "It failed, and with it all that needs it.",
      expect.stringMatching(/^Attempt 1 of task 0 failed on a1 with skill-failed: tried again at /),
      "Attempt 2 of task 0 failed on a2 with skill-failed: that was the last attempt allowed.",
    ]);
  });
});

describe("the timeline of a run", () => {
  it("has a row for each agent, and what its attempts waited for", () => {
    const { rows, fromMs, toMs } = timelineOf(folded(failed), "agent", 0);
    expect([fromMs, toMs]).toEqual([1_000, 8_000]);
    expect(
      rows.map(({ name, bars }) => [
        name,
        bars.map((bar) => [bar.readyMs, bar.startMs, bar.endMs]),
      ]),
    ).toEqual([
      ["a1", [[2_000, 3_000, 4_000]]],
      ["a2", [[4_500, 5_000, 6_000]]],
    ]);
  });

  it("draws short attempts that stand close together as one", () => {
    const many = Array.from({ length: 1_000 }, (_, index): RunPageEvent[] => [
      {
        n: 3 + 2 * index,
        atMs: 1_000 + index,
        type: "task.offered",
        data: { stage: "s", index, attempt: 1 },
      },
      {
        n: 4 + 2 * index,
        atMs: 1_001 + index,
        type: "task.succeeded",
        data: { stage: "s", index, attempt: 1, agent: "a1", durationMs: 1 },
      },
    ]).flat();
    const fold = folded([
      ...events(["run.started"], ["stage.started", { stage: "s", tasks: 1_000 }]),
      ...many,
      { n: 9_999, atMs: 1_001_000, type: "run.succeeded", data: {} },
    ]);
    const { rows } = timelineOf(fold, "agent", 0);
    expect(rows.map(({ bars }) => bars.length)).toEqual([1]);
    expect(rows[0]?.bars[0]?.attempts).toHaveLength(1_000);
  });
});
