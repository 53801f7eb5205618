import { execFileSync } from "node:child_process";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type Files,
  makeProject,
  openTestSteps,
  type Project,
  runLoop,
  scriptedFixer,
} from "../../support/fix-loop.ts";

const WRONG = "export const sum = (a, b) => a - b;\nexport const twice = (a) => 2 * a;\n";
const RIGHT = "export const sum = (a, b) => a + b;\nexport const twice = (a) => 2 * a;\n";
const OTHER = "export const sum = (a, b) => a * b;\nexport const twice = (a) => 2 * a;\n";
const SUM: Files = {
  "package.json": '{ "type": "module", "scripts": { "test": "node --test" } }\n',
  "src/sum.js": WRONG,
  "test/sum.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { sum, twice } from "../src/sum.js";
test("adds", () => assert.equal(sum(1, 2), 3));
test("doubles", () => assert.equal(twice(2), 4));
`,
};
const BRANCH = "cascade/fix-run-1-fix-0";
const sourceOf = (project: Project): Promise<string> =>
  readFile(join(project.root, "src/sum.js"), "utf8");

describe("the fix loop", () => {
  it("accepts a fix that its own runs confirm, and leaves the project as it is", async () => {
    await using project = await makeProject(SUM);
    const fixer = scriptedFixer([[{ "src/sum.js": RIGHT }]]);
    const outcome = await runLoop(project, [fixer]);
    expect(outcome).toMatchObject({
      status: "fixed",
      adapter: "node:test",
      baseline: { total: 2, passed: 1, failed: 1, skipped: 0, flaky: [] },
      after: { total: 2, passed: 2, failed: 0, skipped: 0, flaky: [] },
      escalations: [],
      branch: BRANCH,
    });
    expect(outcome.fixes).toMatchObject([
      {
        tests: ["test/sum.test.js > adds"],
        fixer: "scripted",
        attempts: 1,
        candidates: 1,
        evidence: {
          tests: [{ id: "test/sum.test.js > adds", before: "failed", after: "passed" }],
          suite: { before: { passed: 1, failed: 1 }, after: { passed: 2, failed: 0 }, runs: 1 },
          enforcement: { backend: "bubblewrap" },
        },
      },
    ]);
    expect(outcome.patch).toContain("-export const sum = (a, b) => a - b;");
    expect(fixer.requests).toMatchObject([
      {
        failures: [{ id: "test/sum.test.js > adds", file: "test/sum.test.js" }],
        suspects: ["src/sum.js"],
        attempt: 1,
        earlier: [],
      },
    ]);
    expect(await sourceOf(project)).toBe(WRONG);
    expect(project.git("status", "--porcelain", "--branch")).toBe("## main\n");
    expect(project.git("branch", "--list")).toBe("* main\n");
    const log = execFileSync(
      "git",
      [`--git-dir=${outcome.repository}`, "log", "--format=%s", BRANCH],
      { encoding: "utf8" },
    );
    expect(log).toBe("Fix: edit src/sum.js\nThe project as it is\n");
  });

  it("makes fixes on top of a patch, answers both as one, and hands them over as that only", async () => {
    await using project = await makeProject({ ...SUM, "src/sum.js": OTHER });
    const [before = "", twice] = OTHER.split("\n");
    const to = (text: string): string =>
      `--- a/src/sum.js\n+++ b/src/sum.js\n@@ -1,2 +1,2 @@\n-${before}\n+${text.split("\n")[0]}\n ${twice}\n`;
    const patch = to(WRONG);
    const fixer = scriptedFixer([[{ "src/sum.js": RIGHT }]]);
    const outcome = await runLoop(project, [fixer], { patch });
    expect(outcome).toMatchObject({ status: "fixed", after: { passed: 2, failed: 0 } });
    expect(outcome.patch).toContain(
      "-export const sum = (a, b) => a * b;\n+export const sum = (a, b) => a + b;",
    );
    expect(outcome.fixes[0]?.patch).toContain("-export const sum = (a, b) => a - b;");
    expect(await sourceOf(project)).toBe(OTHER);
    const unneeded = await runLoop(project, [], { patch: to(RIGHT) });
    expect(unneeded).toMatchObject({
      status: "passed",
      fixes: [],
      patch: expect.stringContaining("+export const sum = (a, b) => a + b;"),
    });
    await expect(runLoop(project, [fixer], { patch, apply: "apply" })).rejects.toMatchObject({
      code: "not-supported",
    });
    await expect(runLoop(project, [fixer], { patch: "no patch" })).rejects.toMatchObject({
      code: "invalid-input",
    });
  });

  it("tells the next fixer why a fix did not hold", async () => {
    await using project = await makeProject(SUM);
    const first = scriptedFixer([[{ "src/sum.js": OTHER }]], "first");
    const second = scriptedFixer([[{ "src/sum.js": RIGHT }]], "second");
    const outcome = await runLoop(project, [first, second]);
    expect(outcome).toMatchObject({ status: "fixed", fixes: [{ fixer: "second", attempts: 2 }] });
    expect(second.requests).toMatchObject([
      {
        attempt: 2,
        earlier: [
          {
            description: "edit src/sum.js",
            why: expect.stringMatching(/^still failing: test\/sum.test.js > adds is failed: /),
          },
        ],
      },
    ]);
  });

  it.each([
    ["all attempts are used up", { maxIterations: 2, escalateAfter: 5 }, 2],
    ["all attempts are used up", { maxIterations: 5, escalateAfter: 2 }, 2],
    ["the failure stays the same from attempt to attempt", {}, 2],
  ])("asks a person when %s with %j", async (reason, settings, calls) => {
    await using project = await makeProject(SUM);
    const fixer = scriptedFixer(
      ["5", "6", "7"].map((number) => [{ "src/sum.js": WRONG.replace("a - b", number) }]),
    );
    const outcome = await runLoop(project, [fixer], settings);
    expect(outcome).toMatchObject({
      status: "escalated",
      fixes: [],
      patch: "",
      escalations: [
        {
          test: "test/sum.test.js > adds",
          file: "test/sum.test.js",
          suspects: ["src/sum.js"],
          reason,
        },
      ],
    });
    expect(outcome.escalations[0]?.tried).toHaveLength(calls);
    expect(fixer.requests).toHaveLength(calls);
    await expect(stat(join(project.runFolder, "fixes-run-1-fix-0.git"))).rejects.toThrow("ENOENT");
  });

  it.each([
    ["there is no fixer", [], {}, "this agent has no fixer"],
    ["it is switched off", [scriptedFixer([])], { autoFix: false }, "auto_fix is off"],
    [
      "nothing new is proposed",
      [scriptedFixer([])],
      {},
      "the fixers propose nothing that was not tried",
    ],
  ])("reproduces and asks a person when %s", async (_, fixers, settings, reason) => {
    await using project = await makeProject(SUM);
    expect(await runLoop(project, fixers, settings)).toMatchObject({
      status: "escalated",
      escalations: [{ test: "test/sum.test.js > adds", reason, tried: [] }],
    });
  });

  it("keeps what mends some of the tests when nothing mends all, the best first", async () => {
    const test = SUM["test/sum.test.js"] ?? "";
    await using project = await makeProject({
      ...SUM,
      "test/sum.test.js": `${test}test("adds more", () => assert.equal(sum(2, 3), 5));\ntest("never", () => assert.equal(twice(1), 9));\n`,
    });
    const half = WRONG.replace("a - b", "3");
    const outcome = await runLoop(project, [
      scriptedFixer([[{ "src/sum.js": half }, { "src/sum.js": RIGHT }], []]),
    ]);
    expect(outcome).toMatchObject({
      status: "partly-fixed",
      fixes: [{ tests: ["test/sum.test.js > adds", "test/sum.test.js > adds more"] }],
      escalations: [{ test: "test/sum.test.js > never" }],
      after: { passed: 3, failed: 1 },
    });
  });

  it("sets flaky tests apart and does not fix them", async () => {
    await using project = await makeProject({
      ...SUM,
      "src/sum.js": RIGHT,
      "test/flaky.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
for (let at = 0; at < 40; at++) test(\`coin \${at}\`, () => assert.ok(Math.random() < 0.5));
`,
    });
    const fixer = scriptedFixer([]);
    const { baseline } = await runLoop(project, [fixer], { autoFix: false });
    expect(baseline.flaky.length).toBeGreaterThan(3);
    expect(baseline.total).toBe(baseline.passed + baseline.failed + baseline.flaky.length);
  });

  it("does not look at other tests without the regression check, and says how they ended", async () => {
    await using project = await makeProject(SUM);
    const breaking = RIGHT.replace("2 * a", "3 * a");
    const outcome = await runLoop(project, [scriptedFixer([[{ "src/sum.js": breaking }]])], {
      regressionCheck: false,
      networkDisabled: false,
    });
    expect(outcome).toMatchObject({
      fixes: [{ tests: ["test/sum.test.js > adds"], evidence: { suite: null } }],
      after: { passed: 1, failed: 1 },
      status: "partly-fixed",
      escalations: [{ test: "test/sum.test.js > doubles" }],
      notes: ["network_disabled: false changes nothing: the sandbox has no network"],
    });
  });

  it("knows nothing of tests that leave no report, and says so", async () => {
    await using project = await makeProject({
      ...SUM,
      "test/sum.test.js":
        SUM["test/sum.test.js"]?.replace(
          'test("adds"',
          'process.kill(process.ppid, 9);\ntest("adds"',
        ) ?? "",
    });
    await expect(runLoop(project, [scriptedFixer([])])).rejects.toMatchObject({
      code: "tests-unreadable",
    });
  });

  it("runs the tests that are named", async () => {
    await using project = await makeProject({
      ...SUM,
      "test/integration/all.test.js": 'import { test } from "node:test";\ntest("all", () => {});\n',
    });
    const counts = async (...tests: string[]) =>
      (await runLoop(project, [], { tests })).baseline.total;
    expect([
      await counts("unit"),
      await counts("integration"),
      await counts("comprehensive"),
    ]).toEqual([2, 1, 3]);
    expect(await counts("test/integration")).toBe(1);
    await expect(counts("nonsense")).rejects.toMatchObject({ code: "invalid-input" });
    await expect(counts("e2e")).rejects.toMatchObject({ code: "nothing-to-do" });
  });

  it("does nothing again that is recorded, and comes to the same", async () => {
    await using project = await makeProject(SUM);
    const steps = openTestSteps();
    const paid = { description: "asked", edits: { "src/sum.js": RIGHT }, costUsd: 0.01 };
    const free = scriptedFixer([[{ "src/sum.js": OTHER }]], "free");
    const dear = scriptedFixer([[paid]], "dear");
    const first = await runLoop(project, [free, dear], { steps: steps.steps });
    expect(steps.done.map((name) => name.split(":")[0])).toEqual([
      ...["copy", "baseline", "proposal", "proposal", "tests", "suite", "accept"],
    ]);
    const again = openTestSteps(steps.recorded);
    const resumed = await runLoop(project, [free, dear], { steps: again.steps });
    expect(again.done).toEqual([]);
    expect(resumed).toEqual(first);
    expect([free.requests.length, dear.requests.length]).toEqual([2, 1]);
  });
});

