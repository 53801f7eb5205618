import { describe, expect, it } from "vitest";
import { parseSkill } from "../../language/skill-manifest.ts";

const FOLDER = "/skills/count-words";

const FULL = `---
name: count-words
description: Counts words.
license: Apache-2.0
metadata:
  author: somebody
  version: "2.1.0"
  lane: heavy
  entry: run.ts
  inputs: |
    - name: path
      type: path
    - name: least
      type: integer
      default: 3
      description: Shortest word that counts.
    - name: note
      type: string
      required: false
  outputs: |
    - name: words
      type: integer
---

Counts words.
`;

const MANIFEST = {
  name: "count-words",
  description: "Counts words.",
  version: "2.1.0",
  lane: "heavy",
  entry: "run.ts",
  inputs: [
    { name: "path", type: "path", required: true },
    {
      name: "least",
      type: "integer",
      required: false,
      default: 3,
      description: "Shortest word that counts.",
    },
    { name: "note", type: "string", required: false },
  ],
  outputs: [{ name: "words", type: "integer", required: true }],
  folder: FOLDER,
};

describe("parseSkill", () => {
  it("reads our declarations under `metadata:`", () => {
    expect(parseSkill({ skillFile: FULL }, FOLDER)).toEqual(MANIFEST);
  });

  it("reads lists that stand as YAML instead of in a text", () => {
    expect(parseSkill({ skillFile: FULL.replaceAll("puts: |", "puts:") }, FOLDER)).toEqual(
      MANIFEST,
    );
  });

  it("reads files with Windows line ends and a byte order mark", () => {
    expect(parseSkill({ skillFile: `\uFEFF${FULL.replaceAll("\n", "\r\n")}` }, FOLDER)).toEqual(
      MANIFEST,
    );
  });

  it("reads a skill of the public format that has nothing of ours", () => {
    const text =
      "---\nname: count-words\ndescription: Counts words.\nallowed-tools: Read\n---\nCount.\n";

    expect(parseSkill({ skillFile: text }, FOLDER)).toEqual({
      name: "count-words",
      description: "Counts words.",
      version: "0.0.0",
      lane: "light",
      inputs: [],
      outputs: [],
      prompt: "Count.",
      folder: FOLDER,
    });
  });

  it.each([
    ["no frontmatter", "# Title\n", 1, 1, "does not begin with YAML frontmatter"],
    ["text before it", `/* banner */\n${FULL}`, 1, 1, "does not begin with YAML frontmatter"],
    ["broken YAML", FULL.replace("lane: heavy", "lane: [heavy"), 9, 3, "not valid YAML"],
    ["a key twice", FULL.replace("license:", "name:"), 4, 1, "not valid YAML"],
    ["no description", FULL.replace("description: Counts words.", "x: y"), 2, 1, "description"],
    ["another name", FULL.replace("name: count-words", "name: count-lines"), 2, 7, "count-lines"],
    ["a bad name", FULL.replace("name: count-words", "name: Count_Words"), 2, 7, "lower-case"],
    ["a number as version", FULL.replace('"2.1.0"', "2.1"), 7, 12, "write it in quotes"],
    ["an unknown lane", FULL.replace("lane: heavy", "lane: fast"), 8, 9, "metadata.lane"],
    ["an entry elsewhere", FULL.replace("run.ts", "../run.ts"), 9, 10, "inside the skill's folder"],
    ["an unknown type", FULL.replace("type: path", "type: file"), 12, 13, "0.type"],
    ["an unknown key", FULL.replace("default: 3", "defualt: 3"), 15, 16, "defualt"],
    [
      "a default of another type",
      FULL.replace("default: 3", "default: many"),
      15,
      16,
      "does not fit",
    ],
    ["a name twice", FULL.replace("name: note", "name: path"), 17, 13, "stands twice"],
    ["a reserved name", FULL.replace("name: note", "name: constructor"), 17, 13, "reserved"],
    [
      "an unknown type in a plain list",
      FULL.replaceAll("puts: |", "puts:").replace("type: path", "type: file"),
      12,
      13,
      "metadata.inputs.0.type",
    ],
    [
      "inputs that are no list",
      FULL.replace("inputs: |", "inputs: 7\n  other: |"),
      10,
      11,
      "inputs",
    ],
  ])("places the error of %s", (_, text, line, column, message) => {
    expect(() => parseSkill({ skillFile: text }, FOLDER)).toThrow(
      expect.objectContaining({
        code: "invalid-skill",
        message: expect.stringContaining(message),
        location: { file: `${FOLDER}/SKILL.md`, line, column },
      }),
    );
  });

  const HEAD = "---\nname: count-words\ndescription: Counts words.\n";

  it("reads the other fields of the format, and those of the client whose folder it shares", () => {
    const text = `${HEAD}compatibility: Needs git.\nallowed-tools: [Read, "Bash(git:*)"]\nmodel: small\nmetadata:\n  author: somebody\n---\n`;

    expect(parseSkill({ skillFile: text }, FOLDER)).toMatchObject({
      name: "count-words",
      version: "0.0.0",
    });
  });

  it.each([
    ["a field that the format lacks", `${HEAD}tags: [a]\n---\n`, 4, 7, "tags: is not a known key"],
    [
      "a description that is too long",
      `${HEAD.replace("Counts words.", "ä".repeat(1_025))}---\n`,
      3,
      14,
      "description: must have 1024 characters at most",
    ],
    [
      "an empty compatibility",
      `${HEAD}compatibility: ""\n---\n`,
      4,
      16,
      "compatibility: must not be empty",
    ],
    [
      "a compatibility that is too long",
      `${HEAD}compatibility: ${"x".repeat(501)}\n---\n`,
      4,
      16,
      "compatibility: must have 500 characters at most",
    ],
    ["tools that are no texts", `${HEAD}allowed-tools: 7\n---\n`, 4, 16, "allowed-tools"],
    [
      "metadata that is no text",
      `${HEAD}metadata:\n  tags: [a]\n---\n`,
      5,
      9,
      "metadata.tags: must be a text",
    ],
    [
      "a name with two hyphens",
      `${HEAD.replace("count-words", "count--words")}---\n`,
      2,
      7,
      "name: must be lower-case letters and digits, joined by hyphens",
    ],
    ["deep nesting", `${HEAD}license: ${"[".repeat(1_000)}\n---\n`, 4, 73, "yamlDepth"],
  ])("says where a skill breaks the public format: %s", (_, text, line, column, message) => {
    expect(() => parseSkill({ skillFile: text }, FOLDER)).toThrow(
      expect.objectContaining({
        code: "invalid-skill",
        message: expect.stringContaining(message),
        location: { file: `${FOLDER}/SKILL.md`, line, column },
      }),
    );
  });
});

