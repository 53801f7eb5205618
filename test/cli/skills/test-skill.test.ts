import { describe, expect, it } from "vitest";
import type { SkillAllowance } from "../../../core/skill-allowance.ts";
import { writeNewSkill } from "../../../interfaces/cli/skills/new-skill.ts";
import { findSkill } from "../../../interfaces/cli/skills/skills-command.ts";
import { hasPassed, testLines, testSkill } from "../../../interfaces/cli/skills/test-skill.ts";
import { differences } from "../../../language/skill-cases.ts";
import { openSwarmCatalog } from "../../../language/swarm-catalog.ts";
import { makePlace } from "../../support/place.ts";

const ALL: SkillAllowance = { projectSkills: true, hostCommands: true };
const NONE: SkillAllowance = { projectSkills: false, hostCommands: false };

const openCatalog = (directory: string, allowance = ALL) =>
  openSwarmCatalog({ directory, allowance, env: {} });

async function testIn(directory: string, name: string, allowance = ALL) {
  const catalog = await openCatalog(directory, allowance);
  const { env } = process;
  return testSkill(findSkill(catalog, name), { directory, allowance, env });
}

const shown = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/\(\d+ ms\)/, "(… ms)"));

describe("skills new", () => {
  it.each([
    "code",
    "argv",
  ] as const)("writes a skill of kind %s that passes its case", async (kind) => {
    await using place = await makePlace({});
    const { root: directory } = place;
    const said = await writeNewSkill(
      { name: "my-skill", kind, directory, program: "cascade-swarm" },
      await openCatalog(directory),
    );

    expect(said).toContain("wrote .cascade/skills/my-skill/tests/words.yaml");
    expect(said.at(-1)).toBe("  cascade-swarm skills show my-skill");
    const test = await testIn(directory, "my-skill");
    expect([hasPassed(test), ...shown(testLines(test))]).toEqual([
      true,
      "passed  tests/words.yaml  (… ms)",
      "",
      "my-skill: 1 passed, 0 failed",
    ]);
  });

  it("writes a prompt that is a skill of the public format", async () => {
    await using place = await makePlace({});
    const { root: directory } = place;
    await writeNewSkill(
      { name: "sum-up", kind: "prompt", directory, program: "cascade-swarm" },
      await openCatalog(directory),
    );

    expect((await openCatalog(directory)).find("sum-up")).toMatchObject({
      name: "sum-up",
      prompt: expect.stringMatching(/^Sum the text up/),
    });
  });

  it.each([
    ["there", "is there already, and is not overwritten"],
    ["Not_A_Name", "cannot name a skill"],
    ["../up", "cannot name a skill"],
  ])("refuses %j and writes nothing", async (name, message) => {
    await using place = await makePlace({ ".cascade/skills/there/notes.txt": "mine" });
    const { root: directory } = place;
    const catalog = await openCatalog(directory);

    const asked = { name, kind: "code", directory, program: "cascade-swarm" } as const;
    await expect(writeNewSkill(asked, catalog)).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining(message),
    });
    expect((await openCatalog(directory)).entries).toEqual(catalog.entries);
  });
});

const SKILL = `description: Answers what it is asked.
entry: run.mjs
inputs:
  - { name: answer, type: any }
  - { name: at, type: path, default: here.txt }
outputs:
  - { name: answer, type: any }
  - { name: at, type: any, required: false }
`;
const MODULE = `export const run = async ({ answer, at }, { logger }) => {
  if (answer === "fail") { logger.info("about to fail"); throw new Error("asked to"); }
  if (answer === "exit") process.exit(3);
  return answer === "where" ? { answer, at } : { answer };
};
`;
const filesOf = (cases: Readonly<Record<string, string>>) => ({
  "skills/echo/skill.yaml": SKILL,
  "skills/echo/run.mjs": MODULE,
  ...Object.fromEntries(
    Object.entries(cases).map(([name, text]) => [`skills/echo/tests/${name}.yaml`, text]),
  ),
});

describe("skills test", () => {
  it("says of each case whether it passed, and where the output differs", async () => {
    await using place = await makePlace(
      filesOf({
        a: "inputs: { answer: 1 }\noutputs: { answer: 1 }\n",
        b: "inputs: { answer: { x: [1, 2], y: 3 } }\noutputs: { answer: { x: [1, 4], z: 3 } }\n",
        c: "inputs: { answer: fail }\noutputs: { answer: fail }\n",
      }),
    );
    const test = await testIn(place.root, "echo");

    expect([hasPassed(test), ...shown(testLines(test))]).toEqual([
      false,
      "passed  tests/a.yaml  (… ms)",
      "failed  tests/b.yaml  (… ms)",
      "          /answer/x/1: expected 4, but is 2",
      "          /answer/z: expected 3, but is nothing",
      "          /answer/y: expected nothing, but is 3",
      "failed  tests/c.yaml  (… ms)",
      "          skill-failed: asked to",
      "",
      "its last words:",
      "  about to fail",
      "",
      "echo: 1 passed, 2 failed",
    ]);
  });

  it("resolves paths against the folder of the cases", async () => {
    await using place = await makePlace(
      filesOf({ a: "inputs: { answer: where }\noutputs: { answer: where }\n" }),
    );
    const { cases } = await testIn(place.root, "echo");

    expect(cases[0]?.differences).toEqual([
      { pointer: "/at", expected: undefined, actual: place.path("skills/echo/tests/here.txt") },
    ]);
  });

  it("tells a skill that ends its process from one that passed", async () => {
    await using place = await makePlace(
      filesOf({ a: "inputs: { answer: exit }\noutputs: { answer: exit }\n" }),
    );
    const { cases } = await testIn(place.root, "echo");

    expect(cases).toEqual([
      {
        name: "tests/a.yaml",
        status: "failed",
        durationMs: 0,
        differences: [],
        error: {
          code: "skill-crashed",
          message: "the process that ran the skill died",
          disposition: "retry",
        },
      },
    ]);
  });

  it.each([
    ["code that is not allowed", NONE, { a: "outputs: {}" }, { code: "not-allowed" }],
    ["a skill without cases", ALL, {}, { code: "nothing-to-do" }],
    [
      "a case with an unknown key",
      ALL,
      { a: "inputs: { answer: 1 }\noutput: {}\n" },
      { code: "invalid-skill", location: { line: 1, column: 1 } },
    ],
    [
      "a case with an unknown input",
      ALL,
      { a: "inputs: { answer: 1, anwser: 2 }\noutputs: {}\n" },
      { code: "unknown-input", location: { line: 1, column: 30 }, hint: 'did you mean "answer"?' },
    ],
    [
      "a case without a required input",
      ALL,
      { a: "outputs: {}\n" },
      { code: "missing-input", location: { line: 1, column: 1 } },
    ],
  ])("refuses %s", async (_, allowance, cases, error) => {
    await using place = await makePlace(filesOf(cases));

    await expect(testIn(place.root, "echo", allowance)).rejects.toMatchObject(error);
  });
});

describe("differences", () => {
  it.each([
    [1, 1, []],
    [{ a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
    [1, "1", [{ pointer: "", expected: 1, actual: "1" }]],
    [[1], [1, 2], [{ pointer: "/1", expected: undefined, actual: 2 }]],
    [{ a: [] }, { a: {} }, [{ pointer: "/a", expected: [], actual: {} }]],
    [{ a: null }, {}, [{ pointer: "/a", expected: null, actual: undefined }]],
  ])("between %j and %j", (expected, actual, found) => {
    expect(differences(expected, actual)).toEqual(found);
  });
});
