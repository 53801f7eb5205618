import { describe, expect, it } from "vitest";
import type { PublishedEvent } from "../../../bus/messages.ts";
import { parseRunId, parseStageId } from "../../../core/ids.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Plan, PlanStage } from "../../../core/plan.ts";
import {
  advance,
  hear,
  newProgress,
  type Progress,
} from "../../../interfaces/cli/live/progress.ts";

const stage = (id: string, ...skills: string[]): PlanStage => ({
  id: parseStageId(id),
  type: "parallel",
  needs: [],
  skills: skills.map((skill) => ({ skill, lane: "heavy", inputs: {} })),
  retry: { maxAttempts: 1, backoffMs: 1 } as unknown as PlanStage["retry"],
  timeoutMs: 1,
  single: false,
});
const plan: Plan = {
  v: 1,
  cascade: "quality",
  inputs: [],
  stages: [stage("find", "list"), stage("look", "lint", "measure")],
  result: [1],
};

function progressAfter(...steps: readonly (readonly [string, JsonObject])[]): Progress {
  let progress = newProgress(plan);
  for (const [n, [type, data]] of steps.entries()) {
    const event: PublishedEvent = {
      v: 1,
      run: parseRunId("r1"),
      n: n + 1,
      atMs: 1_000 + n,
      type,
      data,
    };
    progress = type.startsWith("log:") ? hear(progress, data) : advance(progress, event);
  }
  return progress;
}

const accepted = (agentId: string, stageId: string, index: number): [string, JsonObject] => [
  "log:",
  { event: "task.accepted", agentId, runId: "r1", stageId, taskId: `r1/${stageId}/${index}` },
];
const done = (agent: string, index: number, output: JsonObject): [string, JsonObject] => [
  "task.succeeded",
  { stage: "look", index, agent, output },
];
const finding = (severity: string, line: number) => ({
  file: "a.ts",
  line,
  severity,
  message: `m${line}`,
});

describe("the progress of a run", () => {
  it("is folded from its events: stages, tasks, who did what, findings", () => {
    const progress = progressAfter(
      ["run.started", {}],
      ["stage.started", { stage: "find", tasks: 1 }],
      ["stage.succeeded", { stage: "find" }],
      ["stage.started", { stage: "look", tasks: 4 }],
      accepted("agent-10", "look", 0),
      accepted("agent-2", "look", 3),
      done("agent-10", 0, {
        value: { findings: [finding("low", 1), finding("high", 2), finding("low", 3)] },
      }),
      ["task.failed", { stage: "look", index: 3, retryAtMs: 5 }],
      done("agent-2", 1, { blob: { name: "x", bytes: 70_000 } }),
      done("agent-2", 2, { value: { findings: [finding("high", 4)] } }),
      accepted("agent-2", "look", 3),
    );
    expect(progress).toEqual({
      cascade: "quality",
      run: "r1",
      startedAtMs: 1_000,
      note: "",
      isHeard: true,
      retried: 1,
      stages: [
        { id: "find", skills: ["list"], status: "succeeded", tasks: 1, succeeded: 0 },
        { id: "look", skills: ["lint", "measure"], status: "running", tasks: 4, succeeded: 3 },
      ],
      agents: [
        { agent: "agent-2", tasks: 2, at: { run: "r1", stage: "look", index: 3 } },
        { agent: "agent-10", tasks: 1, at: undefined },
      ],
      findings: {
        counts: { low: 2, high: 2 },
        latest: [
          { severity: "high", place: "a.ts:2", message: "m2" },
          { severity: "low", place: "a.ts:3", message: "m3" },
          { severity: "high", place: "a.ts:4", message: "m4" },
        ],
        uncounted: 1,
      },
    });
  });

  it.each([
    [
      ["log:", { event: "agent.joined", agentId: "a" }],
      { agents: [{ agent: "a", tasks: 0, at: undefined }] },
    ],
    [["log:", { event: "agent.lost", agentId: "agent-1" }], { agents: [] }],
    [["log:", { event: "server.search", msg: "fetching it" }], { note: "fetching it" }],
    [
      ["log:", { event: "server.ready", version: "2.10.27" }],
      { note: "nats-server 2.10.27 is up" },
    ],
    [["log:", { event: "task.accepted", agentId: "a", taskId: "odd" }], { agents: [] }],
    [["log:", { event: 7 }], { note: "" }],
    [
      ["stage.failed", { stage: "find" }],
      { stages: [{ status: "failed" }, { status: "waiting" }] },
    ],
    [["stage.started", { stage: "nowhere", tasks: 1 }], { stages: [{ status: "waiting" }, {}] }],
    [["unheard.of", {}], { agents: [] }],
    [
      done("a", 0, { value: { findings: [7, { severity: "dire" }] } }),
      { findings: { counts: {} } },
    ],
    [done("a", 0, { value: [] }), { findings: { counts: {} } }],
  ] as const)("after %j has %j", (step, expected) => {
    expect(progressAfter(step)).toMatchObject(expected);
  });

  it("frees an agent of a task of another run by its log line", () => {
    const line = { runId: "r2", stageId: "s", taskId: "r2/s/0", agentId: "a" };
    const taken: [string, JsonObject] = ["log:", { ...line, event: "task.accepted" }];
    const place = { run: "r2", stage: "s", index: 0 };
    expect(progressAfter(taken).agents).toEqual([{ agent: "a", tasks: 0, at: place }]);
    const freed = progressAfter(taken, ["log:", { ...line, event: "task.succeeded" }]);
    expect(freed.agents).toEqual([{ agent: "a", tasks: 0, at: undefined }]);
  });

  it("says nothing more of the start once the run goes", () => {
    const progress = progressAfter(
      ["run.started", {}],
      ["log:", { event: "x", msg: "late words" }],
    );
    expect(progress.note).toBe("");
  });
});