describe("skill.yaml", () => {
  const PROGRAM = `description: Counts words.
run: [python3, count.py, --json]
inputs:
  - { name: text, type: string }
outputs:
  - { name: words, type: integer }
`;
  const SKILL = "---\nname: count-words\ndescription: Counts words.\n---\nCount.\n";

  const program = {
    name: "count-words",
    description: "Counts words.",
    version: "0.0.0",
    lane: "heavy",
    inputs: [{ name: "text", type: "string", required: true }],
    outputs: [{ name: "words", type: "integer", required: true }],
    argv: ["python3", "count.py", "--json"],
    folder: FOLDER,
  };

  it("alone makes a folder a skill", () => {
    expect(parseSkill({ declarationFile: PROGRAM }, FOLDER)).toEqual(program);
  });

  it("stands beside a SKILL.md, which says what the skill is", () => {
    const declarationFile = PROGRAM.replace("description: Counts words.\n", 'version: "2.0.0"\n');

    expect(parseSkill({ declarationFile, skillFile: SKILL }, FOLDER)).toEqual({
      ...program,
      version: "2.0.0",
    });
  });

  it.each([
    [
      "a line for a shell",
      PROGRAM.replace("[python3, count.py, --json]", "python3 count.py"),
      2,
      6,
      "must be a list of texts",
    ],
    [
      "no argument",
      PROGRAM.replace("[python3, count.py, --json]", "[]"),
      2,
      6,
      "must be a list of texts",
    ],
    ["a number as argument", PROGRAM.replace("--json", "7"), 2, 26, "run.2: must be a text"],
    ["a module besides", `${PROGRAM}entry: run.ts\n`, 2, 6, "not both"],
    ["an unknown key", `${PROGRAM}shell: true\n`, 7, 8, "shell: is not a known key"],
    ["another name", `name: other\n${PROGRAM}`, 1, 7, "called `other`"],
    ["no description", PROGRAM.replace("description", "version"), 1, 1, "no description"],
    ["nothing to run", "description: Counts.\n", 1, 1, "nothing says what the skill does"],
  ])("says where it is wrong: %s", (_, declarationFile, line, column, message) => {
    expect(() => parseSkill({ declarationFile }, FOLDER)).toThrow(
      expect.objectContaining({
        code: "invalid-skill",
        message: expect.stringContaining(message),
        location: { file: `${FOLDER}/skill.yaml`, line, column },
      }),
    );
  });

  it.each([
    ["the description", PROGRAM, SKILL, "skill.yaml", "description: stands in SKILL.md already"],
    [
      "our declarations",
      PROGRAM.replace("description: Counts words.\n", ""),
      SKILL.replace("---\nCount", "metadata:\n  entry: run.ts\n---\nCount"),
      "SKILL.md",
      "metadata.entry: the skill has a skill.yaml too",
    ],
  ])("has nothing that SKILL.md says too: %s", (_, declarationFile, skillFile, file, message) => {
    expect(() => parseSkill({ declarationFile, skillFile }, FOLDER)).toThrow(
      expect.objectContaining({
        message,
        location: expect.objectContaining({ file: `${FOLDER}/${file}` }),
      }),
    );
  });
});
