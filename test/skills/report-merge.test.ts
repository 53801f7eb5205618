import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import { mergeDuplicates } from "../../skills/merge-quality-reports/duplicates.ts";
import { decideGate } from "../../skills/merge-quality-reports/gate.ts";
import {
  type QualityReport,
  qualityReport,
} from "../../skills/merge-quality-reports/report-schema.ts";
import { dependentsOf, riskOf } from "../../skills/merge-quality-reports/risk.ts";
import { run } from "../../skills/merge-quality-reports/run.ts";
import {
  COMPLEXITY,
  complexityReport,
  discovery,
  found,
  lintReport,
  metrics,
  SECURITY,
} from "./report-inputs.ts";
import { skillContext } from "./skill-context.ts";

const scanned = { tool: SECURITY.name, tool_version: SECURITY.version, rule: "security/eval" };

async function report(inputs: JsonObject): Promise<QualityReport> {
  const context = skillContext();
  await run(inputs, context);
  return JSON.parse(context.artifacts.get("report.json") ?? "null");
}

describe("merging of findings", () => {
  it.each([
    [
      "one finding of what two tools say about a line, in the words of the worse",
      [
        found(),
        found({
          ...scanned,
          severity: "critical",
          message: "eval runs data",
          cwe: "CWE-95",
          agent: "agent-2",
        }),
      ],
      [
        {
          ...found({
            ...scanned,
            severity: "critical",
            message: "eval runs data",
            cwe: "CWE-95",
            agent: "agent-2",
          }),
          confirmed_by: [
            { agent: "agent-1", tool: "oxlint" },
            { agent: "agent-2", tool: "security-scan" },
          ],
        },
      ],
    ],
    [
      "one finding of what two agents say with one tool",
      [found({ agent: "agent-2" }), found(), found()],
      [
        {
          ...found({ agent: "agent-2" }),
          confirmed_by: [
            { agent: "agent-1", tool: "oxlint" },
            { agent: "agent-2", tool: "oxlint" },
          ],
        },
      ],
    ],
    [
      "two findings of one tool at two columns, each confirmed by the other tool's",
      [found({ column: 9 }), found({ column: 2 }), found({ ...scanned, column: 2 })],
      [
        {
          ...found({ column: 2 }),
          confirmed_by: [
            { agent: "agent-1", tool: "oxlint" },
            { agent: "agent-1", tool: "security-scan" },
          ],
        },
        { ...found({ column: 9 }), confirmed_by: [{ agent: "agent-1", tool: "oxlint" }] },
      ],
    ],
    [
      "several findings where line or problem differ",
      [found(), found({ line: 2 }), found({ rule: "eslint/no-debugger" })],
      [found(), found({ line: 2 }), found({ rule: "eslint/no-debugger" })].map((each) => ({
        ...each,
        confirmed_by: [{ agent: "agent-1", tool: "oxlint" }],
      })),
    ],
  ])("makes %s", (_, given, expected) => {
    expect(mergeDuplicates(given)).toEqual(expected);
  });

  it("merges a hundred thousand findings of one line in little time", () => {
    const many = Array.from({ length: 100_000 }, (_, index) => found({ column: index + 1 }));
    expect(
      mergeDuplicates([...many, ...many.map((each) => ({ ...each, ...scanned }))]),
    ).toHaveLength(100_000);
  });
});

describe("risk", () => {
  it.each([
    [
      "nothing known",
      undefined,
      undefined,
      { value: 16, churn: 1, complexity: 1, reach: 1, unknown: ["churn", "complexity", "reach"] },
    ],
    [
      "a quiet, simple, unused file",
      { commits_365d: 0, cognitive: 0 },
      0,
      { value: 16, churn: 1, complexity: 1, reach: 1, unknown: [] },
    ],
    [
      "a busy, complex file that much depends on",
      { commits_365d: 63, cognitive: 100 },
      63,
      { value: 128, churn: 2, complexity: 2, reach: 2, unknown: [] },
    ],
    [
      "more than the most",
      { commits_365d: 5_000, cognitive: 9_000 },
      63,
      { value: 128, churn: 2, complexity: 2, reach: 2, unknown: [] },
    ],
    [
      "seven commits",
      { commits_365d: 7, cognitive: 25 },
      undefined,
      { value: 30, churn: 1.5, complexity: 1.25, reach: 1, unknown: ["reach"] },
    ],
  ])("multiplies severity by churn, complexity and reach: %s", (_, given, dependents, expected) => {
    const file = given === undefined ? undefined : metrics("a.js", given);
    expect(riskOf("high", file, dependents)).toEqual({ severity: 16, ...expected });
  });

  it("counts files that import a file directly or not, also in rings, up to 63", () => {
    const chain = Array.from({ length: 100 }, (_, index) => ({
      file: `f${index + 1}`,
      imports: [`f${index}`],
    }));
    const dependents = dependentsOf([
      ...chain,
      { file: "a", imports: ["b"] },
      { file: "b", imports: ["a", "c"] },
    ]);
    expect(["a", "b", "c", "f99", "f0", "none"].map(dependents)).toEqual([1, 1, 2, 1, 63, 0]);
  });

  it("puts a high finding of a central file before a critical one of a quiet file", async () => {
    const { findings } = await report({
      discovery: discovery(["a.js", "b.js"]),
      reports: [
        lintReport("agent-1", [found({ severity: "critical" }), found({ file: "b.js" })]),
        complexityReport("agent-1", [
          metrics("a.js", { commits_365d: 0, cognitive: 0 }),
          metrics("b.js", { commits_365d: 63, cognitive: 100 }),
        ]),
      ],
      imports: Array.from({ length: 63 }, (_, index) => ({
        file: `c${index}.js`,
        imports: ["b.js"],
      })),
    });
    expect(findings.map(({ file, risk }) => [file, risk.value])).toEqual([
      ["b.js", 128],
      ["a.js", 64],
    ]);
  });
});

