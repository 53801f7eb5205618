import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../core/json.ts";
import type { PlanStage, Reference, Template } from "../../core/plan.ts";
import type { Scope } from "../../language/scope.ts";
import { stageOutput } from "../../language/stage-output.ts";
import { blobsNeeded, evaluate, splitText } from "../../language/template.ts";

const blob = { name: "a".repeat(64), bytes: 9 };
const pointer = (path: (string | number)[] = []) =>
  ({ $blob: { ...blob, path } }) as unknown as Json;

function scopeOf(loaded?: Json): Scope {
  const stages: Json[] = [
    { files: ["a", "b"], "sub-part": { n: 1 } },
    pointer(),
    { results: [{ ok: true }, pointer()] },
  ];
  return {
    input: (name) => ({ path: "/x", text: "${not.again}" })[name],
    stage: (index) => stages[index],
    status: (index) => (index < stages.length ? "succeeded" : "skipped"),
    item: { name: "one" },
    itemIndex: 0,
    run: (field) =>
      ({ id: "r1", cascade: "c", status: "succeeded", error: null, timeline: [{ agent: "a" }] })[
        field
      ],
    loaded: (ref) => (ref.name === blob.name ? loaded : undefined),
  };
}
const reference = (scope: Reference["scope"], ...path: (string | number)[]): Template => ({
  kind: "reference",
  reference: { scope, path, source: "${…}" },
});
const stage = (index: number, ...path: (string | number)[]) =>
  reference({ kind: "stage", indexes: [index] }, ...path);

describe("references in text", () => {
  it.each([
    ["plain", ["plain"]],
    ["${a.b[0].c-d}", [{ text: "a.b[0].c-d", offset: 2 }]],
    ["x ${ a } y", ["x ", { text: " a ", offset: 4 }, " y"]],
    ['${ {"a": "}"}.a }!', [{ text: ' {"a": "}"}.a ', offset: 2 }, "!"]],
    ["$${a} costs $5", ["${a} costs $5"]],
    ["", []],
  ])("%j is split at its references", (text, parts) => {
    expect(splitText(text)).toEqual({ ok: true, parts });
  });

  it.each(["${", "${}", "${ }", '${"}', "${a} ${b"])("%j is refused", (text) => {
    expect(splitText(text)).toMatchObject({ ok: false, hint: "write a literal ${ as $${" });
  });

  it("loses no text without references", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes("${"));
        expect(splitText(text)).toEqual({ ok: true, parts: text === "" ? [] : [text] });
      }),
    );
  });

  it("keeps any text whose references are escaped", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("$", "{", "}", "a", ".") }), (text) => {
        fc.pre(!text.includes("$${"));
        const split = splitText(text.replaceAll("${", () => "$${"));
        expect(split).toEqual({ ok: true, parts: text === "" ? [] : [text] });
      }),
    );
  });

  it("finds every reference between any texts", () => {
    const name = fc.stringMatching(/^[A-Za-z_][\w-]{0,8}$/);
    const plain = fc.string({ minLength: 1 }).filter((text) => !/[${]/.test(text));
    fc.assert(
      fc.property(fc.array(fc.tuple(plain, name, fc.nat(99), name)), (pairs) => {
        const text = pairs.map(([before, a, n, b]) => `${before}\${${a}[${n}].${b}}`).join("");
        let end = 0;
        const parts = pairs.flatMap(([before, a, n, b]) => {
          const inner = `${a}[${n}].${b}`;
          const offset = end + before.length + 2;
          end = offset + inner.length + 1;
          return [before, { text: inner, offset }];
        });
        expect(splitText(text)).toEqual({ ok: true, parts });
      }),
    );
  });
});

