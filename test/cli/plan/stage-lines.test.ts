import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SkillCatalog, SkillManifest } from "../../../core/skill.ts";
import { planText } from "../../../interfaces/cli/plan/plan-text.ts";
import { durationText } from "../../../interfaces/cli/plan/text-layout.ts";
import { testCatalog } from "../../support/catalog.ts";
import { summaryOf } from "./plan-request.ts";

describe("the lines of a plan", () => {
  it("says of a choice what happens when no branch fits", () => {
    const textOf = (branches: string) =>
      planText(
        summaryOf(
          `cascade: c\ninputs: [{ name: mode }, { name: deep, type: boolean }]\nstages:\n  - { stage: s, ${branches} }\n`,
        ),
        100,
      )
        .split("\n")
        .filter((line) => line.startsWith(" ".repeat(14)))
        .map((line) => line.trim());
    const transform = "{ transform: 1 }";
    expect(
      textOf(`condition: "\${mode}", branches: { a: ${transform}, bc: ${transform} }`),
    ).toEqual([
      'a   the value "a"',
      'bc  the value "bc"',
      "—   otherwise the run fails: no-branch",
    ]);
    expect(textOf(`condition: "\${deep}", then: ${transform}`)).toEqual([
      "then  true",
      "none  otherwise: nothing of it runs",
    ]);
    expect(textOf(`condition: "\${deep}", then: ${transform}, else: ${transform}`)).toEqual([
      "then  true",
      "else  false",
    ]);
    expect(
      textOf(`branches: { a: { when: mode == "x", transform: 1 }, default: ${transform} }`),
    ).toEqual(['a        when ${mode == "x"}', "default  otherwise"]);
  });

  it("names the model of skills that need one, and makes up no price", () => {
    const models: SkillCatalog = {
      ...testCatalog,
      find: (name) => {
        const { entry: _, ...manifest } = testCatalog.find(name) ?? {};
        return manifest as SkillManifest;
      },
    };
    const text = "cascade: c\nmodel: m\nstages: [{ stage: a, skill: list, inputs: { path: . } }]\n";
    const shown = planText(summaryOf(text, {}, {}, models), 100).split("\n");
    expect(shown.filter((line) => line.includes("model"))).toEqual([
      "    model     m",
      "  model cost  unknown: it depends on the prompts",
    ]);
  });

  it("tells a fallback and a gate, whose attempts count beside the stage's own", () => {
    const stages = `  - { stage: a, skill: check, error_handling: { max_retries: 1, fallback: list }, inputs: { files: [] } }
  - { stage: b, transform: 2, gate: "\${b > 1}", needs: [] }
`;
    const summary = summaryOf(
      `cascade: c\ninputs: [{ name: path, default: . }]\nstages:\n${stages}`,
    );
    expect(summary.worstCase.attempts).toBe(6);
    expect(planText(summary, 100)).toContain(`
  a--fallback · sequential · 1 task
    after     a, if it fails
    skill     list (light)
    attempts  at most 4 of 10m each; waits of at most 500ms, 1s, 2s
  b--gate · transform
    after     b
    gate      the run fails unless \${b > 1}
`);
  });

  it("names the skills that are programs", () => {
    const summary = summaryOf("cascade: c\nstages: [{ stage: a, transform: 1 }]\n");
    const skills = (["code", "argv"] as const).map((kind) => ({
      ...{ name: `an-${kind}`, version: "1", kind, sideEffects: null },
    }));
    expect(
      planText({ ...summary, skills }, 120)
        .split("\n")
        .at(-1),
    ).toBe(
      "  not declared: skills do not say what they write, send or start; programs on this machine: an-argv",
    );
  });

  it("says that there are no tasks", () => {
    const text = planText(summaryOf("cascade: c\nstages: [{ stage: a, transform: 1 }]\n"), 100);
    expect(text).toBe(`c

1 stage in 1 wave, no tasks

Inputs
  none

Wave 1
  a · transform
    value     1

Worst case
  attempts    0
  time        0s, if every attempt takes its whole time and no task waits for an agent
  model cost  none: no model is used

Side effects
  none: no skill runs`);
  });

  it.each([
    ["{ strategy: fail }", "one, of at most 10m"],
    ["{ max_retries: 1, backoff: 2s }", "at most 2 of 10m each; waits of at most 2s"],
    ["{ max_retries: 4 }", "at most 5 of 10m each; waits of at most 500ms, 1s, 2s, … 4s"],
    ["{ max_retries: 99 }", "at most 100 of 10m each; waits of at most 500ms, 1s, 2s, … 30s"],
  ])("tells the attempts of %s", (handling, expected) => {
    const stage = `{ stage: a, skill: list, inputs: { path: . }, error_handling: ${handling} }`;
    expect(planText(summaryOf(`cascade: c\nstages: [${stage}]\n`), 100)).toContain(
      `\n    attempts  ${expected}\n`,
    );
  });

  it.each([
    ["memory: persistent", "reads plan; keeps plan, in this run"],
    ["memory: { read_keys: [a, b] }", "reads a, b, in this run"],
    ['when: "has(memory.plan)"', "names keys, in this run"],
  ])("tells the memory of %s", (memory, expected) => {
    const stage = `{ stage: a, skill: list, inputs: { path: . }, ${memory} }`;
    const text = `cascade: c\nmemory: { keys: [plan] }\nstages: [${stage}]\n`;
    expect(planText(summaryOf(text), 100)).toContain(`\n    memory    ${expected}\n`);
  });

  it("makes control characters visible", () => {
    const summary = summaryOf("cascade: c\nstages: [{ stage: a, transform: 1 }]\n");
    const text = planText({ ...summary, description: "a\u001b[31m\u202eb\n\tc" }, 100);
    expect(text.split("\n").slice(0, 3)).toEqual(["c", "a\\x1b[31m\\x202eb c", ""]);
  });

  it("goes beyond the width with no line, however long the words", () => {
    const word = fc.string({
      unit: fc.constantFrom("a", "b", " ", "-", "é"),
      minLength: 1,
      maxLength: 120,
    });
    fc.assert(
      fc.property(
        word,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 40, max: 100 }),
        (description, length, width) => {
          const id = "s".repeat(length);
          const cascade = {
            name: "c",
            description,
            stages: [
              { stage: id, skill: "list", inputs: { path: description } },
              { stage: `${id}2`, transform: description },
            ],
          };
          const text = planText(summaryOf(JSON.stringify({ cascade })), width);
          expect(text.split("\n").filter((line) => line.length > width)).toEqual([]);
        },
      ),
    );
  });

  it.each([
    [0, "0s"],
    [1, "1ms"],
    [59_500, "59s 500ms"],
    [60_000, "1m"],
    [60_001, "1m 1s"],
    [5_400_000, "1h 30m"],
    [86_400_000, "24h"],
  ])("tells %i ms as %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
