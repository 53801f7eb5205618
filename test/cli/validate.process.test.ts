import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../core/limits.ts";
import { NOTHING_ALLOWED } from "../../core/skill-allowance.ts";
import { openInstalled } from "../../interfaces/cli/installed.ts";
import { checkCascades } from "../../interfaces/cli/validate/check-cascades.ts";
import { endOfCommand, STARTS_MS } from "../support/command.ts";
import { makePlace } from "../support/place.ts";

const VALID =
  "cascade: good\nstages:\n  - { stage: a, skill: discover-files, inputs: { path: . } }\n";
const INVALID =
  "cascade: bad\nstages:\n  - { stage: a, skil: discover-files }\n  - { stage: b }\n  - 5\n";
const WARNED = VALID.replace("good", "warned").replace(
  "stages:",
  "inputs: [{ name: spare, required: false }]\nstages:",
);

const installed = await openInstalled({ directory: await directoryWith({}), env: {} });

/** A directory, with a space in its name, that holds these files. */
async function directoryWith(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "cascade validate "));
  await mkdir(join(directory, "sub"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return directory;
}

describe("checking cascades", () => {
  it("takes the yaml files of a folder in their order, and nothing else in it", async () => {
    const directory = await directoryWith({
      "sub/b.yml": VALID,
      "sub/a.yaml": VALID,
      "sub/notes.txt": "no cascade",
    });
    await mkdir(join(directory, "sub/c.yaml"));
    const checked = await checkCascades(["sub"], { directory, installed });
    expect(checked).toEqual([
      {
        status: "valid",
        file: "sub/a.yaml",
        text: VALID,
        cascade: "good",
        stages: 1,
        problems: [],
      },
      { status: "valid", file: "sub/b.yml", text: VALID, cascade: "good", stages: 1, problems: [] },
    ]);
  });

  it("says of every word what is wrong, and checks the others all the same", async () => {
    const directory = await directoryWith({ "good.yaml": VALID });
    const words = ["none.yaml", "code-quality", "sub", "good.yaml", "code-quality-swarm"];
    const checked = await checkCascades(words, { directory, installed });
    expect(
      checked.map((each) => (each.status === "unreadable" ? each.error.code : each.status)),
    ).toEqual(["path-not-found", "unknown-cascade", "nothing-to-do", "valid", "valid"]);
  });

  it("takes a registered name before a file, and a folder before a name", async () => {
    const directory = await directoryWith({ "verify-findings": INVALID });
    const [named] = await checkCascades(["verify-findings"], { directory, installed });
    expect(named).toMatchObject({ status: "valid", cascade: "verify-findings" });
    const withFolder = await directoryWith({});
    await mkdir(join(withFolder, "verify-findings"));
    await writeFile(join(withFolder, "verify-findings/own.yaml"), VALID);
    expect(
      await checkCascades(["verify-findings"], { directory: withFolder, installed }),
    ).toMatchObject([{ status: "valid", file: "verify-findings/own.yaml" }]);
  });
});

describe("checking cascades that name a project's own skills", () => {
  const OWN = `description: Counts words.
run: [node, run.mjs]
outputs: [{ name: words, type: integer }]
`;
  const USES =
    'cascade: own\nstages:\n  - { stage: a, skill: own }\n  - { stage: b, transform: "${a.words + 1}" }\n';

  it.each([
    [NOTHING_ALLOWED, "invalid", ["not-allowed"]],
    [{ projectSkills: false, hostCommands: true }, "valid", []],
  ])("goes by what is allowed: %j", async (allowance, status, codes) => {
    await using place = await makePlace({ ".cascade/skills/own/skill.yaml": OWN, "c.yaml": USES });
    const directory = place.root;
    const own = await openInstalled({ directory, env: {}, allowance });
    const [checked] = await checkCascades(["c.yaml"], { directory, installed: own });
    expect(checked).toMatchObject({ status, problems: codes.map((code) => ({ code })) });
  });
});

describe("cascade-swarm validate", { timeout: STARTS_MS }, () => {
  it("shows every problem of every file on standard error and a line a file on standard output", async () => {
    const directory = await directoryWith({ "c.yaml": INVALID, "d.yaml": WARNED });
    expect(await endOfCommand(directory, ["validate", "c.yaml", "d.yaml"])).toEqual({
      code: 2,
      stdout: "invalid  c.yaml  2 errors\nok  warned  1 stage  1 warning\n",
      stderr: `c.yaml:3:17  error invalid-cascade  the key "skil" is not known here
  3 |   - { stage: a, skil: discover-files }
    |                 ^
  did you mean "skill"?
c.yaml:5:5  error invalid-cascade  stages[2] must be a mapping, but is 5
  5 |   - 5
    |     ^
d.yaml:2:10  warning unused-input  the input "spare" is not used by any stage
  2 | inputs: [{ name: spare, required: false }]
    |          ^
`,
    });
  });

  it("reads standard input and answers JSON of a documented shape", async () => {
    const directory = await directoryWith({});
    const args = ["validate", "--json", "-", "none.yaml", "verify-findings"];
    const { code, stdout, stderr } = await endOfCommand(directory, args, WARNED);
    const missing = join(directory, "none.yaml");
    expect({ code, stderr, answer: JSON.parse(stdout) }).toEqual({
      code: 2,
      stderr: "",
      answer: {
        schemaVersion: 1,
        valid: false,
        cascades: [
          {
            file: "<stdin>",
            status: "valid",
            cascade: "warned",
            stages: 1,
            problems: [
              {
                severity: "warning",
                code: "unused-input",
                message: 'the input "spare" is not used by any stage',
                line: 2,
                column: 10,
              },
            ],
          },
          {
            file: "none.yaml",
            status: "unreadable",
            problems: [
              { severity: "error", code: "path-not-found", message: `${missing} does not exist` },
            ],
          },
          {
            file: expect.stringMatching(/cascades\/verify-findings\.yaml$/),
            status: "valid",
            cascade: "verify-findings",
            stages: 1,
            problems: [],
          },
        ],
      },
    });
  });

  it.each([
    ["a file over the limit", "x".repeat(LIMITS.cascadeFileBytes + 1), 4],
    ["bytes that are no text", "\u0000", 2],
    ["nothing", "", 2],
    ["nesting that would exhaust a stack", "[".repeat(100_000), 2],
  ])("refuses %s on standard input", async (_, text, code) => {
    const end = await endOfCommand(await directoryWith({}), ["validate", "-"], text);
    expect(end).toMatchObject({ code, stdout: expect.stringMatching(/^(invalid|unreadable) {2}/) });
    expect(end.stderr).toMatch(/^(<stdin>:1:\d+ {2})?error [a-z-]+/);
  });

  it("takes what is allowed from the command line", async () => {
    await using place = await makePlace({
      "skills/own/skill.yaml": "description: Says nothing.\nrun: [node, run.mjs]\n",
      "c.yaml": "cascade: own\nstages:\n  - { stage: a, skill: own }\n",
    });
    const end = await endOfCommand(place.root, ["validate", "c.yaml", "--allow-project-skills"]);
    expect(end).toEqual({ code: 0, stdout: "ok  own  1 stage\n", stderr: "" });
  });

  it("reads standard input only once", async () => {
    const { code, stderr } = await endOfCommand(await directoryWith({}), ["validate", "-", "-"]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "error usage: - is given twice: standard input can be read once\n",
    });
  });
});
