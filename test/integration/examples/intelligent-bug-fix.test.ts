import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExampleSwarm, startExampleSwarm } from "../../support/example-swarm.ts";
import { type Files, makeProject } from "../../support/fix-loop.ts";

let example: ExampleSwarm;
beforeAll(async () => {
  example = await startExampleSwarm();
}, 120_000);
afterAll(() => example[Symbol.asyncDispose]());

const WRONG = "export const sum = (a, b) => a - b;\n";
const RIGHT = "export const sum = (a, b) => a + b;\n";
const TESTS: Files = {
  "package.json": '{ "type": "module", "scripts": { "test": "node --test" } }\n',
  "test/sum.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { sum } from "../src/sum.js";
test("adds", () => assert.equal(sum(1, 2), 3));
`,
};
const FIX = {
  summary: "The operator was wrong.",
  changes: [{ path: "src/sum.js", find: "a - b", replace: "a + b" }],
};
/** Where it happens stands in the stack. */
const THROWS = `export function sum(a, b) {
  return a.plus(b);
}
`;
const THROWS_FIX = {
  summary: "Numbers have no `plus`.",
  changes: [{ path: "src/sum.js", find: "a.plus(b)", replace: "a + b" }],
};
const PRICE = { input: 1_000, cacheRead: 0, output: 100, reasoning: 0 };

describe("intelligent-bug-fix", { timeout: 240_000 }, () => {
  it("has one model mend a simple failure, proves it, and writes what the issue would be told", async () => {
    await using project = await makeProject({ ...TESTS, "src/sum.js": THROWS });
    project.git("remote", "add", "origin", "https://github.com/someone/sums.git");

    const { status, error, output, answers } = await example.run(
      "intelligent-bug-fix",
      { path: project.root, issue: 7 },
      () => ({ text: [JSON.stringify(THROWS_FIX)], usage: PRICE }),
    );

    expect({ status, error }).toEqual({ status: "run.succeeded", error: undefined });
    expect(answers).toEqual([
      {
        stage: "multi-model-decision--simple",
        served: "gpt-6.2-sol",
        reasons: ["codex-auto was named"],
        costUsd: expect.any(Number),
      },
    ]);
    expect(output).toMatchObject({
      complexity: "simple",
      before: { total: 1, failed: 1 },
      after: { total: 1, passed: 1, failed: 0 },
      patch: expect.stringContaining("-  return a.plus(b);\n+  return a + b;"),
    });
    expect(await readFile(join(project.root, "src/sum.js"), "utf8")).toBe(THROWS);
    const issue = JSON.parse(await readFile(String(output?.["issue"]), "utf8"));
    expect(issue).toMatchObject({
      dry_run: true,
      requests: [
        {
          method: "POST",
          path: "/repos/someone/sums/issues/7/comments",
          body: { body: expect.stringContaining("## Hypotheses") },
        },
      ],
      missing: ["a token that may write issues"],
    });
  });

  it("asks three models together when the cause is not plain", async () => {
    await using project = await makeProject({ ...TESTS, "src/sum.js": WRONG });

    const { output, answers } = await example.run(
      "intelligent-bug-fix",
      { path: project.root },
      ({ text }) => {
        if (text.includes("Explain the parts")) return { text: ["It only sums."] };
        if (text.includes("Name up to three")) return { text: ["Swap the operator."] };
        expect(text).toContain("Swap the operator.");
        expect(text).toContain("It only sums.");
        expect(text).toContain(WRONG.trim());
        return { text: [JSON.stringify(FIX)] };
      },
    );

    expect(answers).toEqual([
      {
        stage: "gemini-megacontext",
        served: "gemini-4-argon",
        reasons: ["gemini-megacontext was named"],
        costUsd: null,
      },
      {
        stage: "codex-reasoning",
        served: "gpt-6.2-sol",
        reasons: ["codex-reasoning was named"],
        costUsd: null,
      },
      { stage: "claude", served: "claude-opus-5-5", reasons: ["claude was named"], costUsd: null },
    ]);
    expect(output).toMatchObject({ complexity: "complex", after: { passed: 1, failed: 0 } });
    expect(output?.["patch"]).toContain(`-${WRONG}+${RIGHT}`);
  });

  it("fails when the models' change does not mend it, and says which test goes on failing", async () => {
    await using project = await makeProject({ ...TESTS, "src/sum.js": THROWS });
    const useless = { summary: "Mended!", changes: [{ path: "src/other.js", content: "1;\n" }] };

    const { status, error } = await example.run(
      "intelligent-bug-fix",
      { path: project.root },
      () => ({ text: [JSON.stringify(useless)] }),
    );

    expect({ status, error }).toMatchObject({
      status: "run.failed",
      error: { code: "tests-failing", message: expect.stringContaining("adds") },
    });
  });

  it("takes no change of a test for a fix", async () => {
    await using project = await makeProject({ ...TESTS, "src/sum.js": THROWS });
    const cheat = { summary: "Mended!", changes: [{ path: "test/sum.test.js", content: "" }] };

    const { status, error } = await example.run(
      "intelligent-bug-fix",
      { path: project.root },
      () => ({ text: [JSON.stringify(cheat)] }),
    );

    expect({ status, error }).toMatchObject({
      status: "run.failed",
      error: { code: "invalid-input", message: expect.stringContaining("is a test") },
    });
  });
});
