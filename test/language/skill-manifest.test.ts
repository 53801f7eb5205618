import { describe, expect, it } from "vitest";
import { parseSkillManifest } from "../../language/skill-manifest.ts";

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

describe("parseSkillManifest", () => {
  it("reads our declarations under `metadata:`", () => {
    expect(parseSkillManifest(FULL, FOLDER)).toEqual(MANIFEST);
  });

  it("reads lists that stand as YAML instead of in a text", () => {
    expect(parseSkillManifest(FULL.replaceAll("puts: |", "puts:"), FOLDER)).toEqual(MANIFEST);
  });

  it("reads files with Windows line ends and a byte order mark", () => {
    expect(parseSkillManifest(`\uFEFF${FULL.replaceAll("\n", "\r\n")}`, FOLDER)).toEqual(MANIFEST);
  });

  it("reads a skill of the public format that has nothing of ours", () => {
    const text =
      "---\nname: count-words\ndescription: Counts words.\nallowed-tools: Read\n---\nCount.\n";

    expect(parseSkillManifest(text, FOLDER)).toEqual({
      name: "count-words",
      description: "Counts words.",
      version: "0.0.0",
      lane: "light",
      inputs: [],
      outputs: [],
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
    expect(() => parseSkillManifest(text, FOLDER)).toThrow(
      expect.objectContaining({
        code: "invalid-skill",
        message: expect.stringContaining(message),
        location: { file: `${FOLDER}/SKILL.md`, line, column },
      }),
    );
  });
});
