import { describe, expect, it } from "vitest";
import { NOTHING_ALLOWED } from "../../../core/skill-allowance.ts";
import {
  firstSentence,
  skillLines,
  skillsJson,
} from "../../../interfaces/cli/skills/list-skills.ts";
import { showJson, showLines } from "../../../interfaces/cli/skills/show-skill.ts";
import { findSkill } from "../../../interfaces/cli/skills/skills-command.ts";
import { compileCascade } from "../../../language/compile.ts";
import { shippedSkillsFolder } from "../../../language/skill-catalog.ts";
import { openSwarmCatalog } from "../../../language/swarm-catalog.ts";
import { makePlace } from "../../support/place.ts";

const FILES = {
  ".cascade/skills/count/skill.yaml": `description: |
  Counts the words
  of a text. Fast.
version: "1.2.0"
run: [python3, count.py]
inputs:
  - { name: text, type: string, description: What to count. }
  - { name: least, type: integer, default: 1 }
  - { name: note, type: string, required: false }
outputs:
  - { name: words, type: integer }
`,
  "skills/count/SKILL.md": "---\nname: count\ndescription: Another.\n---\nCount.\n",
  "skills/bad/SKILL.md": "---\nname: bad\n---\n",
  "skills/ask/SKILL.md": "---\nname: ask\ndescription: Asks red.\n---\nAsk.\n",
  "skills/lint-code/SKILL.md": "---\nname: lint-code\ndescription: Ours.\n---\nLint.\n",
};
const open = (directory: string, allowance = NOTHING_ALLOWED) =>
  openSwarmCatalog({ directory, allowance, env: {} });

describe("skills ls", () => {
  it("says of each skill what it is, where it is from and whether it is used", async () => {
    await using place = await makePlace(FILES);
    const lines = skillLines(await open(place.root));
    const own = lines.filter((line) => /^(name|ask|bad|count|lint-code) /.test(line));

    expect(own.map((line) => line.replace(/ {2,}/g, "  "))).toEqual([
      "name  kind  lane  from",
      "ask  prompt  light  skills  Asks red.",
      'bad  -  -  skills  the skill "bad" is broken: skills/bad/SKILL.md:2:1: description: Invalid input: expected string, received undefined',
      "count  argv  heavy  .cascade/skills  not allowed to run: Counts the words of a text.",
      "count  prompt  light  skills  not used, .cascade/skills goes first: Another.",
      expect.stringMatching(/^lint-code {2}code {2}heavy {2}shipped {2}Finds bugs/),
      "lint-code  prompt  light  skills  not used, shipped goes first: Ours.",
    ]);
  });

  it("tells programs the same", async () => {
    await using place = await makePlace(FILES);
    const { skills, ...rest } = skillsJson(await open(place.root)) as { skills: object[] };
    const own = skills.filter((skill) => (skill as { name: string }).name === "count");

    expect(rest).toEqual({
      schemaVersion: 1,
      folders: [".cascade/skills", "skills"],
      problems: [],
    });
    expect(own).toEqual([
      {
        name: "count",
        state: "refused",
        kind: "argv",
        lane: "heavy",
        from: ".cascade/skills",
        folder: place.path(".cascade/skills/count"),
        version: "1.2.0",
        description: "Counts the words\nof a text. Fast.",
        error: expect.objectContaining({ code: "not-allowed" }),
      },
      {
        name: "count",
        state: "shadowed",
        kind: "prompt",
        lane: "light",
        from: "skills",
        folder: place.path("skills/count"),
        version: "0.0.0",
        description: "Another.",
        shadowedBy: ".cascade/skills",
      },
    ]);
  });

  it.each([
    ["One. Two.", "One."],
    ["Reads v1.2 of\n  it", "Reads v1.2 of it"],
    ["x".repeat(101), `${"x".repeat(99)}…`],
  ])("shows of %j the first sentence", (description, shown) => {
    expect(firstSentence(description)).toBe(shown);
  });
});

describe("skills show", () => {
  it("says what the skill takes and gives, and how a stage uses it", async () => {
    await using place = await makePlace(FILES);
    const allowance = { projectSkills: false, hostCommands: true };

    expect(showLines(findSkill(await open(place.root, allowance), "count"))).toEqual([
      "count 1.2.0 (argv, heavy)",
      "  Counts the words",
      "  of a text. Fast.",
      "",
      `from .cascade/skills: ${place.path(".cascade/skills/count")}`,
      'run: ["python3","count.py"]',
      `not used: the one in skills (${place.path("skills/count")})`,
      "",
      "inputs:",
      "  text   string   required   What to count.",
      "  least  integer  default 1",
      "  note   string   optional",
      "",
      "outputs:",
      "  words  integer  required",
      "",
      "A stage that uses it:",
      "  - stage: count",
      "    skill: count",
      "    inputs:",
      '      text: "…"',
    ]);
  });

  it("shows a stage that compiles, for every shipped skill", async () => {
    const allowance = { projectSkills: false, hostCommands: true };
    const catalog = await open(`${shippedSkillsFolder}/..`, allowance);
    for (const name of catalog.names()) {
      const { example } = showJson(findSkill(catalog, name)) as { example: string };
      const stage = example.replace(/^/gm, "  ");
      const text = `cascade: c\nstages:\n${stage}\n`;
      expect(compileCascade({ text, file: "c.yaml" }, catalog)).toMatchObject({ ok: true });
    }
  });

  it("lets no file move the cursor", async () => {
    await using place = await makePlace({
      "skills/count/skill.yaml": FILES[".cascade/skills/count/skill.yaml"].replace(
        "What to count.",
        '"\\e[2Jgone"',
      ),
    });
    const shown = showLines(findSkill(await open(place.root), "count")).join("\n");

    expect(shown).toContain("\\x1b[2Jgone");
  });

  it("refuses an unknown name with the nearest one, and a broken skill with its error", async () => {
    await using place = await makePlace(FILES);
    const catalog = await open(place.root);

    expect(() => findSkill(catalog, "lint-cod")).toThrow(
      expect.objectContaining({ code: "unknown-skill", hint: 'did you mean "lint-code"?' }),
    );
    expect(() => findSkill(catalog, "bad")).toThrow(
      expect.objectContaining({
        code: "invalid-skill",
        location: expect.objectContaining({ line: 2, column: 1 }),
      }),
    );
  });
});
