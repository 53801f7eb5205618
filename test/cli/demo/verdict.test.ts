import { describe, expect, it } from "vitest";
import type { PublishedEvent } from "../../../bus/messages.ts";
import type { RunId } from "../../../core/ids.ts";
import type { JsonObject } from "../../../core/json.ts";
import { type Observed, verdictOf } from "../../../interfaces/cli/demo/verdict.ts";

const event = (type: string, data: JsonObject = {}): PublishedEvent => ({
  ...{ v: 1, run: "r1" as RunId, n: 1, atMs: 0, type, data },
});
const succeeded = (index: number, agent: string, attempt = 1) =>
  event("task.succeeded", { index, agent, attempt, output: { value: { primes: 5 } } });
const lost = (index: number, agent: string) =>
  event("task.failed", { index, agent, attempt: 1, error: { code: "agent-lost" } });
const good: Observed = {
  ...{ topology: "star", tasks: 2, expected: 10 },
  events: [succeeded(0, "a"), lost(1, "b"), succeeded(1, "a", 2), event("run.succeeded")],
  kills: [{ agent: "b", pid: 1, successor: 2 }],
  edges: [{ from: "coordinator", to: "a", messages: 2, link: "linked" }],
};

describe("the verdict of a demonstration", () => {
  it("counts what was done, moved and lost", () => {
    expect(verdictOf(good)).toEqual({
      ...{ done: 2, moved: 1, movedToOthers: 1, kills: 1, lost: 0, result: 10, failures: [] },
    });
  });

  it.each<[string, Partial<Observed>, string]>([
    [
      "a task without an outcome",
      { events: [lost(1, "b"), succeeded(1, "a", 2), event("run.succeeded")], expected: 5 },
      "1 tasks have no outcome",
    ],
    ["a run that failed", { events: [...good.events, event("run.failed")] }, "did not succeed"],
    [
      "a task with two outcomes",
      { events: [succeeded(1, "c"), ...good.events], expected: 15 },
      "a task has two outcomes",
    ],
    ["a wrong result", { expected: 11 }, "the result is 10, not 11"],
    ["nobody killed", { kills: [] }, "no agent was killed"],
    [
      "a kill that hit nothing",
      { events: [succeeded(0, "a"), succeeded(1, "a"), event("run.succeeded")] },
      "no task was lost with a killed agent, so none had to move",
    ],
    ["a kill without a successor", { kills: [{ agent: "b", pid: 1 }] }, "b was not started again"],
    ["no traffic", { edges: [] }, "no message was recorded"],
    [
      "a message along a missing link",
      { edges: [{ from: "a", to: "b", messages: 1, link: "unlinked" }] },
      "a sent to b, which a star has no link for",
    ],
  ])("fails for %s", (_, change, failure) => {
    expect(verdictOf({ ...good, ...change }).failures).toEqual([expect.stringContaining(failure)]);
  });
});
