import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Files, makeProject, runLoop, scriptedFixer } from "../../support/fix-loop.ts";

const WRONG = "export const sum = (a, b) => a - b;\nexport const twice = (a) => 2 * a;\n";
const RIGHT = "export const sum = (a, b) => a + b;\nexport const twice = (a) => 2 * a;\n";
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

describe("the fix loop", () => {
  it("accepts a fix that its own run of the tests confirms, and leaves the project as it is", async () => {
    await using project = await makeProject(SUM);
    const fixer = scriptedFixer([[{ "src/sum.js": RIGHT }]]);
    const outcome = await runLoop(project, [fixer]);
    expect(outcome).toMatchObject({
      status: "fixed",
      adapter: "node:test",
      baseline: { total: 2, passed: 1, failed: 1, skipped: 0, flaky: [] },
      after: { total: 2, passed: 2, failed: 0, skipped: 0, flaky: [] },
      escalations: [],
      branch: "cascade/fix-run-1-fix-0",
    });
    expect(outcome.fixes).toMatchObject([
      { tests: ["test/sum.test.js > adds"], fixer: "scripted", attempts: 1, candidates: 1 },
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
    expect(await readFile(join(project.root, "src/sum.js"), "utf8")).toBe(WRONG);
    expect(project.git("status", "--porcelain", "--branch")).toBe("## main\n");
    expect(project.git("branch", "--list")).toBe("* main\n");
  });
});
