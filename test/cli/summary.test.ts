import { describe, expect, it } from "vitest";
import type { PublishedEvent } from "../../bus/messages.ts";
import { parseRunId } from "../../core/ids.ts";
import type { JsonObject } from "../../core/json.ts";
import { gateOf } from "../../interfaces/cli/quality-gate.ts";
import { reportFiles } from "../../interfaces/cli/report-files.ts";
import { RunSummary } from "../../interfaces/cli/summary.ts";

const run = parseRunId("r1");

async function summaryOf(...events: readonly [string, JsonObject][]): Promise<RunSummary> {
  const summary = new RunSummary();
  for (const [index, [type, data]] of events.entries()) {
    const event: PublishedEvent = { v: 1, run, n: index + 1, atMs: index * 500, type, data };
    summary.add(event);
  }
  await summary.loadOutput(async ({ data }) => (data["output"] as JsonObject)["value"] ?? null);
  return summary;
}

const created: [string, JsonObject] = ["run.started", { cascade: "code-quality-swarm" }];
const done = (agent: string): [string, JsonObject] => ["task.succeeded", { agent }];
const about = {
  directory: "/",
  gate: { status: "not-set" },
  reports: [],
  columns: undefined,
} as const;
const report = {
  headline: "2 findings (1 error, 1 warning) in 3 files",
  report_md: "/home/me/.cascade/runs/r1/report.md",
  report_json: "/home/me/.cascade/runs/r1/report.json",
  findings: { error: 1, warning: 1 },
  top: [
    { severity: "error", file: "a\u001b[2J.js", line: 3, message: "bad" },
    { severity: "warning", file: "b.js", line: 4, message: "odd" },
  ],
};

describe("the summary of a run", () => {
  it("names outcome, each agent's share, the first findings and the report", async () => {
    const summary = await summaryOf(
      created,
      done("agent-2"),
      done("agent-1"),
      ["task.failed", { agent: "agent-3", retryAtMs: 1 }],
      done("agent-2"),
      ["run.succeeded", { output: { value: report } }],
    );
    expect(summary.succeeded).toBe(true);
    expect(
      summary.lines({
        ...about,
        directory: "/home/me",
        reports: reportFiles(summary.output),
      }),
    ).toEqual([
      "code-quality-swarm succeeded in 2.5 s",
      "  tasks     agent-1 1 · agent-2 2, 1 attempted again",
      "  result    2 findings (1 error, 1 warning) in 3 files",
      "    error    a\\x1b[2J.js:3  bad",
      "    warning  b.js:4  odd",
      "  report    .cascade/runs/r1/report.md",
      "            .cascade/runs/r1/report.json",
    ]);
  });

  it("says why a run failed, where, and what to do", async () => {
    const error = {
      code: "invalid-cascade",
      message: "no such stage",
      disposition: "fail",
      hint: "add it",
      location: { file: "c.yaml", line: 3, column: 5 },
    };
    const summary = await summaryOf(created, ["run.failed", { error }]);
    expect(summary.succeeded).toBe(false);
    expect(summary.lines(about)).toEqual([
      "code-quality-swarm failed in 0.5 s",
      "  invalid-cascade at c.yaml:3:5: no such stage",
      "  add it",
    ]);
  });

  it("shows any other output as it is, cut when it is long", async () => {
    const lines = async (output: JsonObject) =>
      (await summaryOf(created, ["run.succeeded", { output: { value: output } }])).lines(about);
    expect(await lines({ answer: 42 })).toEqual([
      "code-quality-swarm succeeded in 0.5 s",
      '  output    {"answer":42}',
    ]);
    expect((await lines({ text: "x".repeat(1_000) }))[1]).toHaveLength(412);
  });

  it("tells score, grade, what is new and why the gate is not met, as far as the output says", async () => {
    const output = {
      headline: "2 findings",
      score: 83,
      grade: "B",
      new_findings: 1,
      gate: { status: "failed", reasons: ["1 finding is high"] },
    };
    const summary = await summaryOf(created, ["run.succeeded", { output: { value: output } }]);
    const gate = gateOf(summary.output, { asked: true });
    expect(summary.lines({ ...about, gate })).toEqual([
      "code-quality-swarm succeeded in 0.5 s",
      "  score     83 of 100, grade B · 1 new finding",
      "  result    2 findings",
      "  gate      NOT MET: 1 finding is high",
    ]);
  });

  it("has a form for programs", async () => {
    const summary = await summaryOf(created, done("agent-1"), [
      "run.succeeded",
      { output: { value: { answer: 42 } } },
    ]);
    expect(summary.json()).toEqual({
      schemaVersion: 1,
      run: "r1",
      cascade: "code-quality-swarm",
      status: "succeeded",
      durationMs: 1_000,
      tasksByAgent: { "agent-1": 1 },
      output: { answer: 42 },
      error: null,
    });
  });
});
