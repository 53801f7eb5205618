import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ExampleSwarm,
  type RecordedAnswer,
  startExampleSwarm,
} from "../../support/example-swarm.ts";
import { type Files, makeProject } from "../../support/fix-loop.ts";

let example: ExampleSwarm;
beforeAll(async () => {
  example = await startExampleSwarm();
}, 120_000);
afterAll(() => example[Symbol.asyncDispose]());

const PNG = Buffer.from("\x89PNG\r\n\x1a\nrest", "latin1").toString("base64");
/** Two of them are given at the same time. */
const inOrder = (answers: readonly RecordedAnswer[]): readonly RecordedAnswer[] =>
  answers.toSorted((a, b) => (String(a.served) < String(b.served) ? -1 : 1));
const PACKAGE = '{ "type": "module", "scripts": { "test": "node --test" } }\n';

describe("complete-dev-workflow", { timeout: 240_000 }, () => {
  const PROJECT: Files = {
    "package.json": PACKAGE,
    "src/sum.js": "export const sum = (a, b) => a + b;\n",
    "test/sum.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { sum } from "../src/sum.js";
test("adds", () => assert.equal(sum(1, 2), 3));
`,
  };
  const PROTOTYPE = {
    summary: "Adds `mean`. Thanks to @everyone; fixes #1.",
    architecture: "mean uses sum",
    changes: [
      {
        path: "src/mean.js",
        content: 'import { sum } from "./sum.js";\nexport const mean = (a, b) => sum(a, b) / 2;\n',
      },
      {
        path: "test/mean.test.js",
        content: `import assert from "node:assert/strict";
import { test } from "node:test";
import { mean } from "../src/mean.js";
test("means", () => assert.equal(mean(1, 3), 2));
`,
      },
    ],
  };

  it("researches, writes, tests, draws, polishes, and writes the pull request", async () => {
    await using project = await makeProject(PROJECT);
    project.git("remote", "add", "origin", "git@github.com:someone/sums.git");

    const { runId, status, error, output, answers } = await example.run(
      "complete-dev-workflow",
      { path: project.root, task: "A function for the mean of two numbers.", labels: ["feature"] },
      ({ text }) => {
        if (text.includes("Research the latest"))
          return {
            text: ["Keep it small."],
            sources: [{ url: "https://example.org/", title: "E" }],
          };
        if (text.includes("Draw one architecture diagram")) {
          expect(text).toContain("mean uses sum");
          return { images: [PNG] };
        }
        expect(text).toContain("Keep it small.");
        expect(text).toContain("export const sum");
        return {
          text: [JSON.stringify(PROTOTYPE)],
          usage: { input: 2_000, cacheRead: 0, output: 300, reasoning: 0 },
        };
      },
    );

    expect({ status, error }).toEqual({ status: "run.succeeded", error: undefined });
    expect(answers).toEqual([
      {
        stage: "gemini-search",
        served: "gemini-3.8-flash",
        reasons: ["gemini-search was named"],
        costUsd: null,
      },
      {
        stage: "codex-auto",
        served: "gpt-6.2-sol",
        reasons: ["codex-auto was named"],
        costUsd: expect.any(Number),
      },
      {
        stage: "gemini-media",
        served: "gemini-3.1-flash-image",
        reasons: ["gemini-media was named"],
        costUsd: null,
      },
    ]);
    expect(output).toMatchObject({
      tests: { total: 2, passed: 2, failed: 0 },
      style: "not-configured",
      patch: expect.stringContaining("new file mode 100644"),
      costs_usd: { research: null, draft: expect.any(Number), diagram: null },
    });
    expect(project.git("status", "--porcelain")).toBe("");
    const file = JSON.parse(await readFile(String(output?.["pull_request"]), "utf8"));
    expect(file).toMatchObject({
      dry_run: true,
      requests: [
        {
          method: "POST",
          path: "/repos/someone/sums/pulls",
          body: {
            title: "complete-dev-workflow: 2 files",
            head: `cascade/complete-dev-workflow-${runId.slice(-8)}`,
            base: "main",
            draft: false,
          },
        },
        { path: "/repos/someone/sums/issues/{number}/labels", body: { labels: ["feature"] } },
      ],
    });
    const { body } = file.requests[0].body as { body: string };
    expect(body).toContain("`mean`. Thanks to @\u200beveryone; fixes #\u200b1.");
    expect(body).toContain("| `test/mean.test.js` | 4 | 0 |".replaceAll("`", ""));
  });
});

describe("modernize-legacy-code", { timeout: 240_000 }, () => {
  const PROJECT: Files = {
    "package.json": PACKAGE,
    "src/card.js": "export function verifyCard(number) {\n  return true;\n}\n",
    "test/card.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyCard } from "../src/card.js";
test("takes a card", () => assert.equal(verifyCard("42"), true));
`,
  };
  const COMPLETED = {
    summary: "A card needs digits.",
    changes: [
      { path: "src/card.js", find: "return true;", replace: "return /^\\d+$/.test(number);" },
    ],
  };

  it("has what only pretends completed and drawn at the same time, and compares before and after", async () => {
    await using project = await makeProject(PROJECT);

    const { status, error, output, answers } = await example.run(
      "modernize-legacy-code",
      { path: project.root },
      ({ text }) => {
        if (text.includes("Analyze this entire codebase")) return { text: ["It takes cards."] };
        if (text.includes("Draw one architecture diagram")) return { images: [PNG] };
        expect(text).toContain("theater/check-that-always-passes");
        return { text: [JSON.stringify(COMPLETED)] };
      },
    );

    expect({ status, error }).toEqual({ status: "run.succeeded", error: undefined });
    expect(inOrder(answers)).toEqual([
      {
        stage: "swarm-parallel",
        served: "gemini-3.1-flash-image",
        reasons: ["gemini-media was named"],
        costUsd: null,
      },
      {
        stage: "gemini-megacontext",
        served: "gemini-4-argon",
        reasons: ["gemini-megacontext was named"],
        costUsd: null,
      },
      {
        stage: "swarm-parallel",
        served: "gpt-6.2-sol",
        reasons: ["codex-auto was named"],
        costUsd: null,
      },
    ]);
    expect(output).toMatchObject({
      tests: { total: 1, passed: 1 },
      patch: expect.stringContaining("+  return /^\\d+$/.test(number);"),
      diagram: expect.stringMatching(/architecture\.png$/),
    });
    const file = JSON.parse(await readFile(String(output?.["pull_request"]), "utf8"));
    expect(file.missing).toContain("the repository: no remote origin on github.com");
    expect(file.requests[0].body.body).toContain("## Before and after");
  });
});