describe("fixes that are applied", () => {
  it("are commits of a new branch, on objects alone", async () => {
    await using project = await makeProject(SUM);
    const head = project.git("rev-parse", "HEAD").trim();
    const outcome = await runLoop(project, [scriptedFixer([[{ "src/sum.js": RIGHT }]])], {
      apply: "branch",
    });
    expect(project.git("log", "--format=%H %P %s", BRANCH)).toMatch(
      new RegExp(`^${outcome.fixes[0]?.commit} ${head} Fix: edit src/sum.js\n`),
    );
    expect(project.git("show", `${BRANCH}:src/sum.js`)).toBe(RIGHT);
    expect(project.git("status", "--porcelain", "--branch")).toBe("## main\n");
    project.git("merge", "--quiet", "--ff-only", BRANCH);
    expect(await sourceOf(project)).toBe(RIGHT);
  });

  it("are no branch when the project has changes of its own", async () => {
    await using project = await makeProject(SUM);
    await writeFile(join(project.root, "src/sum.js"), `${WRONG}// mine\n`);
    await expect(runLoop(project, [], { apply: "branch" })).rejects.toMatchObject({
      code: "not-supported",
      message: "no branch can be made: src/sum.js is not as it was committed",
    });
  });

  it("are written into the files, whose modes stay, with git and without", async () => {
    for (const git of [true, false]) {
      await using project = await makeProject(SUM, { git });
      await chmod(join(project.root, "src/sum.js"), 0o755);
      const outcome = await runLoop(project, [scriptedFixer([[{ "src/sum.js": RIGHT }]])], {
        apply: "apply",
      });
      expect(outcome.status).toBe("fixed");
      expect(await sourceOf(project)).toBe(RIGHT);
      expect((await stat(join(project.root, "src/sum.js"))).mode & 0o777).toBe(0o755);
    }
  });

  it("are not written over files that git ignores", async () => {
    await using project = await makeProject({ ...SUM, ".gitignore": "out/\n" });
    await mkdir(join(project.root, "out"));
    await writeFile(join(project.root, "out/sum.js"), "// mine\n");
    const fixer = scriptedFixer([[{ "src/sum.js": RIGHT, "out/sum.js": "// theirs\n" }]]);
    const outcome = await runLoop(project, [fixer], { apply: "apply", maxIterations: 1 }).catch(
      (error: unknown) => error,
    );
    expect(outcome).toMatchObject({ code: "not-supported" });
    expect(await readFile(join(project.root, "out/sum.js"), "utf8")).toBe("// mine\n");
    expect(await sourceOf(project)).toBe(SUM["src/sum.js"]);
  });

  it("are not written over what was changed meanwhile", async () => {
    await using project = await makeProject(SUM, { git: false });
    const fixer = scriptedFixer([[{ "src/sum.js": RIGHT }]]);
    const meanwhile = {
      ...fixer,
      async *candidates(...given: Parameters<typeof fixer.candidates>) {
        await writeFile(join(project.root, "src/sum.js"), "// mine\n");
        yield* fixer.candidates(...given);
      },
    };
    await expect(runLoop(project, [meanwhile], { apply: "apply" })).rejects.toMatchObject({
      code: "not-supported",
      message: "the fixes cannot be applied: src/sum.js was changed meanwhile",
    });
    expect(await sourceOf(project)).toBe("// mine\n");
  });
});
