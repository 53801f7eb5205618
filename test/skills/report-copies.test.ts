import { describe, expect, it } from "vitest";
import type { QualityReport } from "../../skills/merge-quality-reports/report-schema.ts";
import { run } from "../../skills/merge-quality-reports/run.ts";
import { discovery, found, lintReport } from "./report-inputs.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const FILES = {
  "dist/app.js": "eval(x);\n",
  "dist/cjs/app.js": "'use strict';\neval(x);\n",
  "src/app.ts": "// another one\neval(y);\n",
};
const FOUND = [
  found({ file: "dist/app.js", line: 1 }),
  found({ file: "dist/cjs/app.js", line: 2 }),
  found({ file: "src/app.ts", line: 2 }),
];

async function reportOf() {
  await using tree = await makeTree(FILES);
  const context = skillContext();
  const output = await run(
    {
      discovery: discovery(Object.keys(FILES), { root: tree.root }),
      reports: [lintReport("agent-1", FOUND)],
    },
    context,
  );
  const text = (name: string): string => String(context.artifacts.get(name));
  const report = JSON.parse(text("report.json")) as QualityReport;
  return { output, report, html: text("report.html"), markdown: text("report.md") };
}

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
    expect(markdown).toContain("`dist/app.js:1` and in 1 copy");
    expect(markdown).not.toContain("dist/cjs/app.js:2");
  });
});
