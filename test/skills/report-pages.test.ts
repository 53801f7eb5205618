import { parse } from "parse5";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import { run } from "../../skills/merge-quality-reports/run.ts";
import { elementsOf, textOf } from "./html-tree.ts";
import {
  complexityReport,
  discovery,
  found,
  lintReport,
  metrics,
  SECURITY,
} from "./report-inputs.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const FULL: JsonObject = {
  path: "/home/person/app",
  discovery: discovery(["src/a.js"], {
    not_analysed: [
      { file: "node_modules/", reason: "installed dependencies" },
      { file: "b.js", reason: "minified" },
    ],
    total_files: 2,
  }),
  reports: [
    lintReport("agent-1", [
      found({ file: "src/a.js", line: 2, column: 3 }),
      found({
        file: "src/a.js",
        line: 9,
        rule: "eslint/no-debugger",
        severity: "low",
        message: "remove `debugger`",
      }),
    ]),
    lintReport(
      "agent-2",
      [
        found({
          file: "src/a.js",
          line: 2,
          rule: "security/eval",
          tool: "security-scan",
          cwe: "CWE-95",
          fix: "Parse it.",
          agent: "agent-2",
        }),
      ],
      {
        tool: SECURITY,
      },
    ),
    complexityReport("agent-2", [metrics("src/a.js", { lines: 900 })]),
  ],
  clones: [],
  cycles: [{ files: ["src/a.js", "src/c.js"] }],
  imports: [],
  coverage: {
    status: "measured",
    coverage: {
      reports: [{ file: "lcov.info", seconds_behind: 0 }],
      covered: 30,
      total: 40,
      files: [{ file: "src/a.js", covered: 30, total: 40 }],
      files_without: [],
    },
  },
  timeline: [
    { agent: "agent-1", stage: "discover", index: 0, startedMs: 1_000, endedMs: 2_000, attempt: 1 },
    { agent: "agent-1", stage: "checks", index: 0, startedMs: 2_000, endedMs: 4_000, attempt: 1 },
    { agent: "agent-2", stage: "checks", index: 1, startedMs: 2_000, endedMs: 5_000, attempt: 2 },
  ],
  messages: [{ from: "coordinator", to: "agent-1", kind: "task.offer", count: 2 }],
  fail_on: "critical",
};

async function artifacts(inputs: JsonObject): Promise<Map<string, string>> {
  const context = skillContext();
  await run(inputs, context);
  return context.artifacts;
}

describe("report.md", () => {
  it("reads well", async () => {
    const markdown = (await artifacts(FULL)).get("report.md") ?? "";
    expect(markdown.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, "<time>")).toMatchInlineSnapshot(`
      "# Code quality: /home/person/app

      **C · 74 of 100. 2 findings in 1 analysed file: 1 high, 1 low.**

      Quality gate passed.

      | critical | high | medium | low | all |
      | --- | --- | --- | --- | --- |
      | 0 | 1 | 0 | 1 | 2 |

      2 files seen, 1 to analyse, 1 analysed. By language: JavaScript 1.

      ## Look at these first

      |  | severity | place | finding | rule | found by |
      | --- | --- | --- | --- | --- | --- |
      | 1 | high | \`src/a.js:2\` | eval is harmful. Fix: Parse it. | \`eslint/no-eval\` | agent-1, agent-2 |
      | 2 | low | \`src/a.js:9\` | remove \`debugger\` | \`eslint/no-debugger\` | agent-1 |

      ## Hotspots

      Changed often and hard to understand: commits in 365 days × cognitive complexity.

      | file | score | commits 90 d | commits 365 d | cognitive | worst function | lines |
      | --- | --- | --- | --- | --- | --- | --- |
      | \`src/a.js\` | 8 | 1 | 4 | 2 | 2 | 900 |

      ## Structure and tests

      1 import cycle:
      - \`src/a.js\` → \`src/c.js\`

      Tests cover 30 of 40 lines, read from \`lcov.info\`.

      ## Who did what

      \`\`\`mermaid
      graph LR
        source["1 file"]
        report["2 findings"]
        subgraph s0["discover"]
          s0a0["agent-1: 1 task"]
        end
        subgraph s1["checks"]
          s1a0["agent-1: 1 task"]
          s1a1["agent-2: 1 task"]
        end
        source --> s0 --> s1 --> report
      \`\`\`

      | agent | tasks | file analyses | findings |
      | --- | --- | --- | --- |
      | agent-1 | 1 | 1 | 2 |
      | agent-2 | 2 | 2 | 1 |

      ## Not analysed

      A folder stands for all that lies in it.

      | reason | entries | which |
      | --- | --- | --- |
      | installed dependencies | 1 | \`node_modules/\` |
      | minified | 1 | \`b.js\` |

      ## Tools

      | tool | version | parser | files | findings |
      | --- | --- | --- | --- | --- |
      | complexity-analysis | 1.0.0 | @​babel/parser 8.1.2 | 1 of 1 | 0 |
      | oxlint | 1.80.0 |  | 1 of 1 | 2 |
      | security-scan | 1.0.0 |  | 1 of 1 | 1 |

      <details><summary>Method</summary>

      Score, formula 1.0: 100 × 40 / (40 + penalty points per 1,000 lines); critical 25, high 10, medium 3, low 1, import cycle 3, 10 repeated lines 1; at most 69 with a critical finding, 89 with a high one.

      Order of findings: severity (critical 64, high 16, medium 4, low 1) × churn × complexity × reach; each factor is from 1 to 2: commits in 365 days (2 from 63), cognitive complexity of the file (2 from 100), files that import it directly or not (2 from 63); 1 where not known.

      Run \`run-1\` of cascade \`code-quality-swarm\`, <time>.

      </details>
      "
    `);
  });
});

