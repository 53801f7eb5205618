import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openModelFixer } from "../../../agents/fixers/model/model-fixer.ts";
import { systemClock } from "../../../core/clock.ts";
import type { Fixer } from "../../../core/fixer.ts";
import { openModelsOf } from "../../../models/environment.ts";
import { type Files, makeProject, runLoop } from "../../support/fix-loop.ts";
import { type ModelServer, openModelServer } from "../../support/model-server/model-server.ts";

const WRONG = "export const sum = (a, b) => a - b;\n";
const FILES: Files = {
  "package.json": '{ "type": "module", "scripts": { "test": "node --test" } }\n',
  "src/sum.js": WRONG,
  "test/sum.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { sum } from "../src/sum.js";
test("adds", () => assert.equal(sum(1, 2), 3));
`,
};
const block = (path: string, search: string, replace: string): string =>
  `It subtracts.\n\n${path}\n<<<<<<< SEARCH\n${search}=======\n${replace}>>>>>>> REPLACE\n`;
const RIGHT = block("src/sum.js", WRONG, WRONG.replace("-", "+"));

let server: ModelServer;
let fixer: Fixer;
beforeAll(async () => {
  server = await openModelServer();
  const parts = { clock: systemClock, random: () => 0, scrub: (text: string) => text };
  const service = await openModelsOf(server.env, parts);
  const logger = pino({ level: "silent" });
  fixer = openModelFixer({
    ...{ modelsFor: (signal) => service.forTask(signal, logger), logger, model: "claude" },
  });
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  server.requests.length = 0;
});

/** What a loop of two attempts comes to when the model gives these answers. */
async function answered(answers: readonly string[], files: Files = FILES, maxIterations = 2) {
  server.reply(...answers.map((text) => ({ text: [text] })));
  await using project = await makeProject(files);
  const outcome = await runLoop(project, [fixer], { maxIterations });
  return { ...outcome, changed: project.git("status", "--porcelain") };
}

const bodies = (): readonly string[] => server.requests.map(({ body }) => JSON.stringify(body));

describe("a model that is asked for a fix", { timeout: 90_000 }, () => {
  it("mends what its answer mends, and is shown what fails and the sources as data", async () => {
    const { status, fixes } = await answered([RIGHT]);
    expect({ status, fixes }).toMatchObject({
      status: "fixed",
      fixes: [
        { fixer: "model", attempts: 1, description: expect.stringMatching(/It subtracts\.$/) },
      ],
    });
    const [body = ""] = bodies();
    const nonce = /<file-([0-9a-f]{16})>/.exec(body)?.[1];
    expect(body).toContain(`<failures-${nonce}>`);
    expect(body).toContain("a - b");
  });

  it("is told why a wrong one did not hold", async () => {
    const wrong = block("src/sum.js", WRONG, WRONG.replace("-", "*"));
    const { status, fixes } = await answered([wrong, RIGHT]);
    expect({ status, fixes }).toMatchObject({ status: "fixed", fixes: [{ attempts: 2 }] });
    expect(bodies()[1]).toContain("still failing: test/sum.test.js > adds");
  });

  it("is asked once more for an answer that cannot be used, and not a third time", async () => {
    const { status } = await answered(["I would use a plus."], FILES, 1);
    expect(status).toBe("escalated");
    expect(server.requests).toHaveLength(2);
    expect(bodies()[1]).toContain("it holds no change");
  });

  it.each([
    ["leads out of the project", block("../outside.js", "", "1\n"), /is no path of the project/],
    ["names the repository", block(".git/hooks/pre-commit", "", "1\n"), /no path of the project/],
    [
      "edits the test",
      block("test/sum.test.js", 'test("adds", () => assert.equal(sum(1, 2), 3));\n', "\n"),
      /belongs to the tests/,
    ],
  ])("gets nowhere with a change that %s", async (_, answer, why) => {
    const { status, escalations, changed } = await answered([answer], FILES, 1);
    expect({ status, changed }).toEqual({ status: "escalated", changed: "" });
    expect(escalations[0]?.tried[0]?.why).toMatch(why);
  });

  it("is not shown what a link leads to, and cannot write through it", async () => {
    server.reply({ text: [block("src/link.js", "", "1\n")] });
    await using project = await makeProject({ ...FILES, "secret.txt": "the secret words\n" });
    await symlink("../secret.txt", join(project.root, "src/link.js"));
    project.git("add", "--all");
    project.git("commit", "--quiet", "--message=link");
    const imports = `import "./link.js";\n${WRONG}`;
    const requests = fixer.candidates(
      {
        ...{ workspace: project.root, suspects: ["src/link.js", "src/sum.js"], attempt: 1 },
        ...{ earlier: [], failures: [{ id: "adds", message: imports, frames: [] }] },
      },
      new AbortController().signal,
    );
    for await (const { edits } of requests) expect(edits).toEqual({ "src/link.js": "1\n" });
    expect(bodies().join()).not.toContain("the secret words");
    const { status, escalations } = await runLoop(project, [fixer], { maxIterations: 1 });
    expect(status).toBe("escalated");
    expect(escalations[0]?.tried[0]?.why).toMatch(/is a symbolic link/);
  });
});
