import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openMutationRepairer } from "../../../agents/fixers/mutation/mutation-repairer.ts";
import { openSandboxes } from "../../../agents/sandbox/sandbox.ts";
import type { Fixer } from "../../../core/fixer.ts";
import type { JsonObject } from "../../../core/json.ts";
import { type Files, makeProject, type Project } from "../../support/fix-loop.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../../support/in-process-swarm.ts";
import { follow } from "../../support/swarm-process.ts";

const WRONG = "export const sum = (a, b) => a - b;\n";
const RIGHT = "export const sum = (a, b) => a + b;\n";
const SUM: Files = {
  "package.json": '{ "type": "module", "scripts": { "test": "node --test" } }\n',
  "src/sum.js": WRONG,
  "check.js":
    'import { sum } from "./src/sum.js";\nif (sum(2, 2) !== 4) throw new Error("sums are wrong");\nconsole.log("sums are right");\n',
  "test/sum.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { sum } from "../src/sum.js";
test("adds", () => assert.equal(sum(1, 2), 3));
`,
};

let swarm: InProcessSwarm;
/** Who is asked for fixes by the next run. */
let fixer: Fixer = openMutationRepairer();
beforeAll(async () => {
  const logger = pino({ level: "silent" });
  swarm = await startInProcessSwarm({
    allowance: { projectSkills: false, hostCommands: true },
    sandbox: {
      sandboxes: openSandboxes({ backend: "bubblewrap", env: process.env, logger }),
      fixers: [
        { name: "chosen", candidates: (request, signal) => fixer.candidates(request, signal) },
      ],
    },
  });
}, 60_000);
afterAll(() => swarm[Symbol.asyncDispose]());

/** A stage that runs the project's own check, in the directory of the job. */
async function run(project: Project, handling: string) {
  const definition = `cascade: checked
inputs: [{ name: path, type: path, default: . }]
stages:
  - stage: check
    run: [node, check.js]
    error_handling: ${handling}
outputs: { said: "\${check.stdout}" }
`;
  const { runId } = await swarm.client.submit({
    ...{ cascade: "checked", definition, inputs: {}, directory: project.root },
  });
  const followed = follow(swarm.client, runId);
  await followed.ended;
  const ends = followed.events.flatMap(({ type, data }) => {
    if (!/^stage\.(succeeded|failed|skipped)$/.test(type)) return [];
    const { code } = (data["error"] ?? {}) as JsonObject;
    return [[data["stage"], type, ...(code === undefined ? [] : [code])].join(" ")];
  });
  const last = followed.events.at(-1);
  return { ends, type: last?.type, data: last?.data as JsonObject | undefined };
}

const sourceOf = (project: Project) => readFile(join(project.root, "src/sum.js"), "utf8");

describe("fixes as an error strategy", { timeout: 180_000 }, () => {
  it("makes a stage green whose check failed, with a fix that the tests confirm", async () => {
    fixer = openMutationRepairer();
    await using project = await makeProject(SUM);
    const { ends, type, data } = await run(
      project,
      "{ strategy: codex-auto-fix, max_retries: 0, fallback: discover-files }",
    );
    expect({ ends, type, data }).toEqual({
      ends: [
        "check stage.failed no-attempts-left",
        "check--fix stage.succeeded",
        "check--fixed stage.succeeded",
        "check--fallback stage.skipped",
        "outputs stage.succeeded",
      ],
      type: "run.succeeded",
      data: { output: { value: { said: "sums are right\n" } } },
    });
    expect(await sourceOf(project)).toBe(RIGHT);
  });

  it("goes on with the next strategy when no fix holds, and leaves the files as they are", async () => {
    fixer = { name: "none", async *candidates() {} };
    await using project = await makeProject(SUM);
    const { ends } = await run(
      project,
      "{ strategy: codex_auto_fix, max_retries: 0, fallback: discover-files }",
    );
    expect(ends.slice(0, 4)).toEqual([
      "check stage.failed no-attempts-left",
      "check--fix stage.failed tests-failing",
      "check--fixed stage.skipped",
      expect.stringMatching(/^check--fallback stage\./),
    ]);
    expect(await sourceOf(project)).toBe(WRONG);
  });

  it("does nothing for what the tests do not show, and the run fails", async () => {
    fixer = openMutationRepairer();
    const broken = 'throw new Error("no server answers");\n';
    await using project = await makeProject({ ...SUM, "src/sum.js": RIGHT, "check.js": broken });
    const { ends, type, data } = await run(project, "{ strategy: codex-auto-fix, max_retries: 0 }");
    expect(ends).toEqual([
      "check stage.failed no-attempts-left",
      "check--fix stage.failed nothing-to-do",
    ]);
    expect({ type, data }).toMatchObject({
      type: "run.failed",
      data: { error: { message: "all 1 tests pass, so there is nothing to fix" } },
    });
  });
});

describe("the state of the sandbox", { timeout: 180_000 }, () => {
  it("can be asked for in expressions", async () => {
    await using project = await makeProject({ ...SUM, "src/sum.js": RIGHT });
    const definition = `cascade: asked
stages:
  - stage: audit
    type: codex-sandbox
    fix_strategy: { sandbox_isolated: true, network_disabled: false }
  - stage: closed
    when: '\${audit.codex_sandbox_state.isolated && audit.codex_sandbox_state.network == "disabled"}'
    transform: "\${audit.codex_sandbox_state.enforcement.backend}"
outputs: { backend: "\${closed}", notes: "\${audit.notes}" }
`;
    const { runId } = await swarm.client.submit({
      ...{ cascade: "asked", definition, inputs: {}, directory: project.root },
    });
    const followed = follow(swarm.client, runId);
    await followed.ended;
    expect(followed.events.at(-1)?.data).toEqual({
      output: {
        value: {
          backend: "bubblewrap",
          notes: ["network_disabled: false changes nothing: the sandbox has no network"],
        },
      },
    });
  });
});
