import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../core/json.ts";
import type { InputType, Reference } from "../../core/plan.ts";
import { checkExpression, type ExpressionNames } from "../../language/expression.ts";
import { valueOfExpression } from "../../language/expression-value.ts";
import { lookUp, type Scope } from "../../language/scope.ts";

const values: Readonly<Record<string, readonly [InputType, Json]>> = {
  analyze: ["object", { quality_score: 0.5, "lint-code": 3, list: [1, 2, 3] }],
  "check-quality": ["object", { quality: 0.2 }],
  check: ["number", 10],
  n: ["number", 3],
  text: ["string", "abc"],
  maybe: ["any", null],
  list: ["array", [3, 1, 2]],
};

const names: ExpressionNames = {
  isKnown: (name) => Object.hasOwn(values, name) || name === "lint-code",
  resolve: ([root, ...path], source) => {
    const found = values[String(root)];
    if (found === undefined) return { ok: false, why: "there is nothing of that name" };
    const reference: Reference = { scope: { kind: "input", name: String(root) }, path, source };
    return { ok: true, reference, type: path.length > 0 ? "any" : found[0] };
  },
};
const scope: Scope = {
  input: (name) => values[name]?.[1],
  stage: () => undefined,
  status: () => undefined,
  run: () => null,
  loaded: () => undefined,
};

function evaluated(text: string): Json {
  const checked = checkExpression(text, names);
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  const { template } = checked;
  if (template.kind === "reference") return lookUp(template.reference, scope);
  return valueOfExpression(
    template,
    template.references.map((reference) => lookUp(reference, scope)),
  );
}

/** The first problem as `offset code message (hint)`. */
function problemOf(text: string): string {
  const checked = checkExpression(text, names);
  if (checked.ok) return "none";
  return checked.problems
    .map(({ offset, code, message, hint }) => {
      const advice = typeof hint === "function" ? hint() : hint;
      return `${offset} ${code} ${message}${advice === undefined ? "" : ` (${advice})`}`;
    })
    .join("\n");
}

