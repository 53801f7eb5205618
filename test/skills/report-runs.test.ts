import { mkdir, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { openSkillContext } from "../../agents/skill-context.ts";
import { parseAgentId } from "../../core/ids.ts";
import type { JsonObject } from "../../core/json.ts";
import type { QualityReport } from "../../skills/merge-quality-reports/report-schema.ts";
import { run } from "../../skills/merge-quality-reports/run.ts";
import { complexityReport, discovery, found, lintReport, metrics } from "./report-inputs.ts";
import { makeTree, type Tree } from "./skill-context.ts";

/** Merges on a real run folder of the tree and answers the report. */
async function merge(
  tree: Tree,
  runId: string,
  given: JsonObject = {},
  runFolder = tree.path(`.cascade/runs/${runId}`),
) {
  const context = openSkillContext(
    {
      run: { runId, cascade: "code-quality-swarm", stageId: "aggregate", index: 0 },
      attempt: 1,
      cacheFolder: undefined,
      agentId: parseAgentId("agent-1"),
      directory: tree.root,
      runFolder,
    },
    pino({ level: "silent" }),
    new AbortController().signal,
    { askMemory: () => expect.unreachable("it has nothing to ask") },
  );
  const inputs = {
    discovery: discovery(["a.js"], { root: tree.root }),
    reports: [
      lintReport("agent-1", [found({ line: 2 })]),
      complexityReport("agent-1", [metrics("a.js")]),
    ],
    ...given,
  };
  const output = await run(inputs, context);
  const path = String(output["report_json"]);
  return { output, path, report: JSON.parse(await readFile(path, "utf8")) as QualityReport };
}

const lintsAt = (...lines: number[]): JsonObject => ({
  reports: [
    lintReport(
      "agent-1",
      lines.map((line) => found({ line })),
    ),
    complexityReport("agent-1", [metrics("a.js")]),
  ],
});
const fingerprintsOf = ({ findings }: QualityReport): string[] =>
  findings.toSorted((a, b) => a.line - b.line).map(({ fingerprint }) => fingerprint);

describe("fingerprints", () => {
  it("stay when lines move and change when the line does", async () => {
    await using tree = await makeTree({ "a.js": "// one\neval(x);\neval(x);\n" });
    const first = fingerprintsOf((await merge(tree, "r1", lintsAt(2, 3))).report);
    await writeFile(tree.path("a.js"), "// one\n// more\n// and more\n  eval(x);\n\n\teval(x);\n");
    const moved = fingerprintsOf((await merge(tree, "r2", lintsAt(4, 6))).report);
    await writeFile(tree.path("a.js"), "// one\neval(y);\neval(x);\n");
    const changed = fingerprintsOf((await merge(tree, "r3", lintsAt(2, 3))).report);
    expect(first[0]).toMatch(/^[0-9a-f]{16}:1$/);
    expect(first[1]).toBe(first[0]?.replace(/:1$/, ":2"));
    expect(moved).toEqual(first);
    expect(changed).toEqual([expect.not.stringContaining(first[0]?.slice(0, 16) ?? ""), first[0]]);
  });
});

describe("trend", () => {
  it("compares with the run before and joins the runs of the same root", async () => {
    await using tree = await makeTree({ "a.js": "ok();\neval(x);\neval(y);\n" });
    const first = await merge(tree, "r1", lintsAt(2));
    const { report, output } = await merge(tree, "r2", lintsAt(3));
    expect(first.report.comparison).toEqual({
      status: "not-compared",
      reason: "there is no earlier run of this directory",
    });
    expect(first.output).not.toHaveProperty("new_findings");
    expect(report.comparison).toEqual({
      status: "compared",
      with: "run-before",
      run: "r1",
      generated_at: first.report.generated_at,
      new: 1,
      gone: 1,
      same: 0,
    });
    expect(output["new_findings"]).toBe(1);
    expect(
      report.trend.map(({ run: id, findings, score, comparable }) => ({
        id,
        findings,
        score,
        comparable,
      })),
    ).toEqual([
      { id: "r1", findings: 1, score: 80, comparable: true },
      { id: "r2", findings: 1, score: 80, comparable: true },
    ]);
  });

  it("passes over what is no report of this root, and marks scores of other analyses", async () => {
    await using tree = await makeTree({
      "a.js": "ok();\neval(x);\n",
      ".cascade/runs/junk/report.json": "{",
      ".cascade/runs/other/report.json": JSON.stringify({ v: 9 }),
      ".cascade/runs/empty/note.txt": "",
      ".cascade/runs/file": "",
    });
    const elsewhere = await merge(tree, "r0", {
      discovery: discovery(["a.js"], { root: dirname(tree.root) }),
    });
    const first = await merge(tree, "r1", { reports: [lintReport("agent-1", [])] });
    await mkdir(tree.path(".cascade/runs/link"));
    await symlink(first.path, tree.path(".cascade/runs/link/report.json"));
    const old = {
      v: 1,
      run: "old",
      root: tree.root,
      generated_at: "2020-01-01T00:00:00.000Z",
      counts: { total: 7 },
      findings: [{}],
    };
    await mkdir(tree.path(".cascade/runs/old"));
    await writeFile(tree.path(".cascade/runs/old/report.json"), JSON.stringify(old));
    const { report } = await merge(tree, "r2");
    expect(elsewhere.report.trend).toHaveLength(1);
    expect(
      report.trend.map(({ run: id, findings, score, comparable }) => [
        id,
        findings,
        score,
        comparable,
      ]),
    ).toEqual([
      ["old", 7, null, false],
      ["r1", 0, null, false],
      ["r2", 1, 80, true],
    ]);
  });
});

describe("baseline", () => {
  it("fails the gate by new findings only", async () => {
    await using tree = await makeTree({ "a.js": "ok();\neval(x);\neval(y);\n" });
    const { path } = await merge(tree, "r1", lintsAt(2));
    const given = { baseline: path, fail_on: "high" };
    const same = await merge(tree, "r2", { ...given, ...lintsAt(2) });
    const added = await merge(tree, "r3", { ...given, ...lintsAt(2, 3) });
    expect(same.output["gate"]).toEqual({ status: "passed", reasons: [] });
    expect(added.output["gate"]).toEqual({ status: "failed", reasons: ["1 new high finding"] });
    expect(added.output["new_findings"]).toBe(1);
  });

  it.each([
    ["is not there", "nowhere.json", "path-not-found"],
    ["is a folder", ".cascade", "path-unreadable"],
    ["is no report", "a.js", "invalid-input"],
    ["has no fingerprints", "v1.json", "invalid-input"],
  ])("is refused when it %s", async (_, name, code) => {
    const old = {
      v: 1,
      run: "old",
      root: "/",
      generated_at: "2020-01-01T00:00:00.000Z",
      counts: { total: 0 },
      findings: [],
    };
    await using tree = await makeTree({
      "a.js": "x\n",
      ".cascade/a": "",
      "v1.json": JSON.stringify(old),
    });
    await expect(merge(tree, "r1", { baseline: tree.path(name) })).rejects.toMatchObject({ code });
  });

  it("is refused when it is larger than a report can be", async () => {
    await using tree = await makeTree({ "a.js": "x\n", "large.json": "{}" });
    await truncate(tree.path("large.json"), 60_000_000);
    await expect(merge(tree, "r1", { baseline: tree.path("large.json") })).rejects.toMatchObject({
      code: "path-unreadable",
      message: expect.stringContaining("larger than 50 MB"),
    });
  });

  it("is refused as a relative path, and empty options are none", async () => {
    await using tree = await makeTree({ "a.js": "x\ny\n" });
    await expect(merge(tree, "r1", { baseline: "report.json" })).rejects.toMatchObject({
      code: "invalid-input",
    });
    const { output } = await merge(tree, "r1", { baseline: "", fail_on: "" });
    expect(output["gate"]).toEqual({ status: "not-set", reasons: [] });
  });
});

describe("the run's folder", () => {
  it("is all that is written", async () => {
    await using tree = await makeTree({ "src/a.js": "x\n" });
    await using elsewhere = await makeTree();
    const { output } = await merge(tree, "r1", {}, elsewhere.path("r1"));
    const names = [
      "report_json",
      "report_md",
      "report_html",
      "report_sarif",
      "junit_xml",
      "badge_svg",
    ];
    expect(names.map((name) => dirname(String(output[name])))).toEqual(
      names.map(() => elsewhere.path("r1")),
    );
    await expect(readFile(join(tree.root, ".cascade"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("that cannot be written is an error that names it", async () => {
    await using tree = await makeTree({ "a.js": "x\n", blocked: "a file" });
    await expect(merge(tree, "r1", {}, tree.path("blocked/runs/r1"))).rejects.toMatchObject({
      code: "path-unreadable",
      message: expect.stringContaining(tree.path("blocked/runs/r1")),
    });
  });
});