describe("evaluation", () => {
  it.each([
    ["a field", stage(0, "files"), ["a", "b"]],
    ["a position", stage(0, "files", 1), "b"],
    ["a field with a hyphen", stage(0, "sub-part", "n"), 1],
    ["the item", reference({ kind: "item" }, "name"), "one"],
    ["a field of an object that is not loaded", stage(1, "deep", 0), pointer(["deep", 0])],
    ["a list of which some are objects", stage(2, "results"), [{ ok: true }, pointer()]],
    [
      "data that looks like a reference",
      reference({ kind: "input", name: "text" }),
      "${not.again}",
    ],
  ])("%s", (_, template, expected) => {
    expect(evaluate(template, scopeOf())).toEqual(expected);
  });

  it("makes an optional input that was not given null", () => {
    expect(evaluate(reference({ kind: "input", name: "nothing" }), scopeOf())).toBeNull();
  });

  it("finds what any path of any data leads to, whether it is inline or in an object", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ depthSize: "small" }),
        fc.infiniteStream(fc.nat()),
        (json, turns) => {
          const data = json as Json;
          const path: (string | number)[] = [];
          let expected = data;
          for (const turn of turns) {
            if (typeof expected !== "object" || expected === null) break;
            const keys = Object.keys(expected);
            const key = keys[turn % Math.max(1, keys.length)];
            if (key === undefined || key.startsWith("$") || turn % 7 === 0) break;
            path.push(Array.isArray(expected) ? Number(key) : key);
            expected = (expected as Record<string, Json>)[key] as Json;
          }
          const inline: Scope = {
            input: () => undefined,
            status: () => undefined,
            stage: () => data,
            run: () => null,
            loaded: () => undefined,
          };
          expect(evaluate(stage(0, ...path), inline)).toEqual(expected);
          expect(evaluate(stage(1, ...path), scopeOf(data))).toEqual(expected);
          expect(evaluate(stage(1, ...path), scopeOf())).toEqual(pointer(path));
        },
      ),
    );
  });

  it("never reads data again for references", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const data = `\${item} ${text} \${a}`;
        const scope: Scope = {
          input: () => data,
          status: () => undefined,
          stage: () => data,
          run: () => data,
          loaded: () => undefined,
        };
        const whole = reference({ kind: "input", name: "x" });
        const part: Template = {
          kind: "text",
          parts: ["> ", { scope: { kind: "stage", indexes: [0] }, path: [], source: "${s}" }],
        };
        expect(evaluate(whole, scope)).toBe(data);
        expect(evaluate(part, scope)).toBe(`> ${data}`);
      }),
    );
  });

  it("knows the run itself", () => {
    expect(evaluate(reference({ kind: "run", field: "id" }), scopeOf())).toBe("r1");
    expect(evaluate(reference({ kind: "run", field: "timeline" }, 0, "agent"), scopeOf())).toBe(
      "a",
    );
  });

  it("follows an object that is loaded", () => {
    expect(evaluate(stage(1, "deep", 0), scopeOf({ deep: ["here"] }))).toBe("here");
  });

  it.each([
    ["a missing field", stage(0, "nothing")],
    ["an inherited field", stage(0, "toString")],
    ["a position of something that is no list", stage(0, 0)],
  ])("%s is an error", (_, template) => {
    expect(() => evaluate(template, scopeOf())).toThrow(
      expect.objectContaining({ code: "unknown-reference" }),
    );
  });

  it("refuses to put a list into a text", () => {
    const text: Template = {
      kind: "text",
      parts: [
        "x ",
        { scope: { kind: "stage", indexes: [0] }, path: ["files"], source: "${s.files}" },
      ],
    };
    expect(() => evaluate(text, scopeOf())).toThrow(
      expect.objectContaining({ code: "invalid-input" }),
    );
  });

  it("says which objects must be loaded first", () => {
    const whole = { whole: true };
    expect(blobsNeeded(stage(1, "deep"), scopeOf(), whole)).toEqual([blob]);
    expect(blobsNeeded(stage(1, "deep"), scopeOf(), { whole: false })).toEqual([]);
    expect(blobsNeeded(stage(0, "files"), scopeOf(), whole)).toEqual([]);
    expect(blobsNeeded(stage(1, "deep"), scopeOf({ deep: 1 }), whole)).toEqual([]);
  });
});

describe("the output of a stage", () => {
  const skills = ["x", "y"].map((skill) => ({ skill, lane: "light" as const, inputs: {} }));
  const stageWith = (extra: Partial<PlanStage>) =>
    ({ skills, single: false, ...extra }) as PlanStage;
  const outputs = [1, 2, 3, 4].map((value) => ({ value }));

  it.each([
    [
      "its task's output when it has one task",
      stageWith({ single: true, skills: skills.slice(0, 1) }),
      outputs.slice(0, 1),
      1,
    ],
    [
      "one output for each skill",
      stageWith({}),
      outputs.slice(0, 2),
      { x: 1, y: 2, results: [1, 2] },
    ],
    [
      "a list for each skill with foreach",
      stageWith({ foreach: { kind: "literal", value: [] } }),
      outputs,
      { x: [1, 3], y: [2, 4], results: [1, 2, 3, 4] },
    ],
    [
      "no name for a skill that stands twice",
      stageWith({ skills: [...skills, ...skills.slice(0, 1)] }),
      outputs.slice(0, 3),
      { y: 2, results: [1, 2, 3] },
    ],
    [
      "pointers where outputs are objects",
      stageWith({}),
      [{ value: 1 }, { blob }],
      { x: 1, y: pointer(), results: [1, pointer()] },
    ],
    [
      "empty lists when there was nothing to do",
      stageWith({ foreach: { kind: "literal", value: [] } }),
      [],
      { x: [], y: [], results: [] },
    ],
  ])("is %s", (_, planStage, values, expected) => {
    expect(stageOutput(planStage, values)).toEqual(expected);
  });
});