describe("an expression", () => {
  it.each<[string, Json]>([
    ["analyze.quality_score", 0.5],
    ["check-quality.quality < 0.7", true],
    ["check - n", 7],
    ["check -n", 7],
    ["analyze.lint-code + 1", 4],
    ['analyze["lint-code"] == 3', true],
    ["n + 1 < 5 && !(n == 2)", true],
    ["7 / 2", 3.5],
    ["size(analyze.list) / 2", 1.5],
    ["n % 2 == 1", true],
    ["-n", -3],
    ["analyze.list.map(x, x * 2)", [2, 4, 6]],
    ["list.filter(x, x > n - 2)", [3, 2]],
    ["list.exists(x, x > 2) && list.all(x, x > 0)", true],
    ["analyze.list[n - 1]", 3],
    ["3 in list", true],
    ['"list" in analyze', true],
    ['n > 2 ? "many" : "few"', "many"],
    ["maybe == null", true],
    ["text != null", true],
    ["has(analyze.list)", true],
    ["has(analyze.lost)", false],
    ["analyze.?lost.orValue(4)", 4],
    ["coalesce(maybe, 5)", 5],
    ["text.substring(0, size(text) - 1)", "ab"],
    ['"a-b".split("-")[1] + text', "babc"],
    ['{"n": n, "texts": [text]}', { n: 3, texts: ["abc"] }],
    ["string(n) + text", "3abc"],
    ["round(2.6)", 3],
    ["json(list)", "[3,1,2]"],
    ["[]", []],
  ])("%s", (text, value) => {
    expect(evaluated(text)).toEqual(value);
  });

  it.each([
    ["qualty < 1", "0 unknown-reference qualty: there is nothing of that name"],
    [
      "text < 3",
      "0 invalid-expression there is no string < number (types are never converted: use string(x), double(x) or int(x))",
    ],
    [
      "n > 1 && text - 1 > 0",
      "9 invalid-expression there is no string - number (types are never converted: use string(x), double(x) or int(x))",
    ],
    ["n ? 1 : 2", "0 invalid-expression Ternary condition must be boolean, got 'number'"],
    ["n = 3", "2 invalid-expression Unexpected character: = (compare with ==)"],
    [
      "n > 1 and n < 3",
      "6 invalid-expression Unexpected character: 'd' (write && for and, || for or, ! for not)",
    ],
    [
      'fetch("http://x")',
      '0 invalid-expression there is no function "fetch" (known: bool, coalesce, double, has, int, json, round, size, string)',
    ],
    [
      'text.matches("(a+)+$")',
      '0 invalid-expression there is no method "matches" (use contains, startsWith or endsWith)',
    ],
    [
      "list.map(x, list.map(y, x * y))",
      "12 invalid-expression map stands inside another one (do it in two stages)",
    ],
    ["9007199254740993", "0 invalid-expression 9007199254740993 is too large to be kept exactly"],
    [`${"(".repeat(40)}1${")".repeat(40)}`, "32 limit-exceeded expressionDepth: more than 32"],
    [
      Array.from({ length: 300 }, () => "1").join("+"),
      "0 limit-exceeded expressionNodes: more than 400",
    ],
    [`n == ${"1".repeat(4_096)}`, "0 limit-exceeded expressionBytes: 4101 given, 4096 allowed"],
  ])("%s is refused before the run", (text, problem) => {
    expect(problemOf(text)).toBe(problem);
  });

  it.each([
    'constructor.constructor("return process")()',
    "analyze.__proto__.polluted + 1",
    'analyze["constructor"] == 1',
    "text.constructor.name + ''",
    'text["__pro" + "to__"] == 1',
    "list.length + 1",
  ])("%s reaches nothing but data", (text) => {
    expect(() => evaluated(text)).toThrow(
      /unknown-reference|invalid-expression|there is no|No such key|no such/,
    );
  });

  it.each([
    ["n / (n - 3)", "it divides by zero"],
    ["list[n]", "a list of 3 has no position 3"],
    ["1.7e308 * 10", "the result is Infinity, which is no number"],
    ["analyze.list[0].x + 1", /there is no "x"/],
  ])("%s fails with what was wrong with the data", (text, message) => {
    expect(() => evaluated(text)).toThrow(message);
  });

  it("goes through a list of bounded length only", () => {
    const checked = checkExpression("list.map(x, x + 1)", names);
    if (!checked.ok || checked.template.kind !== "expression") throw new Error("not checked");
    const { template } = checked;
    const long = Array.from({ length: 10_001 }, () => 1);
    expect(() => valueOfExpression(template, [long])).toThrow(
      "expressionListItems: 10001 given, 10000 allowed",
    );
  });

  it("makes no text that grows without end", () => {
    const checked = checkExpression("list.map(x, text + text)", names);
    if (!checked.ok || checked.template.kind !== "expression") throw new Error("not checked");
    const { template } = checked;
    const long = Array.from({ length: 9_000 }, () => 1);
    expect(() => valueOfExpression(template, [long, "x".repeat(9_000)])).toThrow(
      "expressionTextBytes",
    );
  });

  it("never does anything but answer or refuse", () => {
    const piece = fc.constantFrom(
      ...[
        "n",
        "text",
        "list",
        "analyze",
        "maybe",
        ".",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        "?",
        ":",
      ],
      ...["+", "-", "*", "/", "%", "<", "==", "&&", "||", "!", "in", "1", "0.5", '"a"', "null"],
      ...["size", "map", "has", "x", " "],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        const text = pieces.join("");
        const checked = checkExpression(text, names);
        if (!checked.ok) {
          for (const { offset } of checked.problems)
            expect(offset).toBeLessThanOrEqual(text.length);
          return;
        }
        try {
          evaluated(text);
        } catch (error) {
          expect((error as { code?: string }).code).toMatch(
            /^(expression-failed|unknown-reference|limit-exceeded)$/,
          );
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
