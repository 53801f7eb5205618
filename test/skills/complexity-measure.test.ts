import { describe, expect, it } from "vitest";
import { measureFile } from "../../skills/complexity-analysis/measure.ts";
import type { MeasuredFunction } from "../../skills/complexity-analysis/scope.ts";
import { parseSyntax } from "../../skills/syntax.ts";

describe("cognitive complexity", () => {
  it.each([
    {
      from: "sumOfPrimes",
      expected: 7,
      code: `function f(max) { let total = 0;
        OUT: for (let i = 1; i <= max; ++i) {
          for (let j = 2; j < i; ++j) { if (i % j === 0) { continue OUT; } }
          total += i;
        }
        return total; }`,
    },
    {
      from: "getWords",
      expected: 1,
      code: `function f(number) { switch (number) {
        case 1: return "one"; case 2: return "a couple"; case 3: return "a few"; default: return "lots"; } }`,
    },
    {
      from: "nesting in try and catch",
      expected: 9,
      code: `function f() {
        try { if (a) { for (let i = 0; i < 10; i++) { while (b) { c(); } } } }
        catch (error) { if (d) { e(); } } }`,
    },
    {
      from: "overriddenSymbolFrom",
      expected: 19,
      code: `function f(classType) {
        if (classType.isUnknown()) { return unknown; }
        let found = false;
        for (const symbol of classType.symbols()) {
          if (symbol.isKind(METHOD) && !symbol.isStatic()) {
            if (canOverride(symbol)) {
              const overriding = check(symbol, classType);
              if (overriding === null) { if (!found) { found = true; } }
              else if (overriding) { return symbol; }
            }
          }
        }
        if (found) { return unknown; }
        return null; }`,
    },
    {
      from: "toRegexp",
      expected: 20,
      code: `function f(pattern) {
        let i = pattern.startsWith("/") || pattern.startsWith("#") ? 1 : 0;
        while (i < pattern.length) {
          const ch = pattern.charAt(i);
          if (special(ch)) { add(ch); }
          else if (ch === "*") {
            if (i + 1 < pattern.length && pattern.charAt(i + 1) === "*") {
              if (i + 2 < pattern.length && slash(pattern.charAt(i + 2))) { i += 2; } else { i += 1; }
            } else { add("]*?"); }
          } else if (ch === "?") { add("]"); }
          else if (slash(ch)) { add("/"); }
          else { add(ch); }
          i++;
        } }`,
    },
    {
      from: "mixed operators",
      expected: 4,
      code: "function f() { if (a && b && c || d || e && g) { h(); } }",
    },
    {
      from: "a negated sequence",
      expected: 3,
      code: "function f() { if (a && !(b && c)) { d(); } }",
    },
    {
      from: "like operators in brackets",
      expected: 2,
      code: "function f() { if (a && (b && c)) { d(); } }",
    },
    { from: "shorthands for null", expected: 0, code: "function f() { return a?.b ?? c?.(); }" },
    {
      from: "direct recursion",
      expected: 2,
      code: "function f(n) { return n > 1 ? f(n - 1) + f(n - 2) : 1; }",
    },
    {
      from: "a method that wraps a function of its name",
      expected: 0,
      code: "class C { f() { return f(); } }",
    },
    {
      from: "a labelled break, a plain one",
      expected: 4,
      code: "function f() { A: for (;;) { if (a) break A; break; } }",
    },
    {
      from: "a do loop in a for-in loop",
      expected: 3,
      code: "function f() { for (const k in o) { do { a(); } while (b); } }",
    },
  ])("of $from is $expected", ({ code, expected }) => {
    expect(functionsOf(code)).toMatchObject([{ cognitive: expected }]);
  });

  it("of an inner function counts towards the outer one, a level deeper", () => {
    expect(
      functionsOf("function outer() { if (a) { b(); } list.map((x) => { if (x) { c(); } }); }"),
    ).toEqual([
      { name: "outer", line: 1, column: 1, lines: 1, cyclomatic: 2, cognitive: 3 },
      { name: "(anonymous)", line: 1, column: 45, lines: 1, cyclomatic: 2 },
    ]);
  });

  it("is separate for functions in one that merely declares them", () => {
    const code = `function Shape() {
      this.area = function () { if (a) { b(); } };
      const scale = (x) => { while (x) { y(); } };
    }`;

    expect(functionsOf(code).map(({ name, cognitive }) => [name, cognitive])).toEqual([
      ["Shape", 0],
      ["area", 1],
      ["scale", 1],
    ]);
  });

  it("of code outside functions is that of the top level", () => {
    const measured = measureFile(
      program("if (a) { for (;;) { b(); } }\nconst f = () => { if (c) { d(); } };"),
    );

    expect([measured.topLevel.cognitive, measured.functions[0]?.cognitive]).toEqual([3, 1]);
  });
});

