import { expect, it } from "vitest";
import { mergeInputs } from "../../skills/merge-quality-reports/inputs.ts";
import { run } from "../../skills/theater-detection/run.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const EMPTY_BRANCH = "export function f(a: number) {\n  if (a > 1) {\n  }\n  return a;\n}\n";

it("reports what a person needs to mend it", async () => {
  await using tree = await makeTree({
    "src/pay.ts": "export function verifyCard(number: string): boolean {\n  return true;\n}\n",
  });

  const report = await run({ path: tree.root }, skillContext());

  expect(report["findings"]).toEqual([
    {
      file: "src/pay.ts",
      line: 1,
      column: 8,
      rule: "theater/check-that-always-passes",
      severity: "high",
      message: "a check looks at nothing that it is given and always passes: verifyCard",
      fix: "Check what the name promises, or take the check out, so that nobody relies on it.",
      confidence: "high",
      tool: "theater-detection",
      tool_version: "1.0.0",
      agent: "agent-1",
    },
  ]);
  expect(report).toMatchObject({
    counts: { critical: 0, high: 1, medium: 0, low: 0, total: 1 },
    score: 80,
    passed: false,
    files_analysed: 1,
  });
});

it("passes code without theatre, and a directory without code", async () => {
  await using tree = await makeTree({ "a.ts": "export const one = 1;\n" });
  await using empty = await makeTree();

  expect(await run({ path: tree.root }, skillContext())).toMatchObject({
    score: 100,
    passed: true,
  });
  const nothing = await run({ path: empty.root }, skillContext());
  expect([nothing["passed"], "score" in nothing]).toEqual([true, false]);
});

it.each([
  [90, true],
  [98, false],
])("measures itself by the threshold: %d", async (threshold, passed) => {
  await using tree = await makeTree({ "a.ts": EMPTY_BRANCH });

  const report = await run({ path: tree.root, threshold }, skillContext());

  expect(report).toMatchObject({ counts: { medium: 1, total: 1 }, passed });
});

it("tells tests from sources", async () => {
  const stub = "export const gateway = new MockGateway();\n";
  await using tree = await makeTree({ "src/a.ts": stub, "test/a.ts": stub });

  const report = await run({ path: tree.root }, skillContext());

  expect(report["findings"]).toEqual([
    expect.objectContaining({ file: "src/a.ts", rule: "theater/mock-outside-tests" }),
  ]);
});

it.each([
  ["// cascade-ignore theater/empty-branch: the reader takes it from here", 0, 1],
  ["// cascade-ignore theater/empty-branch:", 1, 0],
  ["// cascade-ignore theater/swallowed-error: another one", 1, 0],
])("is silenced by a comment with a reason: %s", async (comment, findings, suppressed) => {
  await using tree = await makeTree({
    "a.ts": `export function f(a: number) {\n  ${comment}\n  if (a > 1) {\n  }\n  return a;\n}\n`,
  });

  const report = await run({ path: tree.root }, skillContext());

  expect([(report["findings"] as unknown[]).length, report["suppressed"]]).toEqual([
    findings,
    suppressed,
  ]);
});

it("takes batches as the other analyses do, and merge-quality-reports takes its answer", async () => {
  await using tree = await makeTree({ "a.ts": EMPTY_BRANCH, "b.ts": EMPTY_BRANCH, "c.md": "text" });

  const report = await run({ path: tree.root, files: ["b.ts"] }, skillContext());

  expect(report["findings"]).toEqual([expect.objectContaining({ file: "b.ts", line: 2 })]);
  const discovery = {
    root: tree.root,
    batches: [],
    languages: {},
    not_analysed: [],
    total_files: 3,
  };
  expect(mergeInputs.safeParse({ reports: [report], discovery }).error?.issues).toBeUndefined();
});

it("says of a file that it cannot read that it was not looked at", async () => {
  await using tree = await makeTree({ "bad.ts": "export const = ;\n", "bad.py": "def (:\n" });

  const report = await run({ path: tree.root }, skillContext());

  expect(report["not_analysed"]).toEqual([
    { file: "bad.py", reason: "syntax error", line: 1, tool: "theater-detection" },
    {
      file: "bad.ts",
      reason: expect.stringContaining("syntax error"),
      line: 1,
      tool: "theater-detection",
    },
  ]);
});

it("reads a file that nests deeper than any stack", async () => {
  const deep = `${"if (a) { ".repeat(2_000)}${"}".repeat(2_000)}`;
  await using tree = await makeTree({ "deep.js": deep });

  const report = await run({ path: tree.root }, skillContext());

  expect(
    (report["findings"] as unknown[]).length + (report["not_analysed"] as unknown[]).length,
  ).toBe(1);
});

it("uses what it knows of files that did not change", async () => {
  await using tree = await makeTree({ "a.ts": EMPTY_BRANCH });
  const kept = new Map<string, never>();
  const cache = {
    get: async (keys: readonly string[]) =>
      new Map(keys.flatMap((key) => (kept.has(key) ? [[key, kept.get(key) as never]] : []))),
    put: async (results: ReadonlyMap<string, unknown>) => {
      for (const [key, value] of results) kept.set(key, value as never);
    },
  };

  const first = await run({ path: tree.root }, skillContext({ cache }));
  const second = await run({ path: tree.root }, skillContext({ cache }));

  expect([first["files_cached"], second["files_cached"]]).toEqual([0, 1]);
  expect(second["findings"]).toEqual(first["findings"]);
});

it.each([
  [{ path: "/nowhere/at/all" }, "path-not-found"],
  [{ path: ".", threshold: 101 }, "invalid-input"],
])("refuses %j with %s", async (inputs, code) => {
  await expect(run(inputs, skillContext())).rejects.toMatchObject({ code });
});

it.each([
  ["a comment of blanks", (size: number) => `/*${" ".repeat(size)}x*/\n`],
  ["a long name", (size: number) => `it("x", () => { ${"a".repeat(size)} });\n`],
  ["many comments", (size: number) => "// TODO\n".repeat(size / 8)],
  ["many empty functions", (size: number) => "function a() {}\n".repeat(size / 16)],
  [
    "calls in calls",
    (size: number) => `${"f(".repeat(1_000)}${")".repeat(1_000)};\n`.repeat(size / 4_000),
  ],
])("takes time linear in the file: %s", async (_, make) => {
  await using tree = await makeTree({
    "a.test.js": make(100_000),
    "b.go": `package b\n${make(100_000)}`,
  });

  const report = await run({ path: tree.root }, skillContext());

  expect(report["counts"]).toBeDefined();
});
