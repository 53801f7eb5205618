import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixCascade } from "../../../interfaces/cli/format/fixes/fix-cascade.ts";
import { fixKeys } from "../../../interfaces/cli/format/fixes/fix-keys.ts";
import { fixNotes } from "../../../interfaces/cli/format/fixes/fix-notes.ts";
import { fixTabs } from "../../../interfaces/cli/format/fixes/fix-tabs.ts";
import { schemaFor } from "../../../interfaces/cli/format/fixes/modeline.ts";

const file = "c.yaml";

describe("corrections", () => {
  it("are told with the place where each stood", () => {
    const text = "cascad: x\nstagse:\n\t- stage: a\n\t  skil: b\n";
    expect(fixCascade({ text, file }, "./s.json")).toEqual({
      text: "# yaml-language-server: $schema=./s.json\ncascade: x\nstages:\n  - stage: a\n    skill: b\n",
      corrections: [
        { location: { file, line: 3, column: 1 }, message: "tabs → spaces on 2 lines" },
        { location: { file, line: 1, column: 1 }, message: '"cascad" → "cascade"' },
        { location: { file, line: 2, column: 1 }, message: '"stagse" → "stages"' },
        { location: { file, line: 4, column: 5 }, message: '"skil" → "skill"' },
        {
          location: { file, line: 1, column: 1 },
          message: "the first line names the schema to editors",
        },
      ],
    });
  });

  it.each([
    [
      "in brackets and quotes",
      'cascade: x\nstages: [{ "stag": a, skil: b }]',
      "cascade: x\nstages: [{ stage: a, skill: b }]",
    ],
    [
      "of a skill in a list",
      "cascade: x\nstages: [{ skills: [{ skil: b }] }]",
      "cascade: x\nstages: [{ skills: [{ skill: b }] }]",
    ],
    [
      "below `cascade:`",
      "cascade:\n  nam: x\n  stages: [{ typ: parallel }]",
      "cascade:\n  name: x\n  stages: [{ type: parallel }]",
    ],
  ])("rename a mistyped key %s", (_, text, expected) => {
    expect(fixKeys({ text, file }).text).toBe(expected);
  });

  it.each([
    ["as near to two known ones", "cascade: x\nstages: [{ skils: b }]"],
    ["whose meaning stands there already", "cascade: x\nstages: [{ skil: a, skill: b }]"],
    ["beside another one that means the same", "cascade: x\nstages: [{ skil: a, skll: b }]"],
    ["that a later version carries out", "cascade: x\nnotify: 1\nstages: [{}]"],
    ["that an input has of its own", "cascade: x\nstages: [{ skill: b, inputs: { stagse: 1 } }]"],
    [
      "that comes there through an alias",
      "cascade: x\nstages: [{ inputs: { a: &a { skil: b } } }, *a]",
    ],
  ])("leave a key %s", (_, text) => {
    expect(fixKeys({ text, file })).toEqual({ text, corrections: [] });
  });

  it.each([
    [
      "a block of text whose own indentation would depend on their width",
      "a: |\n  x\nb:\n\tc: |\n\t  d\n\t\t e\n",
    ],
    ["a block of text of a file that is right", "a: |\n  x\n  \ty\n"],
    ["a file that is wrong in another way", "a:\n\tb: [\n"],
  ])("leave the tabs of %s", (_, text) => {
    expect(fixTabs({ text, file })).toEqual({ text, corrections: [] });
  });

  it("name the nearest schema, and the shipped one where there is none", async () => {
    const folder = await mkdtemp(join(tmpdir(), "cascade-schema-"));
    const cascades = join(folder, "a b", "cascades");
    await mkdir(join(folder, "a b", "schema"), { recursive: true });
    await mkdir(cascades);
    expect(schemaFor(cascades)).toMatch(
      // In a path with a space, it is a URL.
      /^((\.\.\/)+|file:\/\/\/).*schema\/cascade\.schema\.json$/,
    );
    await writeFile(join(folder, "a b", "schema", "cascade.schema.json"), "{}");
    expect(schemaFor(cascades)).toBe("../schema/cascade.schema.json");
    await writeFile(join(cascades, "cascade.schema.json"), "{}");
    expect(schemaFor(cascades)).toBe("./cascade.schema.json");
    expect(schemaFor(folder)).not.toContain(" ");
  });
});

describe("notes behind quoted texts", () => {
  it("go into the quotes, line by line", () => {
    const text =
      'cascade: c\nstages:\n  1. one: "All of it" (parallel)\n  2. two: "x"\n  3. three: "y"  (later)\n';
    expect(fixNotes({ text, file })).toEqual({
      text: 'cascade: c\nstages:\n  1. one: "All of it (parallel)"\n  2. two: "x"\n  3. three: "y (later)"\n',
      corrections: [
        {
          location: { file, line: 3, column: 11 },
          message: '"All of it" (parallel) → "All of it (parallel)"',
        },
        { location: { file, line: 5, column: 13 }, message: '"y"  (later) → "y (later)"' },
      ],
    });
  });

  it("stay where YAML allows them, and where something else is wrong", () => {
    for (const text of ["a: b (c)\n", 'a: "b" # (c)\n', 'a: "b" c\n']) {
      expect(fixNotes({ text, file })).toEqual({ text, corrections: [] });
    }
  });
});