describe("cyclomatic complexity", () => {
  it.each([
    ["function f() {}", 1],
    ["function f() { if (a) { b(); } else if (c) { d(); } else { e(); } }", 3],
    [
      "function f() { for (;;) {} for (const a in b) {} for (const a of b) {} while (a) {} do {} while (a); }",
      6,
    ],
    ["function f() { switch (a) { case 1: case 2: b(); break; default: c(); } }", 3],
    ["function f() { return a && b || (c ?? d); }", 4],
    ["function f() { a ||= b; a ??= c; a += 1; }", 3],
    ["function f() { return a ? b : c; }", 2],
    ["function f() { try { a(); } catch { b(); } }", 1],
    ["function f() { return a?.b; }", 1],
  ])("of %s is %i", (code, expected) => {
    expect(functionsOf(code)[0]?.cyclomatic).toBe(expected);
  });

  it("of an inner function is its own alone", () => {
    const code = "function outer() { return () => { if (a && b) { c(); } }; }";

    expect(functionsOf(code).map(({ cyclomatic }) => cyclomatic)).toEqual([1, 3]);
  });
});

it("names functions as a reader would", () => {
  const code = `
    function plain() {}
    const assigned = () => {};
    class Box { method() {} #hidden() {} field = () => {}; static "quoted name"() {} }
    const object = { short() {}, long: function () {} };
    module.exports.late = function () {};
    call(() => {});`;

  expect(functionsOf(code).map(({ name }) => name)).toEqual([
    "plain",
    "assigned",
    "method",
    "#hidden",
    "field",
    "quoted name",
    "short",
    "long",
    "late",
    "(anonymous)",
  ]);
});

it.each([
  ["a.ts", "enum A { B } abstract class C<T> { constructor(private x: T) {} abstract d(): void; }"],
  ["a.ts", "@Injectable() export class A { constructor(@Inject(B) private b: B) {} }"],
  ["a.ts", "export @decorated class A {}"],
  ["a.mts", "const a = <T,>(b: T): b is NonNullable<T> => b !== undefined;"],
  ["a.tsx", "const a = <B<string> c={d as string} />;"],
  ["a.d.ts", "declare module 'x' { export const a: string; export function f(): void; }"],
  ["a.js", "const a = <B>{c && <D />}</B>;"],
  ["a.js", "@decorated class A {}"],
  ["a.js", "class A { constructor(@inject(B) b) {} }"],
  ["a.js", "#!/usr/bin/env node\nreturn await import('x', { with: { type: 'json' } });"],
  ["a.cjs", "with (a) { b = 010; }"],
  ["a.js", "const a = 1; const a = 2; export { missing };"],
])("parses in %s: %s", (file, code) => {
  expect(parseSyntax(file, code)).toMatchObject({ status: "parsed" });
});

it.each([
  ["let a;\nlet = = 1;\n", { reason: expect.stringContaining("syntax error: "), line: 2 }],
  [`x = ${"(".repeat(50_000)}`, { reason: "nested too deeply" }],
])("says why it cannot parse what breaks the grammar or the stack: %#", (code, expected) => {
  expect(parseSyntax("a.js", code)).toEqual({ status: "not-parsed", ...expected });
});

it("walks chains that are thousands of nodes long", () => {
  const code = `function f() { return ${"a + ".repeat(4_000)}b; }`;

  expect(functionsOf(code)).toMatchObject([{ cyclomatic: 1, cognitive: 0 }]);
});

function program(code: string) {
  const syntax = parseSyntax("a.js", code);
  if (syntax.status !== "parsed") throw new Error(syntax.reason);
  return syntax.program;
}

function functionsOf(code: string): readonly MeasuredFunction[] {
  return measureFile(program(code)).functions;
}
