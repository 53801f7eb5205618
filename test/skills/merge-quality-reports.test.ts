import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import type { Finding } from "../../skills/finding.ts";
import { run } from "../../skills/merge-quality-reports/run.ts";
import {
  complexityReport,
  discovery,
  found,
  lintReport,
  metrics,
  OXLINT,
} from "./report-inputs.ts";
import { skillContext } from "./skill-context.ts";

async function merge(inputs: JsonObject) {
  const context = skillContext();
  const output = await run(inputs, context);
  return {
    output,
    json: JSON.parse(context.artifacts.get("report.json") ?? "null"),
    markdown: context.artifacts.get("report.md") ?? "",
  };
}

describe("merge-quality-reports", () => {
  it("ranks by severity, churn, complexity and place, and keeps one of two equal findings", async () => {
    const inputs = {
      path: "/home/person/app",
      discovery: discovery(["a.js", "b.js", "c.js"]),
      reports: [
        lintReport("agent-1", [found({ severity: "low" }), found(), found({ message: "again" })]),
        lintReport("agent-2", [
          found({ file: "b.js", line: 9, agent: "agent-2" }),
          found({ file: "b.js", line: 2, agent: "agent-2" }),
          found({ file: "c.js", agent: "agent-2" }),
          found({ file: "c.js", rule: "eslint/other", severity: "critical", agent: "agent-2" }),
        ]),
        complexityReport("agent-1", [
          metrics("a.js", { commits_365d: 2 }),
          metrics("b.js", { commits_365d: 7 }),
          metrics("c.js", { commits_365d: null, commits_90d: null }),
        ]),
      ],
    };

    const { output, json } = await merge(inputs);

    expect(output).toMatchObject({
      report_json: "/runs/run-1/report.json",
      report_md: "/runs/run-1/report.md",
      headline: "5 findings in 3 analysed files: 1 critical, 3 high, 1 low.",
      files: 3,
      findings: { critical: 1, high: 3, medium: 0, low: 1, total: 5 },
    });
    expect(
      json.findings.map((each: Finding) => `${each.severity} ${each.file}:${each.line}`),
    ).toEqual(["critical c.js:1", "high b.js:2", "high b.js:9", "high c.js:1", "low a.js:1"]);
    expect(json.agents).toEqual([
      { agent: "agent-1", batches: 2, file_analyses: 4, findings: 1 },
      { agent: "agent-2", batches: 1, file_analyses: 1, findings: 4 },
    ]);
    expect(json.churn_unknown).toEqual(["git does not track 1 file"]);
  });

  it("lists as hotspots what is changed often and hard to understand", async () => {
    const { json } = await merge({
      discovery: discovery(["a.js", "b.js", "c.js", "d.js"]),
      reports: [
        complexityReport("agent-1", [
          metrics("a.js", { commits_365d: 30, cognitive: 1 }),
          metrics("b.js", { commits_365d: 10, cognitive: 20 }),
          metrics("c.js", { commits_365d: 0, cognitive: 50 }),
          metrics("d.js", { commits_365d: null, cognitive: 90 }),
        ]),
      ],
    });

    expect(
      json.hotspots.map((each: { file: string; score: number }) => [each.file, each.score]),
    ).toEqual([
      ["b.js", 200],
      ["a.js", 30],
      ["d.js", null],
    ]);
  });

  it("counts a file as analysed unless every tool left it out", async () => {
    const leftOut = (file: string, tool: string) => ({
      file,
      reason: "syntax error",
      line: 3,
      tool,
    });

    const { json } = await merge({
      discovery: discovery(["a.js", "b.js"]),
      reports: [
        lintReport("agent-1", [], {
          not_analysed: [leftOut("a.js", "oxlint"), leftOut("b.js", "oxlint")],
        }),
        complexityReport("agent-1", [metrics("b.js")], {
          not_analysed: [leftOut("a.js", "complexity-analysis")],
        }),
      ],
    });

    expect(json.files).toEqual({ total: 2, analysable: 2, analysed: 1 });
  });

  it("leaves churn out of the report when it is not known, and says why", async () => {
    const { markdown } = await merge({
      discovery: discovery(["a.js"]),
      reports: [
        complexityReport("agent-1", [metrics("a.js", { commits_90d: null, commits_365d: null })], {
          churn: { status: "unknown", reason: "not in a git repository" },
        }),
      ],
    });

    expect(markdown).toContain(`## Most complex files

Churn is not known: not in a git repository.

| file | cognitive | worst function | lines |
| --- | --- | --- | --- |
| \`a.js\` | 2 | 2 | 10 |
`);
  });

  it("says honestly that there was nothing to analyse", async () => {
    const { output, markdown } = await merge({
      discovery: discovery([], {
        languages: {},
        total_files: 1,
        not_analysed: [{ file: "README.md", reason: "not a source language" }],
      }),
      reports: [],
    });

    expect(output).toMatchObject({
      headline: "Nothing was analysed: none of 1 file could be.",
      files: 0,
      findings: { total: 0 },
      top: [],
    });
    expect(output).not.toHaveProperty("score");
    expect(markdown).toContain("**Nothing was analysed: none of 1 file could be.**");
    expect(markdown).toContain("None was run.");
    expect(markdown).toContain("| not a source language | 1 | `README.md` |");
  });

  it("shows names and messages as text, whatever they hold", async () => {
    const { markdown } = await merge({
      discovery: discovery(["a.js"]),
      reports: [
        lintReport("agent-1", [
          found({
            file: "a|b\n`c`\u202e.js",
            message: "<img src=x> [x](javascript:1) `co|de` *b* | \u001b[31m ` end",
          }),
        ]),
      ],
    });

    expect(markdown).toContain(
      "| 1 | high | `` a\\|b\\n`c`\\u{202e}.js:1 `` | &lt;img src=x> \\[x\\](javascript:1) `co\\|de` \\*b\\* \\| \\\\u{1b}\\[31m \\` end |",
    );
  });

  it("points at the report that does not fit", async () => {
    await expect(
      merge({ discovery: discovery([]), reports: [lintReport("agent-1", []), { tool: OXLINT }] }),
    ).rejects.toMatchObject({ code: "invalid-input", location: { pointer: "/reports/1/agent" } });
  });
});
