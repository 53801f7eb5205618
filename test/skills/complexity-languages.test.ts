import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { measureSource } from "../../skills/complexity-analysis/measure-source.ts";

const FOLDER = fileURLToPath(new URL("../fixtures/skills/languages/", import.meta.url));

/** Counted by hand: name, cyclomatic, cognitive; without the last when it counts towards the function around it. */
type Expected = readonly [name: string, cyclomatic: number, cognitive?: number];

const FUNCTIONS: Readonly<Record<string, { file: string; functions: readonly Expected[] }>> = {
  Python: {
    file: "measured.py",
    functions: [
      ["straight", 1, 0],
      ["branches", 6, 5],
      ["loops", 7, 7],
      ["risky", 3, 5],
      ["matched", 4, 1],
      ["lazy", 2, 3],
      ["(anonymous)", 4],
      ["again", 2, 2],
      ["decorator", 1, 0],
      ["wrapper", 2, 1],
      ["nested", 2, 4],
      ["inner", 2],
      ["method", 1, 0],
      ["value", 2, 1],
    ],
  },
  Go: {
    file: "measured.go",
    functions: [
      ["Straight", 1, 0],
      ["Branches", 5, 5],
      ["Loops", 6, 12],
      ["Switches", 6, 5],
      ["Again", 2, 2],
      ["Method", 1, 0],
      ["Closures", 1, 2],
      ["(anonymous)", 2],
    ],
  },
  Java: {
    file: "Measured.java",
    functions: [
      ["Measured", 1, 0],
      ["straight", 1, 0],
      ["branches", 6, 5],
      ["loops", 7, 13],
      ["switches", 8, 5],
      ["risky", 2, 3],
      ["again", 2, 2],
      ["other", 1, 0],
      ["closures", 1, 4],
      ["(anonymous)", 2],
      ["run", 2],
    ],
  },
  Rust: {
    file: "measured.rs",
    functions: [
      ["straight", 1, 0],
      ["branches", 6, 5],
      ["loops", 5, 8],
      ["matched", 6, 5],
      ["early", 3, 3],
      ["again", 2, 3],
      ["method", 1, 0],
      ["closures", 1, 3],
      ["(anonymous)", 2],
      ["holds", 1, 0],
    ],
  },
};

describe.each(Object.entries(FUNCTIONS))("%s", (language, { file, functions }) => {
  it("has the complexities that were counted by hand", async () => {
    const { measured } = await measure(file, language);

    expect(
      measured.functions.map(({ name, cyclomatic, cognitive }) =>
        cognitive === undefined ? [name, cyclomatic] : [name, cyclomatic, cognitive],
      ),
    ).toEqual(functions);
  });

  it("says where a function begins", async () => {
    const { measured, text } = await measure(file, language);
    const lines = text.split("\n");

    const wrong = measured.functions.filter(
      ({ name, line }) => name !== "(anonymous)" && !lines[line - 1]?.includes(name),
    );

    expect(wrong).toEqual([]);
  });

  it("is not measured where its syntax is broken, and the line is told", async () => {
    expect(await measureSource(file, "a\n\n)(\n", language)).toEqual({
      status: "not-parsed",
      reason: "syntax error",
      line: expect.any(Number),
    });
  });

  it.each([
    ["brackets", "(".repeat(100_000) + ")".repeat(100_000)],
    ["quotes", "\"'`".repeat(100_000)],
  ])("takes a hostile file of %s in bounded time", { timeout: 30_000 }, async (_, text) => {
    expect((await measureSource(file, text, language)).status).toMatch(/^(?:measured|not-parsed)$/);
  });
});

it("gives up on functions that are nested without end", async () => {
  const text = `x = ${"lambda: ".repeat(2_000)}0\n`;

  expect(await measureSource("a.py", text, "Python")).toEqual({
    status: "not-parsed",
    reason: "nested too deeply",
  });
});

it.each([
  [
    "Python",
    "measured.py",
    [
      ["os.path", "static", 1],
      ["sys", "static", 1],
      ["typing:TYPE_CHECKING", "static", 2],
      [".:sibling", "static", 3],
      [".:other", "static", 3],
      ["..above.module:first", "static", 4],
      ["..above.module:second", "static", 4],
      [".shapes:Shape", "type", 10],
      [".late:thing", "dynamic", 62],
      ["doctest", "dynamic", 96],
    ],
  ],
  [
    "Go",
    "measured.go",
    [
      ["fmt", "static", 4],
      ["example.org/app/inner/deep", "static", 5],
    ],
  ],
  [
    "Java",
    "Measured.java",
    [
      ["java.util.List", "static", 3],
      ["org.example.other.*", "declaration", 4],
      ["org.example.tools.Tool", "static", 5],
    ],
  ],
  [
    "Rust",
    "measured.rs",
    [
      ["crate::shapes::circle::Circle", "static", 1],
      ["crate::shapes::square", "static", 1],
      ["crate::shapes::*", "static", 1],
      ["super::above", "static", 2],
      ["mod child", "declaration", 4],
      ["self::*", "static", 61],
      ["super::higher::Thing", "static", 62],
    ],
  ],
])("reads the imports of %s", async (language, file, expected) => {
  expect((await measure(file, language)).imports).toEqual(expected);
});

it("reads the imports of TypeScript", async () => {
  const text = `import a from "./a.ts";
import type { B } from "./b.ts";
import { type C, type D } from "./c.ts";
import { type E, f } from "./e.ts";
export * from "./g.ts";
export type { H } from "./h.ts";
import i = require("./i.ts");
const j = require("./j.ts");
function later() { return import("./k.ts"); }
const no = require(name) + import.meta.url;
`;
  const source = await measureSource("a.ts", text, "TypeScript");

  expect(source).toMatchObject({
    imports: [
      ["./a.ts", "static", 1],
      ["./b.ts", "type", 2],
      ["./c.ts", "type", 3],
      ["./e.ts", "static", 4],
      ["./g.ts", "static", 5],
      ["./h.ts", "type", 6],
      ["./i.ts", "static", 7],
      ["./j.ts", "static", 8],
      ["./k.ts", "dynamic", 9],
    ],
  });
});

async function measure(file: string, language: string) {
  const text = readFileSync(FOLDER + file, "utf8");
  const source = await measureSource(file, text, language);
  if (source.status !== "measured") throw new Error(source.reason);
  return { ...source, text };
}
