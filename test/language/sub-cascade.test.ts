import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { testCatalog } from "../support/catalog.ts";

const files: Readonly<Record<string, string>> = {
  checks: `cascade: checks
inputs:
  - { name: files, type: array }
  - { name: level, type: integer, default: 2 }
stages:
  - { stage: check, skill: check }
  - { stage: write, skill: report }
outputs: { text: "\${write.text}", level: "\${inputs.level}" }
`,
  plain: "cascade: plain\nstages:\n  - { stage: only, skill: list, inputs: { path: x } }\n",
  loop: "cascade: loop\nstages:\n  - { stage: a, cascade: back }\n",
  back: "cascade: back\nstages:\n  - { stage: b, cascade: loop }\n",
  broken: "cascade: broken\nstages:\n  - { stage: a, skil: list }\n",
  lost: 'cascade: lost\nstages:\n  - { stage: a, transform: "${nothing}" }\n',
};
const sources = {
  find: (name: string) => {
    const text = files[name];
    return text === undefined ? undefined : { text, file: `${name}.yaml` };
  },
  names: () => Object.keys(files),
};
const head = "cascade: c\nstages:\n  - { stage: a, skill: list, inputs: { path: x } }\n";
const compile = (stages: string) =>
  compileCascade({ text: head + stages, file: "c.yaml" }, testCatalog, sources);

function planOf(stages: string) {
  const compiled = compile(stages);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics, null, 2));
  return compiled.plan;
}

describe("a cascade in a cascade", () => {
  it("becomes stages of the plan between its inputs and its outputs", () => {
    const { stages } = planOf(`  - { stage: deep, cascade: checks, inputs: { level: 3 } }
  - { stage: last, transform: "\${deep.text}" }
`);
    expect(stages.map(({ id, needs }) => [id, needs])).toEqual([
      ["a", []],
      ["deep--inputs", [0]],
      ["deep--check", [1]],
      ["deep--write", [2]],
      ["deep", [3]],
      ["last", [4]],
    ]);
    // Its input that is not written is the output of that name before it; the other is what is written.
    expect(stages[1]?.value).toMatchObject({
      entries: {
        files: { reference: { scope: { kind: "stage", indexes: [0] }, path: ["files"] } },
        level: { kind: "literal", value: 3 },
      },
    });
    expect(stages[2]?.skills[0]?.inputs["files"]).toMatchObject({
      reference: { scope: { kind: "stage", indexes: [1] }, path: ["files"] },
    });
    expect(stages[4]?.value).toMatchObject({
      entries: { level: { reference: { scope: { indexes: [1] }, path: ["level"] } } },
    });
  });

  it("without outputs has that of its last stage, and its stages keep to themselves", () => {
    const { stages } = planOf(`  - { stage: inner, cascade: plain }
  - { stage: last, skill: check, inputs: { files: "\${inner.files}" } }
  - { stage: next, skill: check }
`);
    expect(stages.map(({ id }) => id)).toContain("inner--only");
    expect(stages.at(-1)?.skills[0]?.inputs["files"]).toMatchObject({
      reference: { scope: { indexes: [2] } },
    });
  });

  it.each([
    [
      "is not there",
      "  - { stage: b, cascade: chekcs }",
      '4:26 unknown-cascade no cascade is called "chekcs" (did you mean "checks"?)',
    ],
    [
      "comes back to itself",
      "  - { stage: b, cascade: loop }",
      '4:26 invalid-cascade the cascade "loop" is not valid: loop.yaml:3:26 the cascade "back" is not valid: back.yaml:3:26 cascades use each other: loop → back → loop',
    ],
    [
      "is the one it is in",
      "  - { stage: b, cascade: c }",
      "4:26 invalid-cascade cascades use each other: c → c",
    ],
    [
      "breaks the schema",
      "  - { stage: b, cascade: broken }",
      '4:26 invalid-cascade the cascade "broken" is not valid: broken.yaml:3:17 the key "skil" is not known here (did you mean "skill"?)',
    ],
    [
      "refers to nothing",
      "  - { stage: b, cascade: lost }",
      '4:26 unknown-reference the cascade "lost" is not valid: lost.yaml:3:31 ${nothing}: there is nothing of that name (there are none)',
    ],
    [
      "is given what it does not take",
      "  - { stage: b, cascade: checks, inputs: { lvl: 1 } }",
      '4:44 unknown-input the cascade "checks" has no input "lvl" (known: files, level)',
    ],
    [
      "is given what is of another type",
      "  - { stage: b, cascade: checks, inputs: { level: high } }",
      '4:51 invalid-input "level" must be of type integer',
    ],
    [
      "is not given what it needs",
      "  - { stage: b, needs: [], cascade: checks }",
      '4:37 missing-input the cascade "checks" needs the input "files" (add it under `inputs`)',
    ],
  ])("that %s is refused at its place", (_, stages, expected) => {
    const compiled = compile(`${stages}\n`);
    const all = compiled.ok ? [] : compiled.diagnostics;
    const shown = all.map(({ code, message, location, hint }) => {
      const advice = hint === undefined ? "" : ` (${hint})`;
      return `${location.line}:${location.column} ${code} ${message}${advice}`;
    });
    expect(shown).toEqual([expected]);
  });
});
