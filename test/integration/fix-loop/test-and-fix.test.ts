import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { openSandboxes } from "../../../agents/sandbox/sandbox.ts";
import type { Fixer } from "../../../core/fixer.ts";
import type { JsonObject } from "../../../core/json.ts";
import { NOTHING_ALLOWED } from "../../../core/skill-allowance.ts";
import { type Files, makeProject, type Project, scriptedFixer } from "../../support/fix-loop.ts";
import { startInProcessSwarm } from "../../support/in-process-swarm.ts";
import { follow } from "../../support/swarm-process.ts";

const WRONG = "export const sum = (a, b) => a - b;\n";
const RIGHT = "export const sum = (a, b) => a + b;\n";
const SUM: Files = {
  "package.json": '{ "type": "module", "scripts": { "test": "node --test" } }\n',
  "src/sum.js": WRONG,
  "test/sum.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { sum } from "../src/sum.js";
test("adds", () => assert.equal(sum(1, 2), 3));
`,
};
const CASCADE = resolve(import.meta.dirname, "../../../cascades/test-and-fix.yaml");

/** Runs the shipped cascade in a swarm whose agent has these fixers. */
async function run(project: Project, fixers: readonly Fixer[], inputs: JsonObject = {}) {
  const logger = pino({ level: "silent" });
  const sandboxes = openSandboxes({ backend: "bubblewrap", env: process.env, logger });
  await using swarm = await startInProcessSwarm({
    allowance: NOTHING_ALLOWED,
    sandbox: { sandboxes, fixers },
  });
  const { runId } = await swarm.client.submit({
    cascade: "test-and-fix",
    definition: await readFile(CASCADE, "utf8"),
    inputs: { path: project.root, ...inputs },
    directory: swarm.directory,
  });
  const followed = follow(swarm.client, runId);
  await followed.ended;
  const last = followed.events.at(-1);
  if (last === undefined) throw new Error("the run has no events");
  const hasOutput = last.type === "run.succeeded";
  return {
    status: last.type,
    error: last.data["error"] as JsonObject | undefined,
    output: hasOutput ? ((await swarm.client.outputOf(last)) as JsonObject) : undefined,
  };
}

describe("the cascade test-and-fix", () => {
  it(
    "shows the failing test, what was tried and the fix as a patch, and leaves the checkout as it is",
    {
      timeout: 180_000,
    },
    async () => {
      await using project = await makeProject(SUM);
      const fixer = scriptedFixer([[{ "test/sum.test.js": "" }], [{ "src/sum.js": RIGHT }]]);
      const { status, output } = await run(project, [fixer], { apply: "branch" });
      expect({ status, output }).toMatchObject({
        status: "run.succeeded",
        output: {
          status: "fixed",
          before: { total: 1, failed: 1 },
          after: { total: 1, passed: 1, failed: 0 },
          fixes: [
            {
              tests: ["test/sum.test.js > adds"],
              attempts: 2,
              candidates: 2,
              cost_usd: null,
              evidence: { suite: { after: { failed: 0 } }, enforcement: { backend: "bubblewrap" } },
            },
          ],
          patch: expect.stringContaining(
            "-export const sum = (a, b) => a - b;\n+export const sum = (a, b) => a + b;",
          ),
          patch_file: expect.stringMatching(/fixes-functionality-audit\.patch$/),
        },
      });
      expect(await readFile(join(project.root, "src/sum.js"), "utf8")).toBe(WRONG);
      expect(project.git("show", `${output?.["branch"]}:src/sum.js`)).toBe(RIGHT);
    },
  );

  it(
    "fails when a test goes on failing, and its message names the test and the report",
    {
      timeout: 180_000,
    },
    async () => {
      await using project = await makeProject(SUM, { git: false });
      const { status, error } = await run(project, []);
      expect(status).toBe("run.failed");
      expect(error).toMatchObject({
        code: "tests-failing",
        message: expect.stringMatching(
          /^1 of 1 tests go on failing: test\/sum\.test\.js > adds; all that was found out: .*fix-report-functionality-audit\.json$/,
        ),
      });
    },
  );
});
