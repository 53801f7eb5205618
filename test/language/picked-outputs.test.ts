import { describe, expect, it } from "vitest";
import { callsOf, problems } from "./stage-problems.ts";

describe("`outputs` of a skill", () => {
  it.each([
    ["[stdout, exit_code]", { stdout: "stdout", exit_code: "exit_code" }],
    ["{ text: stdout, copy: stdout }", { text: "stdout", copy: "stdout" }],
  ])("%s say what is kept, and under which name", (outputs, kept) => {
    const [call] = callsOf(`  - { stage: a, run: [ls], outputs: ${outputs} }\n`) ?? [];
    expect(call?.outputs).toEqual(kept);
  });

  it("are all that later stages can name, of the type that the skill declares", () => {
    const stages = (value: string) =>
      `  - { stage: a, run: [ls], outputs: { code: exit_code } }\n  - { stage: b, transform: "\${${value}}" }\n`;
    expect(problems(stages("a.code + 1"))).toEqual([]);
    expect(problems(stages("code"))).toEqual([]);
    expect(problems(stages("a.exit_code"))).toMatchObject([
      { code: "unknown-reference", message: '${a.exit_code}: "a" has no output "exit_code"' },
    ]);
    expect(problems(stages("a.code == 'x'"))).toMatchObject([{ code: "invalid-expression" }]);
  });

  it("must be outputs of the skill, and of its fallback", () => {
    expect(problems("  - { stage: a, run: [ls], outputs: [stout] }\n")).toEqual([
      {
        code: "unknown-reference",
        message: 'the skill "run-command" has no output "stout"',
        at: [1, 37],
        hint: 'did you mean "stdout"?',
      },
    ]);
    expect(
      problems(
        "  - { stage: a, skill: discover-files, inputs: { path: . }, outputs: [batches], error_handling: { strategy: fallback, fallback: run-command } }\n",
      ),
    ).toMatchObject([
      { message: 'the skill "run-command" has no output "batches"' },
      { code: "missing-input" },
    ]);
  });

  it("stand with each skill, when a stage has several", () => {
    expect(
      problems(
        "  - { stage: a, type: parallel, inputs: { path: . }, outputs: [batches], skills: [discover-files, { skill: discover-files, outputs: [batches] }] }\n",
      ),
    ).toEqual([
      {
        code: "invalid-cascade",
        message: "`outputs` belongs to one skill, and this stage has several",
        at: [1, 54],
        hint: "write it with each: { skill, inputs, outputs }",
      },
    ]);
  });

  it.each([
    [
      "batches",
      'must be a list of names or a mapping of new names to the skill\'s own, but is "batches"',
    ],
    ["[]", "must not be empty, but is an empty list"],
  ])("%s is neither a list of names nor a mapping", (outputs, message) => {
    expect(problems(`  - { stage: a, run: [ls], outputs: ${outputs} }\n`)).toMatchObject([
      { code: "invalid-cascade", message: `stages[0].outputs ${message}` },
    ]);
  });
});
