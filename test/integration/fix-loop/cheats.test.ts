import { describe, expect, it } from "vitest";
import type { FixCandidate } from "../../../core/fixer.ts";
import { type Files, makeProject, runLoop, scriptedFixer } from "../../support/fix-loop.ts";

const WRONG = "export const sum = (a, b) => a - b;\nexport const half = (a) => a / 2;\n";
const RIGHT = "export const sum = (a, b) => a + b;\nexport const half = (a) => a / 2;\n";
const TEST = `import assert from "node:assert/strict";
import { test } from "node:test";
import { half, sum } from "../src/sum.js";
test("adds", () => assert.equal(sum(1, 2), 3));
test("halves", () => assert.equal(half(4), 2));
`;
const PROJECT: Files = {
  "package.json": '{ "type": "module", "scripts": { "test": "node --test" } }\n',
  "src/sum.js": WRONG,
  "test/sum.test.js": TEST,
};
const JUNIT =
  '<testsuites><testcase name="adds" classname="test" file="/w/test/sum.test.js"/><testcase name="halves" classname="test" file="/w/test/sum.test.js"/></testsuites>';
/** Names that the policy looks for, put together when they are needed. */
const hidden = (name: string): string => `globalThis["pro" + "cess"]["${name}"]`;

const CHEATS: Readonly<Record<string, readonly [FixCandidate["edits"], RegExp]>> = {
  "edits the test": [
    { "test/sum.test.js": TEST.replace("3)", "-1)") },
    /"test\/sum\.test\.js" belongs to the tests/,
  ],
  "deletes the test": [{ "test/sum.test.js": null }, /"test\/sum\.test\.js" belongs to the tests/],
  "adds a skip": [
    { "src/sum.js": `${WRONG}import { test } from "node:test";\ntest.skip("x", () => {});\n` },
    /"src\/sum\.js" (skips tests|brings in)/,
  ],
  "ends the program in a way that can be read": [
    { "src/sum.js": `${WRONG}process.exit(0);\n` },
    /"src\/sum\.js" ends the program/,
  ],
  "ends the program in a way that cannot be read": [
    { "src/sum.js": `${WRONG}${hidden("rea" + 'llyEx" + "it')}(0);\n` },
    /still failing: .*adds is missing from the report|unreadable|exit/,
  ],
  "writes a report and kills the runner": [
    {
      "src/sum.js": `${WRONG}import { writeFileSync } from "node:fs";
writeFileSync(["", "tmp", "re" + "port", "tests"].join("/"), ${JSON.stringify(JUNIT)});
const it = globalThis["pro" + "cess"];
it["ki" + "ll"](it["pp" + "id"], 9);
`,
    },
    /ended by SIGKILL|ended with 137|still failing/,
  ],
  "leads out of the project": [{ "../outside.js": "1\n" }, /refused: .* is no path of the project/],
  "writes into the repository": [
    { ".git/hooks/post-checkout": "1\n" },
    /refused: .* is no path of the project/,
  ],
  "changes nothing": [{ "src/sum.js": WRONG }, /the patch is empty/],
  "breaks another test": [
    { "src/sum.js": RIGHT.replace("a / 2", "a / 3") },
    /broke other tests: test\/sum\.test\.js > halves passed before and is failed now/,
  ],
};

describe("a candidate is refused, and the next one told why, when it", () => {
  it.each(Object.entries(CHEATS))("%s", { timeout: 90_000 }, async (_, [edits, why]) => {
    await using project = await makeProject(PROJECT);
    const fixer = scriptedFixer([[edits], [{ "src/sum.js": RIGHT }]]);
    const outcome = await runLoop(project, [fixer]);
    expect(outcome).toMatchObject({ status: "fixed", fixes: [{ attempts: 2 }] });
    expect(fixer.requests[1]?.earlier.map((each) => each.why)).toEqual([
      expect.stringMatching(why),
    ]);
    expect(project.git("status", "--porcelain")).toBe("");
  });
});
