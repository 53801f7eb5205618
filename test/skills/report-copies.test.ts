import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import type { Finding } from "../../skills/finding.ts";
import type { QualityReport } from "../../skills/merge-quality-reports/report-schema.ts";
import { run } from "../../skills/merge-quality-reports/run.ts";
import { discovery, found, lintReport } from "./report-inputs.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const BODY =
  "function run(x) {\n  const y = x + 1;\n  log(y);\n  eval(y);\n  done();\n  end();\n}\n";
const FILES = {
  "dist/app.js": `import log from "log";\n${BODY}`,
  "dist/cjs/app.js": `"use strict";\nconst log = require("log");\n${BODY}`,
  "src/app.ts": "// another one\neval(y);\n",
};
const FOUND = [
  found({ file: "dist/app.js", line: 5 }),
  found({ file: "dist/cjs/app.js", line: 6 }),
  found({ file: "src/app.ts", line: 2 }),
];

async function reportOf(
  files: Readonly<Record<string, string>> = FILES,
  findings: readonly Finding[] = FOUND,
) {
  await using tree = await makeTree(files);
  const context = skillContext();
  const inputs: JsonObject = {
    discovery: discovery(Object.keys(files), { root: tree.root }),
    reports: [lintReport("agent-1", findings)],
  };
  const output = await run(inputs, context);
  const text = (name: string): string => String(context.artifacts.get(name));
  const report = JSON.parse(text("report.json")) as QualityReport;
  return { output, report, html: text("report.html"), markdown: text("report.md") };
}

const copiesIn = ({ findings }: QualityReport): number =>
  findings.filter(({ copy_of }) => copy_of !== undefined).length;

describe("copies of one finding", () => {
  it("are all in report.json, each naming the one that stands for it", async () => {
    const { findings, counts } = (await reportOf()).report;
    const first = findings.find(({ file }) => file === "dist/app.js")?.fingerprint;
    const copies = findings.map(({ file, copy_of }) => [file, copy_of]);
    expect(copies.sort()).toEqual([
      ["dist/app.js", undefined],
      ["dist/cjs/app.js", first],
      ["src/app.ts", undefined],
    ]);
    expect(counts.total).toBe(3);
  });

  it("are one entry of what to do first, which tells of them", async () => {
    const { output, html, markdown } = await reportOf();
    const top = output["top"] as QualityReport["findings"];
    expect(top.map(({ file }) => file)).toEqual(["dist/app.js", "src/app.ts"]);
    expect(html.match(/<article>/g)).toHaveLength(2);
    expect(html).toContain("also in");
    expect(markdown).toContain("`dist/app.js:5` and in 1 copy");
    expect(markdown).not.toContain("dist/cjs/app.js:6");
  });

  it("are not two passwords, which look alike when they are masked", async () => {
    const secret = (file: string) =>
      found({ file, rule: "security/hardcoded-secret", tool: "security-scan" });
    const { report } = await reportOf(
      {
        "a/config.js": 'const password = "hunter2hunter2";\n',
        "b/config.js": 'const password = "correcthorse22";\n',
      },
      [secret("a/config.js"), secret("b/config.js")],
    );
    expect(copiesIn(report)).toBe(0);
    expect(JSON.stringify(report)).not.toMatch(/hunter2|correcthorse/);
  });

  it("are not equal lines in the midst of different code", async () => {
    const files = {
      "a/index.js": "open();\ntry { one(); }\ncatch {}\nclose();\n",
      "b/index.js": "start();\ntry { two(); }\ncatch {}\nstop();\n",
    };
    const empty = Object.keys(files).map((file) =>
      found({ file, line: 3, rule: "eslint/no-empty", message: "empty block" }),
    );
    expect(copiesIn((await reportOf(files, empty)).report)).toBe(0);
  });
});
