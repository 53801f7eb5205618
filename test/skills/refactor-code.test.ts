import { execFileSync } from "node:child_process";
import { chmod, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { CODEMOD_NAMES, type CodemodName } from "../../skills/refactor-code/codemods/registry.ts";
import { refactorFile } from "../../skills/refactor-code/refactor-file.ts";
import { run } from "../../skills/refactor-code/run.ts";
import { replaceText } from "../../skills/refactor-code/write-file.ts";
import { makeTree, skillContext } from "./skill-context.ts";

/** The text after a codemod, which must find nothing more in it. */
function refactored(codemod: CodemodName, text: string, file = "a.js"): string {
  const once = refactorFile(file, text, [codemod]);
  const changed = once.status === "changed" ? once.text : text;
  expect(refactorFile(file, changed, [codemod]).status).toBe(
    once.status === "left" ? "left" : "unchanged",
  );
  return changed;
}

const inFunction = (code: string): string => `function outer() { ${code} }`;

describe("prefer-const", () => {
  it.each([
    ["let x = 1; f(x);", "const x = 1; f(x);"],
    ["let { a, b: [c] } = o;", "const { a, b: [c] } = o;"],
    ["for (let x of list) f(x);", "for (const x of list) f(x);"],
    ["for (let k in o) { g(() => k); }", "for (const k in o) { g(() => k); }"],
    ["let list = []; list.push(1); list[0] = 2;", "const list = []; list.push(1); list[0] = 2;"],
    ["let a = 1, b = 2;", "const a = 1, b = 2;"],
  ])("changes %s", (text, expected) => {
    expect(refactored("prefer-const", inFunction(text))).toBe(inFunction(expected));
    expect(refactored("prefer-const", `export {};\n${text}`)).toBe(`export {};\n${expected}`);
  });

  it.each([
    "let x; x = 1;",
    "let x = 1; x = 2;",
    "let x = 1; x++;",
    "let x = 1; x ||= 2;",
    "let x = 1; ({ x } = o);",
    "let x = 1; ({ a: [x = 2, ...rest] } = o);",
    "let x = 1; [...x] = o;",
    "let x = 1; for (x of list);",
    "let x = 1; for ([x] in list);",
    "let x = 1; const f = () => { x = 2; };",
    "let x = 1; { const y = 0; (x) = y; }",
    "let x = 1, y = 2; y = x;",
    "for (let i = 0; i < 3; i++) f(() => i);",
    "for (let i = 0, n = 3; i < n; i++) f(i);",
    "let { a, b } = o; b = 1;",
    "let x = 1; const g = (x) => { x = 2; };", // another x, but names are all that is looked at
  ])("leaves %s", (text) => {
    expect(refactored("prefer-const", inFunction(text))).toBe(inFunction(text));
  });

  it("leaves what other files may assign", () => {
    const script = "let shared = 1;";
    expect(refactored("prefer-const", script)).toBe(script);
    const namespace = "export namespace N { export let x = 1; }";
    expect(refactored("prefer-const", namespace, "a.ts")).toBe(namespace);
    const ambient = "export {}; declare global { let y: number; } declare let x: number;";
    expect(refactored("prefer-const", ambient, "a.ts")).toBe(ambient);
  });

  it("sees assignments through the types of TypeScript", () => {
    for (const write of ["(x as any) = 2", "x! += 1", "(<any>x) = 2", "(x satisfies number)++"]) {
      const text = `export {}; let x = 1; ${write};`;
      expect(refactored("prefer-const", text, "a.ts")).toBe(text);
    }
  });
});

describe("no-var", () => {
  it.each([
    ["var x = 1; return x;", "const x = 1; return x;"],
    ["var x = 1; x++; return x;", "let x = 1; x++; return x;"],
    ["var x; if (a) x = 1; return x;", "let x; if (a) x = 1; return x;"],
    ["var x = 1; return () => x;", "const x = 1; return () => x;"],
    ["var a = 1, b = a;", "const a = 1, b = a;"],
    ["var x = 1; class A { m() { return x; } }", "const x = 1; class A { m() { return x; } }"],
  ])("changes %s", (text, expected) => {
    expect(refactored("no-var", inFunction(text))).toBe(inFunction(expected));
  });

  it.each([
    ["used before", "f(x); var x = 1;"],
    ["used in its own value", "var x = x || {};"],
    ["used by a hoisted function", "g(); var x = 1; function g() { return x; }"],
    ["in a loop, where the value stays", "for (;;) { var x; f(x); x = 1; }"],
    ["in the head of a loop with closures", "for (var i = 0; i < 3; i++) f(() => i);"],
    ["in a block, used outside", "if (a) { var x = 1; } f(x);"],
    ["in a case", "switch (a) { case 1: var x = 1; }"],
    ["declared twice", "var x = 1; var x = 2;"],
    ["declared again in a block", "var x = 1; if (a) { var x = 2; }"],
    ["a parameter too", "((x) => { var x; return x; })(1);"],
    ["shadowed", "var x = 1; f((x) => x);"],
    ["caught", "var e = 1; try { f(); } catch (e) { g(e); }"],
    ["a function too", "var x = 1; { function x() {} }"],
    ["a pattern", "var { x } = o;"],
    ["called arguments", "var arguments = 1;"],
    ["labelled", "label: var x = 1;"],
    ["asked for by typeof before", "if (typeof x === 'undefined') f(); var x = 1;"],
  ])("leaves a variable that is %s", (_name, text) => {
    expect(refactored("no-var", inFunction(text))).toBe(inFunction(text));
  });

  it("leaves what other files may use, and what a module shows before it has a value", () => {
    for (const text of [
      "var shared = 1;",
      "export var x = 1;",
      "var x = 1; export { x };",
      "function f() { var x = 1; } f(x);",
    ]) {
      expect(refactored("no-var", text)).toBe(text);
    }
    expect(refactored("no-var", 'import "a";\nvar x = 1;\nf(x);')).toBe(
      'import "a";\nconst x = 1;\nf(x);',
    );
  });
});

describe("strict-equality", () => {
  it.each([
    ['typeof x == "string"', 'typeof x === "string"'],
    ['"string" != typeof x', '"string" !== typeof x'],
    ["typeof x == typeof y", "typeof x === typeof y"],
    ["typeof x == `a${b}`", "typeof x === `a${b}`"],
    ["!a == !b", "!a === !b"],
    ["+a == 1", "+a === 1"],
    ["(a < b) != (c in d)", "(a < b) !== (c in d)"],
    ["(typeof a == 'x') == true", "(typeof a === 'x') === true"],
  ])("changes %s", (text, expected) => {
    expect(refactored("strict-equality", `f(${text});`)).toBe(`f(${expected});`);
  });

  it.each([
    "x == null",
    "null == undefined",
    'x == "1"',
    "typeof x == y",
    "x.length == 0",
    '1 == "1"',
    "-a == 1",
    "1n == 1",
    "a + b == 1",
    'typeof x /* == */ == "string"',
    'String(x) == "a"',
    "'a == b'",
  ])("leaves %s", (text) => {
    expect(refactored("strict-equality", `f(${text});`)).toBe(`f(${text});`);
  });
});

describe("unused-imports", () => {
  const used = "\nf(used);\n";
  it.each([
    ['import gone, { used } from "m";', 'import { used } from "m";'],
    ['import used, { gone } from "m";', 'import used from "m";'],
    ['import used, * as gone from "m";', 'import used from "m";'],
    ['import gone, * as used from "m";', 'import * as used from "m";'],
    ['import { gone, used } from "m";', 'import { used } from "m";'],
    ['import { used, gone, other as away } from "m";', 'import { used } from "m";'],
    ['import { a1, used, a2, } from "m";', 'import { used, } from "m";'],
    ['import {\n  gone,\n  used,\n  away,\n} from "m";', 'import {\n  used,\n} from "m";'],
    ['import gone from "m"; f(used);', 'import "m"; f(used);'],
    [
      'import data from "./m.json" with { type: "json" };',
      'import "./m.json" with { type: "json" };',
    ],
  ])("changes %s", (text, expected) => {
    expect(refactored("unused-imports", text + used)).toBe(expected + used);
  });

  it("knows what a compiler of TypeScript may do", () => {
    expect(refactored("unused-imports", 'import type { Gone } from "m";\nf();\n', "a.ts")).toBe(
      "f();\n",
    );
    expect(
      refactored("unused-imports", 'import { type Gone, used } from "m";\nused();\n', "a.ts"),
    ).toBe('import { used } from "m";\nused();\n');
    const whole = 'import { gone } from "m";\nf();\n';
    expect(refactored("unused-imports", whole, "a.ts")).toBe(whole);
    const type = 'import { T } from "m";\nlet x: T;\n';
    expect(refactored("unused-imports", type, "a.ts")).toBe(type);
  });

  it.each([
    ["a comment", 'import { a } from "m"; // a'],
    ["a type in a comment", 'import { a } from "m";\n/** @type {a} */'],
    ["a text", 'import { a } from "m"; f("a");'],
    ["a property of the same name", 'import { a } from "m"; f(o.a);'],
    ["an export", 'import { a } from "m"; export { a };'],
    ["a comment between", 'import { /* keep */ a, b } from "m"; f(b);'],
    ["JSX that may use it", 'import React from "react"; f(<p/>);'],
    ["an identifier with escapes", 'import { a } from "m"; f(\\u0061);'],
    ["nothing", 'import "m"; import {} from "n";'],
  ])("leaves an import beside %s", (_name, text) => {
    expect(refactored("unused-imports", text)).toBe(text);
  });
});

describe("refactor-code", () => {
  const BEFORE =
    'import { a, b } from "m";\r\nlet x = a;\r\n\r\nif (typeof x == "string") f(x);\r\n';
  const AFTER =
    'import { a } from "m";\r\nconst x = a;\r\n\r\nif (typeof x === "string") f(x);\r\n';
  const CHANGES = [
    {
      path: "src/a b.js",
      codemod: "unused-imports",
      line: 1,
      before: 'import { a, b } from "m";',
      after: 'import { a } from "m";',
    },
    {
      path: "src/a b.js",
      codemod: "prefer-const",
      line: 2,
      before: "let x = a;",
      after: "const x = a;",
    },
    {
      path: "src/a b.js",
      codemod: "strict-equality",
      line: 4,
      before: 'if (typeof x == "string") f(x);',
      after: 'if (typeof x === "string") f(x);',
    },
  ];

  it("answers a patch that git applies, and leaves the files alone", async () => {
    await using tree = await makeTree({
      "src/a b.js": BEFORE,
      "src/no-end.js": "export {}; let y = 1;",
      "src/same.js": "f();\n",
      "lib/c.py": "x = 1\n",
    });
    const context = skillContext();

    expect(await run({ path: tree.root }, context)).toEqual({
      changes: [
        ...CHANGES,
        {
          path: "src/no-end.js",
          codemod: "prefer-const",
          line: 1,
          before: "export {}; let y = 1;",
          after: "export {}; const y = 1;",
        },
      ],
      change_count: 4,
      patch: "/runs/run-1/refactoring-stage-0.patch",
      applied: false,
      left: [],
    });
    expect(await readFile(tree.path("src/a b.js"), "utf8")).toBe(BEFORE);
    execFileSync("git", ["init", "-q"], { cwd: tree.root });
    execFileSync("git", ["apply", "-"], {
      cwd: tree.root,
      input: context.artifacts.get("refactoring-stage-0.patch"),
    });
    expect(await readFile(tree.path("src/a b.js"), "utf8")).toBe(AFTER);
    expect(await readFile(tree.path("src/no-end.js"), "utf8")).toBe("export {}; const y = 1;");
  });

  it("writes the files when asked to, with their mode, and finds nothing more then", async () => {
    await using tree = await makeTree({ "src/a b.js": BEFORE });
    await chmod(tree.path("src/a b.js"), 0o755);

    const first = await run({ path: tree.root, apply: true }, skillContext());
    expect(first).toMatchObject({ changes: CHANGES, change_count: 3, applied: true, left: [] });
    expect(await readFile(tree.path("src/a b.js"), "utf8")).toBe(AFTER);
    expect((await stat(tree.path("src/a b.js"))).mode & 0o777).toBe(0o755);
    expect(await readdir(tree.path("src"))).toEqual(["a b.js"]);
    expect(await run({ path: tree.root, apply: true }, skillContext())).toEqual({
      changes: [],
      change_count: 0,
      patch: "/runs/run-1/refactoring-stage-0.patch",
      applied: true,
      left: [],
    });
  });

  it("uses the codemods that it is given, and no others", async () => {
    await using tree = await makeTree({ "a.js": BEFORE });
    const { changes } = await run(
      { path: tree.path("a.js"), codemods: ["prefer-const"] },
      skillContext(),
    );
    expect(changes).toEqual([
      {
        path: "a.js",
        codemod: "prefer-const",
        line: 2,
        before: "let x = a;",
        after: "const x = a;",
      },
    ]);
    expect(await run({ path: tree.root, codemods: [] }, skillContext())).toMatchObject({
      change_count: 0,
    });
  });

  it("says which files it leaves, and why", async () => {
    await using tree = await makeTree({
      "deep.js": `f(${"[\n".repeat(20_000)}${"]\n".repeat(20_000)});`,
      "dynamic.js": "function f() { let x = 1; eval('x = 2'); }",
      "old.js": "function f(o) { let x = 1; with (o) x; }",
      "twice.js": "let x = 1; let x = 2;",
      "types.d.ts": "export let x: number;",
      'q"uote.js': "export {}; let x = 1;",
    });
    const { left, change_count } = await run({ path: tree.root, apply: true }, skillContext());
    expect({ left, change_count }).toEqual({
      left: [
        { path: "deep.js", reason: "nested too deeply" },
        { path: "dynamic.js", reason: "eval or with may use any variable" },
        { path: "old.js", reason: "eval or with may use any variable" },
        { path: 'q"uote.js', reason: "its name cannot stand in a patch" },
        { path: "twice.js", reason: expect.stringMatching(/^syntax error: /) },
        { path: "types.d.ts", reason: "declarations only" },
      ],
      change_count: 0,
    });
  });

  it("does not write where the file has changed, or leads out of the directory", async () => {
    await using outside = await makeTree({ "b.js": "old" });
    await using tree = await makeTree({ "a.js": "new", "c.js": "old" });
    await symlink(outside.root, tree.path("linked"));
    await symlink(outside.path("b.js"), tree.path("link.js"));
    const replaced = (file: string) => replaceText(tree.root, file, { from: "old", to: "written" });

    expect([
      await replaced("a.js"),
      await replaced("linked/b.js"),
      await replaced("link.js"),
      await replaced("../b.js"),
      await replaced("c.js"),
    ]).toEqual([
      "it changed since it was analysed",
      "behind a symbolic link",
      "symbolic link",
      "outside the analysed directory",
      undefined,
    ]);
    expect(await readFile(outside.path("b.js"), "utf8")).toBe("old");
    expect(await readdir(outside.root)).toEqual(["b.js"]);
    expect(await readFile(tree.path("c.js"), "utf8")).toBe("written");
  });

  it("never changes what this repository's own code does: it parses, and nothing is found twice", async () => {
    const folder = new URL("../../skills/refactor-code/", import.meta.url);
    for (const name of await readdir(folder)) {
      if (!name.endsWith(".ts")) continue;
      const text = await readFile(new URL(name, folder), "utf8");
      expect([name, refactorFile(name, text, CODEMOD_NAMES).status]).toEqual([name, "unchanged"]);
    }
  });

  it.each([
    [{ path: ".", codemods: ["no-such"] }, "invalid-input", "/codemods/0"],
    [{ path: ".", apply: "yes" }, "invalid-input", "/apply"],
    [{ path: "/nowhere/at/all" }, "path-not-found", undefined],
  ])("refuses %j", async (inputs, code, pointer) => {
    await expect(run(inputs, skillContext())).rejects.toMatchObject({ code, disposition: "fail" });
    const error = await run(inputs, skillContext()).catch((thrown) => thrown);
    expect(error.location?.pointer).toBe(pointer);
  });

  it("stops when it is told to, before anything is written", async () => {
    await using tree = await makeTree();
    await writeFile(tree.path("a.js"), BEFORE);
    const signal = AbortSignal.abort(new DOMException("enough", "AbortError"));
    await expect(
      run({ path: tree.root, apply: true }, skillContext({ signal })),
    ).rejects.toMatchObject({ name: "AbortError" });
    expect(await readFile(tree.path("a.js"), "utf8")).toBe(BEFORE);
  });
});
