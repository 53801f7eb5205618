import { describe, expect, it } from "vitest";
import { asksForTimeline, RunTimeline } from "../../coordinator/run-timeline.ts";
import type { RunEvent } from "../../core/events.ts";
import { parseAgentId, parseRunId, parseStageId } from "../../core/ids.ts";
import { compileCascade } from "../../language/compile.ts";
import { testCatalog } from "../support/catalog.ts";

const stage = parseStageId("checks");
const run = parseRunId("r1");
const agent = (number: number) => parseAgentId(`agent-${number}`);

function planOf(title: string) {
  const compiled = compileCascade(
    {
      file: "c.yaml",
      text: `cascade: c
inputs: [{ name: path, type: path }]
stages:
  - { stage: files, skill: list }
  - { stage: checks, type: swarm-parallel, foreach: "\${files.files}", skills: [check, list], inputs: { files: ["\${item}"] } }
  - { stage: report, skill: report, inputs: { findings: ${title} } }
`,
    },
    testCatalog,
  );
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  return compiled.plan;
}

describe("a run's timeline", () => {
  it.each([
    ['"${run.timeline}"', true],
    ['{ nested: ["${run.timeline[0]}"] }', true],
    ['"in text ${run.id}"', false],
    ["1", false],
  ])("is kept for %s: %s", (findings, asks) => {
    expect(asksForTimeline(planOf(findings))).toBe(asks);
  });

  it("has each attempt that ended, with its skill, its agent, who handed it over, and when", () => {
    const timeline = new RunTimeline(planOf('"${run.timeline}"'));
    const error = { code: "agent-lost", message: "gone", disposition: "retry" } as const;
    const facts: readonly [number, RunEvent][] = [
      [10, { type: "stage.started", stage, tasks: 4 }],
      [11, { type: "task.offered", stage, index: 0, attempt: 1 }],
      [12, { type: "task.offered", stage, index: 3, attempt: 1 }],
      [40, { type: "task.failed", stage, index: 3, attempt: 1, agent: agent(2), error }],
      [41, { type: "task.offered", stage, index: 3, attempt: 2 }],
      [
        50,
        {
          type: "task.succeeded",
          stage,
          index: 0,
          attempt: 1,
          agent: agent(1),
          durationMs: 30.4,
          output: { value: 1 },
        },
      ],
      [
        60,
        {
          type: "task.succeeded",
          stage,
          index: 3,
          attempt: 2,
          agent: agent(1),
          from: agent(3),
          durationMs: 15,
          output: { value: 1 },
        },
      ],
    ];
    for (const [position, [atMs, event]] of facts.entries()) {
      timeline.add({ run, n: position + 1, atMs, event });
    }
    const failed = { stage, index: 3, skill: "list", attempt: 1, status: "failed" };
    expect(timeline.entries).toEqual([
      { ...failed, agent: "agent-2", startedMs: 12, endedMs: 40 },
      {
        stage,
        index: 0,
        skill: "check",
        attempt: 1,
        status: "succeeded",
        agent: "agent-1",
        startedMs: 20,
        endedMs: 50,
      },
      {
        ...failed,
        attempt: 2,
        status: "succeeded",
        agent: "agent-1",
        from: "agent-3",
        startedMs: 45,
        endedMs: 60,
      },
    ]);
  });
});
