import { describe, expect, it } from "vitest";
import type { PublishedEvent } from "../../../bus/messages.ts";
import type { RunId } from "../../../core/ids.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Plan } from "../../../core/plan.ts";
import { runLines } from "../../../interfaces/cli/runs/list-runs.ts";
import { storyOf } from "../../../interfaces/cli/runs/run-story.ts";
import { storyLines } from "../../../interfaces/cli/runs/show-run.ts";
import { ageText, durationText } from "../../../interfaces/cli/runs/time-text.ts";

const run = "r1" as RunId;
const plan = {
  cascade: "release",
  stages: [
    { id: "lint", skills: [{ skill: "lint-code" }] },
    { id: "ask", skills: [] },
    { id: "ship", skills: [{ skill: "ship" }] },
  ],
} as unknown as Plan;
const error = { code: "skill-failed", message: "no room", disposition: "fail", hint: "make some" };

let n = 0;
const event = (atMs: number, type: string, data: JsonObject = {}): PublishedEvent => ({
  v: 1,
  run,
  n: ++n,
  atMs,
  type,
  data,
});
const started = event(0, "run.started", { cascade: "release", directory: "/job" });
const lint = [
  event(100, "stage.started", { stage: "lint", tasks: 2 }),
  event(100, "task.offered", { stage: "lint", index: 0, attempt: 1 }),
  event(100, "task.offered", { stage: "lint", index: 1, attempt: 1 }),
  event(400, "task.failed", {
    stage: "lint",
    index: 1,
    attempt: 1,
    agent: "agent-2",
    retryAtMs: 5,
  }),
  event(500, "task.succeeded", { stage: "lint", index: 0, attempt: 1, agent: "agent-1" }),
  event(600, "task.offered", { stage: "lint", index: 1, attempt: 2 }),
];

describe("runs show", () => {
  it("says what came from the cache, and why other stages did not", () => {
    const events = [
      started,
      event(10, "stage.reused", { stage: "lint", from: "r0", outputs: [], cached: true }),
      event(20, "cache.missed", { stage: "ship", why: "other files than in r0" }),
      event(30, "stage.started", { stage: "ship", tasks: 1 }),
    ];
    expect(storyLines(storyOf(plan, events), undefined, 61_000).slice(4)).toEqual([
      "  stage  status     tasks  attempts  took        by",
      "  lint   succeeded                               CACHED from r0",
      "  ask    waiting",
      "  ship   running    0/1              1 min 00 s",
      "",
      "  ship was not cached: other files than in r0",
    ]);
  });

  it("tells a run that goes on, with attempts and agents", () => {
    expect(storyLines(storyOf(plan, [started, ...lint]), undefined, 61_000)).toEqual([
      "release running for 1 min 01 s, started 1 min ago",
      "  run        r1",
      "  directory  /job",
      "",
      "  stage  status   tasks  attempts  took        by",
      "  lint   running  1/2    3         1 min 00 s  agent-1, agent-2",
      "  ask    waiting",
      "  ship   waiting",
    ]);
  });

  it("shows each budget with what is spent of it, and what models came to", () => {
    const whole = { name: "the run", limit: { usd: 2, calls: 3, timeMs: 60_000 } };
    const ofLint = { name: "stage lint", limit: { tokens: 900 }, stages: [0] };
    const budgeted = { ...plan, budgets: [whole, ofLint] } as unknown as Plan;
    const reserve = (id: string) => ({
      ...{ id, stage: "lint", index: 0, attempt: 1, agent: "agent-1" },
      ...{ model: "m", tokens: 400, usd: 0.5 },
    });
    const events = [
      started,
      event(10, "budget.reserved", reserve("x.1")),
      event(20, "budget.settled", { stage: "lint", id: "x.1", tokens: 100, usd: 0.25 }),
      event(30, "budget.reserved", reserve("x.2")),
    ];
    const of = (more: readonly PublishedEvent[] = []) =>
      storyLines(storyOf(budgeted, [...events, ...more]), undefined, 1_000).filter((line) =>
        /^ {2}(models|budget) /.test(line),
      );
    expect(of()).toEqual([
      "  models     2 calls, tokens not known, cost not known",
      "  budget     the run: 2 of 3 calls, $0.2500 of $2.0000 and $0.5000 reserved, 1.0 s of 1 min 00 s",
      "  budget     stage lint: 100 of 900 tokens and 400 reserved",
    ]);
    // What nobody settles any more is spent.
    expect(of([event(2_000, "run.cancelled", { reason: "" })])).toEqual([
      "  models     2 calls, tokens not known, cost not known",
      "  budget     the run: 2 of 3 calls, $0.7500 of $2.0000, 2.0 s of 1 min 00 s",
      "  budget     stage lint: 500 of 900 tokens",
    ]);
  });

  it("says what a run waits for", () => {
    const paused = event(700, "stage.paused", { stage: "ask", for: "approval", message: "Go?" });
    const lines = storyLines(storyOf(plan, [started, paused]), undefined, 1_000);
    expect(lines.at(-1)).toBe("  ask waits for an approval: Go?");
  });

  it("tells a failure once, at the stage that failed", () => {
    const failed = [
      event(900, "stage.failed", { stage: "lint", error }),
      event(950, "run.failed", { error }),
    ];
    const lines = storyLines(storyOf(plan, [started, ...lint, ...failed]), undefined, 1_000);
    expect(lines[0]).toBe("release failed in 950 ms, started now");
    expect(lines.slice(-4)).toEqual(["", "  lint:", "  skill-failed: no room", "    make some"]);
    expect(lines.filter((line) => line.includes("no room"))).toHaveLength(1);
  });

  it("shows the output of a run that succeeded, and no control characters", () => {
    const story = storyOf(plan, [started, event(2_000, "run.succeeded")]);
    expect(storyLines(story, { text: "a\u001b[31m" }, 3_000)[3]).toBe(
      '  output     {"text":"a\\u001b[31m"}',
    );
  });
});

describe("runs ls", () => {
  it("has a line for each run, with the reason of its end", () => {
    const ends = (id: string, last: PublishedEvent) => ({ run: id as RunId, first: started, last });
    expect(
      runLines(
        [
          ends("r3", event(5, "task.offered")),
          ends("r2", event(1_500, "run.failed", { error })),
          ends("r1", event(90_000, "run.cancelled", { reason: "wrong branch" })),
        ],
        3_600_000,
      ),
    ).toEqual([
      "run  cascade  status     started  took",
      "r3   release  running    1 h ago  1 h 00 min",
      "r2   release  failed     1 h ago  1.5 s       skill-failed",
      "r1   release  cancelled  1 h ago  1 min 30 s  wrong branch",
    ]);
  });

  it("says when there are none", () => {
    expect(runLines([], 0)).toEqual(["no runs"]);
  });
});

describe("times", () => {
  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1_000, "1.0 s"],
    [59_999, "59.9 s"],
    [60_000, "1 min 00 s"],
    [3_599_999, "59 min 59 s"],
    [7_620_000, "2 h 07 min"],
  ])("%i ms are %s", (ms, text) => expect(durationText(ms)).toBe(text));

  it("an age is told in the largest unit, and a date after a day", () => {
    const day = 86_400_000;
    expect([59_000, 60_000, 3 * 3_600_000].map((ms) => ageText(10 * day - ms, 10 * day))).toEqual([
      "now",
      "1 min ago",
      "3 h ago",
    ]);
    expect(ageText(0, day)).toBe("1970-01-01 00:00");
  });
});
