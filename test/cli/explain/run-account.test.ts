import { describe, expect, it } from "vitest";
import type { PublishedEvent } from "../../../bus/messages.ts";
import type { RunId } from "../../../core/ids.ts";
import type { JsonObject } from "../../../core/json.ts";
import { accountLines } from "../../../interfaces/cli/explain/account-text.ts";
import { accountOf } from "../../../interfaces/cli/explain/run-account.ts";
import { compileCascade } from "../../../language/compile.ts";
import { testCatalog } from "../../support/catalog.ts";

const compiled = compileCascade(
  {
    file: "c.yaml",
    text: `cascade: release
stages:
  - { stage: lint, type: parallel, skills: [check, list], inputs: { files: [], path: . } }
  - { stage: nap, wait: 1h, needs: [] }
  - { stage: upload, wait: { signal: uploaded, timeout: 2h }, needs: [] }
  - { stage: ask, approve: "Go on?", needs: [lint] }
  - { stage: ship, transform: 1, needs: [ask, nap] }
finally:
  - { stage: tidy, transform: 1 }
`,
  },
  testCatalog,
);
if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
const { plan } = compiled;

const START = Date.UTC(2026, 10, 25, 12);
const MINUTE = 60_000;

type Fact = readonly [minute: number, type: string, data?: JsonObject];

function events(...facts: readonly Fact[]) {
  const all: readonly Fact[] = [[0, "run.started", { cascade: "release" }], ...facts];
  return all.map(
    ([minute, type, data = {}], index): PublishedEvent => ({
      ...{ v: 1, run: "r1" as RunId, n: index + 1, atMs: START + minute * MINUTE, type, data },
    }),
  );
}

const explained = (...facts: readonly Fact[]): readonly string[] =>
  accountLines(accountOf(plan, events(...facts)), START + 10 * MINUTE);

const naps = [
  0,
  "stage.paused",
  { stage: "nap", for: "time", untilMs: START + 60 * MINUTE },
] as const;
const uploads = [
  0,
  "stage.paused",
  { stage: "upload", for: "signal", signal: "uploaded", untilMs: START + 120 * MINUTE },
] as const;
const lints = [1, "stage.started", { stage: "lint", tasks: 2 }] as const;
const error = { code: "skill-failed", message: "no room", disposition: "retry" };

describe("explain of a run", () => {
  it("names what each open stage waits for and since when, and what stands behind them", () => {
    expect(
      explained(naps, uploads, lints, [2, "task.offered", { stage: "lint", index: 0, attempt: 1 }]),
    ).toEqual([
      "r1, a run of release, began 2026-11-25 12:00:00 UTC, 10 min 00 s ago and has not ended.",
      "lint waits since 2026-11-25 12:02:00 UTC, 8 min 00 s ago for an agent to end its task, attempt 1.",
      "lint: a task waits since 2026-11-25 12:01:00 UTC, 9 min 00 s ago for an agent with the skill list and a free slot of the lane light.",
      "nap waits since 2026-11-25 12:00:00 UTC, 10 min 00 s ago for its time, at 2026-11-25 13:00:00 UTC.",
      "upload waits since 2026-11-25 12:00:00 UTC, 10 min 00 s ago for the signal uploaded. Its time limit is at 2026-11-25 14:00:00 UTC. Send it with `runs signal r1 uploaded`.",
      "ask waits for lint.",
      "ship waits for ask, nap.",
      "tidy waits for upload, ship.",
    ]);
  });

  it("names attempts that are made again, and approvals with what is asked", () => {
    const lines = explained(
      naps,
      uploads,
      lints,
      [2, "task.offered", { stage: "lint", index: 0, attempt: 1 }],
      [
        3,
        "task.failed",
        { stage: "lint", index: 0, attempt: 1, error, retryAtMs: START + 11 * MINUTE },
      ],
      [4, "task.succeeded", { stage: "lint", index: 1, attempt: 1 }],
    );
    expect(lines[1]).toBe(
      "lint: task 0 is tried again at 2026-11-25 12:11:00 UTC, as attempt 2; it failed 2026-11-25 12:03:00 UTC, 7 min 00 s ago: skill-failed: no room.",
    );
    const asked = explained(
      naps,
      uploads,
      [1, "stage.succeeded", { stage: "lint" }],
      [
        2,
        "stage.paused",
        { stage: "ask", for: "approval", message: "Go on?", content: "a".repeat(64) },
      ],
    );
    expect(asked).toContain(
      "ask waits since 2026-11-25 12:02:00 UTC, 8 min 00 s ago for a person to approve: Go on? Answer with `runs approve r1 ask --content aaaaaaaaaaaa`.",
    );
  });

  it("says that a run is paused and by whom; its waits end later by the time that it was", () => {
    const paused = [5, "run.paused", { by: "ann", reason: "to look" }] as const;
    const lines = explained(naps, uploads, paused);
    expect(lines[1]).toBe(
      "It is paused since 2026-11-25 12:05:00 UTC, 5 min 00 s ago, by ann: to look. Nothing of it begins until `runs resume r1`.",
    );
    expect(lines).toContain(
      "lint may begin since 2026-11-25 12:00:00 UTC, 10 min 00 s ago, and has not.",
    );
    const again = explained(naps, uploads, paused, [8, "run.continued", { by: "ben" }]);
    expect(again.join("\n")).toContain("for its time, at 2026-11-25 13:03:00 UTC.");
    expect(again.join("\n")).not.toContain("paused");
  });

  it("says that a run fails, and waits for its final stages alone", () => {
    const failed = { stage: "lint", error: { ...error, disposition: "fail" } };
    expect(explained([1, "stage.failed", failed])).toEqual([
      "r1, a run of release, began 2026-11-25 12:00:00 UTC, 10 min 00 s ago and has not ended.",
      "It fails when its final stages are through: skill-failed: no room.",
      "tidy may begin since 2026-11-25 12:00:00 UTC, 10 min 00 s ago, and has not.",
    ]);
  });

  it("names signals that nobody took, a wish for its end, and a broken record", () => {
    const signal = [
      1,
      "signal.received",
      { name: "uploaded", data: 1, by: "ann", id: "1" },
    ] as const;
    const other = [1, "signal.received", { name: "other", data: 1, by: "ann", id: "2" }] as const;
    const taken = [1, "stage.succeeded", { stage: "upload" }] as const;
    const lines = explained(uploads, signal, other, taken, [2, "cancel.requested", { by: "ann" }]);
    expect(lines.at(-1)).toBe("It has signals that no stage has taken: other.");
    expect(lines[1]).toBe("ann asked for its end 2026-11-25 12:02:00 UTC, 8 min 00 s ago.");
    const broken = events(naps, uploads, lints).filter(({ n }) => n !== 3);
    expect(accountLines(accountOf(plan, broken), START)[1]).toBe(
      "Event 3 of it is missing: it is set aside, and no coordinator carries it on.",
    );
  });

  it.each([
    ["run.succeeded", {}, "succeeded", []],
    ["run.failed", { error }, "failed", ["The reason: skill-failed: no room."]],
    ["run.cancelled", { reason: "enough" }, "cancelled", ["The reason: enough."]],
  ])("says how a run ended: %s", (type, data, status, why) => {
    expect(explained(naps, [3, type, data])).toEqual([
      `r1, a run of release, ${status} at 2026-11-25 12:03:00 UTC, after 3 min 00 s.`,
      ...why,
    ]);
  });
});
