import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { testCatalog } from "../support/catalog.ts";

const sources = {
  find: (name: string) =>
    name === "inner"
      ? {
          text: "cascade: inner\ninputs: [{ name: path, type: path }]\nstages: [{ stage: deep, skill: list }]\n",
          file: "inner.yaml",
        }
      : undefined,
  names: () => ["inner"],
};

function compile(stages: string) {
  return compileCascade(
    { text: `cascade: c\nstages:\n${stages}`, file: "c.yaml" },
    testCatalog,
    sources,
  );
}

/** Each stage of the plan with those it needs. */
function orderOf(stages: string): Readonly<Record<string, string>> {
  const compiled = compile(stages);
  if (!compiled.ok) throw new Error(compiled.diagnostics[0]?.message);
  const { stages: all } = compiled.plan;
  return Object.fromEntries(
    all.map(({ id, needs }) => [id, needs.map((need) => String(all[need]?.id)).join(" ")]),
  );
}

function errorsOf(stages: string): readonly string[] {
  const compiled = compile(stages);
  return compiled.ok ? [] : compiled.diagnostics.map(({ message }) => message);
}

describe("several stages for each entry of a list", () => {
  it("stand in the plan for each of them, at most max_parallel at once, and are gathered", () => {
    expect(
      orderOf(`  - stage: each
    foreach: [a, b, c]
    max_parallel: 2
    stages:
      - { stage: look, skill: list, inputs: { path: "\${item}" } }
      - { stage: judge, skill: check }
`),
    ).toEqual({
      "each--items": "",
      "each--entry--1": "each--items",
      "look--1": "each--entry--1",
      "judge--1": "look--1 each--entry--1",
      "each--entry--2": "each--items",
      "look--2": "each--entry--2",
      "judge--2": "look--2 each--entry--2",
      "each--entry--3": "each--items each--entry--1 judge--1",
      "look--3": "each--entry--3",
      "judge--3": "look--3 each--entry--3",
      each: "each--items each--entry--1 judge--1 each--entry--2 judge--2 each--entry--3 judge--3",
    });
  });

  it("may be those of another cascade, for every combination of a matrix", () => {
    const ids = Object.keys(
      orderOf(
        `  - { stage: each, cascade: inner, matrix: { a: [1, 2], b: [3] }, inputs: { path: "\${matrix.a}" } }\n`.replace(
          'path: "${matrix.a}"',
          'path: "x-${matrix.a}"',
        ),
      ),
    );
    expect(ids.filter((id) => id.endsWith("--deep"))).toEqual(["each--1--deep", "each--2--deep"]);
  });

  it("need a bound when only data tells how many there are", () => {
    const list = `  - { stage: found, skill: list, inputs: { path: x } }\n`;
    const each = `  - { stage: each, foreach: "\${found.files}", stages: [{ stage: look, skill: list, inputs: { path: "\${item}" } }] }\n`;
    expect(errorsOf(list + each)).toEqual([
      "how many entries the list has is known only in the run: `max_items` is missing",
    ]);
    const bounded = each.replace("stages:", "max_items: 2, stages:");
    expect(Object.keys(orderOf(list + bounded)).filter((id) => id.startsWith("look"))).toEqual([
      "look--1",
      "look--2",
    ]);
  });

  it.each([
    [
      `{ stage: s, stages: [{ stage: a, transform: 1 }], max_items: 2 }`,
      "`max_items` belongs to a stage with `foreach` or `matrix`",
    ],
    [
      `{ stage: s, foreach: [1], matrix: { a: [1] }, stages: [{ stage: a, transform: 1 }] }`,
      "a stage has `foreach` or `matrix`, not both",
    ],
    [
      `{ stage: s, foreach: [1, 2, 3], max_items: 2, stages: [{ stage: a, transform: 1 }] }`,
      "entriesOfStages: 3 given, 2 allowed",
    ],
    [
      `{ stage: s, foreach: [${"1,".repeat(101)}], stages: [{ stage: a, transform: 1 }] }`,
      "entriesOfStages: 101 given, 100 allowed",
    ],
    [
      `{ stage: s, foreach: [1], stages: [{ stage: a, transform: "\${itm}" }] }`,
      "${itm}: there is nothing of that name",
    ],
    [
      `{ stage: s, skill: list, inputs: { path: x }, max_items: 2 }`,
      "a stage with skills has no `max_items`",
    ],
  ])("are refused where they mean nothing: %s", (stage, message) => {
    expect(errorsOf(`  - ${stage}\n`)).toContain(message);
  });
});