describe("report.html", () => {
  it("says first what matters, then where, then why to trust it", async () => {
    const page = elementsOf(parse((await artifacts(FULL)).get("report.html") ?? ""));
    const headings = page
      .filter(({ tagName }) => /^h[123]$/.test(tagName))
      .map((each) => `${each.tagName} ${textOf(each)}`);
    expect(headings).toEqual([
      "h1 /home/person/app",
      "h2 What to do first",
      "h3 eval is harmful",
      "h3 remove debugger",
      "h2 Where it is",
      "h3 Size and risk",
      "h3 Severity by folder",
      "h3 Changed often and hard to understand",
      "h3 Import cycles",
      "h3 Repeated code",
      "h3 Tests",
      "h2 Why trust it",
      "h3 What was run",
      "h3 What was not analysed",
      "h3 Who did what",
      "h3 When",
      "h3 Messages of the swarm",
      "h2 Appendix",
      "h3 All findings",
      "h3 Trend",
    ]);
    const policy = page.find(
      ({ tagName, attrs }) =>
        tagName === "meta" && attrs.some(({ value }) => value === "Content-Security-Policy"),
    );
    expect(policy?.attrs.find(({ name }) => name === "content")?.value).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; script-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'$/,
    );
  });

  it("shows the code around a finding with its line marked", async () => {
    const lines = Array.from({ length: 12 }, (_, index) => `line(${index + 1});`).join("\n");
    await using tree = await makeTree({ "a.js": `${lines}\n` });
    const page = (
      await artifacts({
        discovery: discovery(["a.js"], { root: tree.root }),
        reports: [
          lintReport("agent-1", [
            found({ line: 6 }),
            found({ line: 12, severity: "low" }),
            found({ line: 40, severity: "low" }),
          ]),
        ],
      })
    ).get("report.html");
    const elements = elementsOf(parse(page ?? ""));
    const frames = elements.filter(({ tagName }) => tagName === "pre").map(textOf);
    const numbered = (from: number, to: number): string =>
      Array.from(
        { length: to - from + 1 },
        (_, index) => `${from + index}line(${from + index});\n`,
      ).join("");
    expect(frames).toEqual([numbered(3, 9), numbered(9, 12)]);
    const marked = elements
      .filter(({ attrs }) => attrs.some(({ value }) => value === "line marked"))
      .map(textOf);
    expect(marked).toEqual(["6line(6);\n", "12line(12);\n"]);
    expect(page).toContain("Its code is not shown: the file is shorter now.");
  });

  it("says what was not run or not recorded", async () => {
    const page = (
      await artifacts({ discovery: discovery(["a.js"]), reports: [lintReport("agent-1", [])] })
    ).get("report.html");
    const absent = elementsOf(parse(page ?? ""))
      .filter(({ attrs }) =>
        attrs.some(({ name, value }) => name === "class" && value === "absent"),
      )
      .map(textOf);
    const reason = "this cascade has no stage that delivers it";
    expect(absent).toEqual([
      "There are no findings.",
      "No file was measured.",
      "There are no findings.",
      "Not drawn: no file has complexity.",
      `Not run: ${reason}.`,
      `Not run: ${reason}.`,
      `Not run: ${reason}.`,
      "The times of this run were not recorded.",
      "The messages of this run were not recorded.",
      "There are no findings.",
      "This is the first run of this directory whose report can be found.",
    ]);
  });
});
