import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { callsOf, problems, skills } from "./stage-problems.ts";

describe("`run` on a stage", () => {
  it("is a call of the skill that runs commands", () => {
    expect(
      callsOf("  - { stage: a, run: [npm, test], inputs: { allow_failure: true } }\n"),
    ).toEqual([
      {
        skill: "run-command",
        digest: expect.any(String),
        lane: "heavy",
        inputs: {
          argv: { kind: "literal", value: ["npm", "test"] },
          env: { kind: "literal", value: null },
          allow_failure: { kind: "literal", value: true },
        },
      },
    ]);
  });

  it("takes values as arguments, with the item of a list among them", () => {
    const [call] =
      callsOf('  - { stage: a, foreach: [1, 2], run: [echo, "n=${item}", "${name}"] }\n') ?? [];
    expect(call?.inputs["argv"]).toMatchObject({
      kind: "list",
      items: [{ kind: "literal", value: "echo" }, { kind: "text" }, { kind: "reference" }],
    });
  });

  it("has outputs that later stages can name, and no others", () => {
    const namedLater = (field: string) =>
      `  - { stage: a, run: [ls] }\n  - { stage: b, transform: "\${a.${field}}" }\n`;
    for (const field of ["exit_code", "stdout", "stderr", "json.x", "truncated"]) {
      expect(problems(namedLater(field))).toEqual([]);
    }
    expect(problems(namedLater("code"))).toMatchObject([
      { code: "unknown-reference", message: '${a.code}: "a" has no output "code"', at: [2, 31] },
    ]);
  });

  it("may stand in a branch and have a fallback", () => {
    const branch = "  - { stage: a, condition: \"${name == 'x'}\", then: { run: [ls] } }\n";
    expect(problems(branch)).toEqual([]);
    const fallback =
      "  - { stage: a, run: [ls], error_handling: { strategy: fallback, fallback: run-command } }\n";
    expect(problems(fallback)).toEqual([]);
  });

  const LITERAL = {
    code: "invalid-cascade",
    message: "the program that is run must be written here, without ${…}",
    hint: "only its arguments may come from data: [program, ${…}]",
  };
  it.each([
    ["in `run`", '  - { stage: a, run: ["${name}", x] }\n', [1, 23]],
    ["as a part of the name", '  - { stage: a, run: ["./${name}"] }\n', [1, 23]],
    ["that is empty", '  - { stage: a, run: ["", x] }\n', [1, 23]],
    [
      "among inputs",
      '  - { stage: a, skill: run-command, inputs: { argv: ["${name}"] } }\n',
      [1, 54],
    ],
    [
      "in a whole list",
      '  - { stage: a, skill: run-command, inputs: { argv: "${list}" } }\n',
      [1, 53],
    ],
  ])("refuses a program that data chooses: %s", (_, stages, at) => {
    expect(problems(stages)).toEqual([{ ...LITERAL, at }]);
  });

  it("refuses a program that an input of the same name chooses", () => {
    const text =
      "cascade: c\ninputs: [{ name: argv, type: array }]\nstages: [{ stage: a, skill: run-command }]\n";
    expect(compileCascade({ text, file: "c.yaml" }, skills)).toMatchObject({
      ok: false,
      diagnostics: [{ ...LITERAL, location: { line: 3, column: 29 } }],
    });
  });

  it.each([
    [
      "a text",
      "  - { stage: a, run: npm test }\n",
      {
        message: 'stages[0].run must be a list of texts, but is "npm test"',
        at: [1, 22],
        hint: "there is no shell: write the program and each argument as an entry of its own, as [npm, test]",
      },
    ],
    [
      "a number as argument",
      "  - { stage: a, run: [sleep, 5] }\n",
      { message: "stages[0].run[1] must be a text, but is 5", at: [1, 30] },
    ],
    [
      "nothing",
      "  - { stage: a, run: [] }\n",
      { message: "stages[0].run must be a list of texts, but is an empty list", at: [1, 22] },
    ],
    [
      "a skill beside it",
      "  - { stage: a, run: [ls], skill: lint-code, inputs: { files: [] , path: x} }\n",
      { message: "a stage has `run` or `skill`, not both", at: [1, 28] },
    ],
    [
      "its input given twice",
      "  - { stage: a, run: [ls], inputs: { argv: [ls] } }\n",
      {
        message: '`run` gives the input "argv"',
        at: [1, 38],
        hint: "write it under `run` only",
      },
    ],
    [
      "a place that is another",
      "  - { stage: a, run: [ls], type: codex-sandbox }\n",
      {
        message: "a stage with `run` cannot be of type codex-sandbox",
        at: [1, 34],
        hint: "it is carried out by an agent itself: leave `type` out",
      },
    ],
    [
      "an unknown name",
      '  - { stage: a, run: [ls, "${nam}"] }\n',
      {
        code: "unknown-reference",
        message: "${nam}: there is nothing of that name",
        at: [1, 30],
        hint: "known: inputs.name, inputs.list",
      },
    ],
  ])("refuses %s", (_, stages, problem) => {
    expect(problems(stages)).toMatchObject([{ code: "invalid-cascade", ...problem }]);
  });
});