describe("quality gate", () => {
  const findings = [
    { severity: "high", is_new: false },
    { severity: "medium", is_new: true },
    { severity: "medium", is_new: false },
  ] as const;
  const none = { status: "not-compared", reason: "first run" } as const;
  const compared = {
    status: "compared",
    run: "r0",
    generated_at: "",
    new: 1,
    gone: 0,
    same: 2,
  } as const;
  const baseline = { ...compared, with: "baseline" } as const;

  it.each([
    ["is not set without a threshold", undefined, none, { status: "not-set", reasons: [] }],
    ["passes when all are less severe", "critical", none, { status: "passed", reasons: [] }],
    [
      "names what fails it",
      "medium",
      none,
      { status: "failed", reasons: ["1 high finding", "2 medium findings"] },
    ],
    [
      "counts only new ones against a baseline",
      "medium",
      baseline,
      { status: "failed", reasons: ["1 new medium finding"] },
    ],
    ["passes old ones against a baseline", "high", baseline, { status: "passed", reasons: [] }],
    [
      "counts all against the run before, which nobody chose",
      "high",
      { ...compared, with: "run-before" } as const,
      { status: "failed", reasons: ["1 high finding"] },
    ],
  ] as const)("%s", (_, failOn, comparison, expected) => {
    expect(decideGate(findings, failOn, comparison)).toEqual(expected);
  });
});

describe("report.json", () => {
  it("follows its schema, with every part and with none", async () => {
    const full = await report({
      path: "/home/person/app",
      discovery: discovery(["a.js"], { not_analysed: [{ file: "b.js", reason: "minified" }] }),
      reports: [
        lintReport("agent-1", [found({ cwe: "CWE-95", fix: "Parse it.", confidence: "high" })]),
        lintReport("agent-2", [], { tool: SECURITY }),
        complexityReport("agent-2", [metrics("a.js")]),
      ],
      clones: [{ tokens: 60, lines: 9, places: [{ file: "a.js", startLine: 1, endLine: 9 }] }],
      cycles: [{ files: ["a.js", "b.js"] }],
      imports: [{ file: "b.js", imports: ["a.js"] }],
      coverage: {
        status: "measured",
        coverage: {
          reports: [{ file: "lcov.info", seconds_behind: 0 }],
          covered: 3,
          total: 4,
          files: [{ file: "a.js", covered: 3, total: 4 }],
          files_without: [],
        },
      },
      timeline: [
        { agent: "agent-1", stage: "checks", index: 0, startedMs: 5, endedMs: 9, attempt: 1 },
      ],
      messages: [{ from: "a", to: "b", kind: "task.offer", count: 2 }],
      fail_on: "high",
    });
    expect(qualityReport.strict().parse(full)).toEqual(full);
    expect(full.not_run).toEqual([]);
    const empty = await report({ discovery: discovery([]), reports: [] });
    expect(qualityReport.strict().parse(empty)).toEqual(empty);
  });

  it("names what was not run, and why", async () => {
    const reason = "this cascade has no stage that delivers it";
    const { not_run, score } = await report({
      discovery: discovery(["a.js"]),
      reports: [lintReport("agent-1", [], { tool: COMPLEXITY, metrics: [metrics("a.js")] })],
      coverage: { status: "not-run", reason: "no coverage file was found" },
    });
    expect(not_run).toEqual([
      { part: "linting", reason },
      { part: "security scan", reason },
      { part: "duplication", reason },
      { part: "import cycles", reason },
      { part: "import graph", reason },
      { part: "test coverage", reason: "no coverage file was found" },
    ]);
    expect(score.parts.filter(({ status }) => status === "run").map(({ part }) => part)).toEqual([
      "complexity",
    ]);
  });
});
