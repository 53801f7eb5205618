import { describe, expect, it } from "vitest";
import {
  type FileImport,
  type FileImports,
  findCycles,
  resolveImports,
} from "../../skills/import-graph.ts";

describe("resolveImports", () => {
  it.each<readonly [string, FileImports[], string[]]>([
    [
      "JavaScript and TypeScript",
      [
        script("src/a.ts", ["./b", "./b.js", "./c/", "..", "../lib/d.mjs", "./e.vue", "./x?raw"]),
        script("src/b.ts", ["a", "/src/a.ts", "../../../etc/passwd"]),
        script("src/c/index.tsx", []),
        script("index.js", []),
        script("lib/d.mjs", []),
        script("src/x.js", []),
      ],
      [
        "src/a.ts > src/b.ts",
        "src/a.ts > src/b.ts",
        "src/a.ts > src/c/index.tsx",
        "src/a.ts > index.js",
        "src/a.ts > lib/d.mjs",
        "src/a.ts > src/x.js",
      ],
    ],
    [
      "Python",
      [
        file("Python", "pkg/sub/a.py", [".:b", "..:top", "..other:thing", "pkg.sub.b", "os.path"]),
        file("Python", "pkg/sub/b.py", ["pkg:top", "pkg.other", ".:*", "....far:x"]),
        file("Python", "pkg/sub/__init__.py", []),
        file("Python", "pkg/__init__.py", []),
        file("Python", "pkg/top.py", []),
        file("Python", "pkg/other/__init__.py", []),
        file("Python", "src/app/main.py", ["app.tool:run"]),
        file("Python", "src/app/tool.py", []),
      ],
      [
        "pkg/sub/a.py > pkg/sub/b.py",
        "pkg/sub/a.py > pkg/top.py",
        "pkg/sub/a.py > pkg/other/__init__.py",
        "pkg/sub/a.py > pkg/sub/b.py",
        "pkg/sub/b.py > pkg/top.py",
        "pkg/sub/b.py > pkg/other/__init__.py",
        "pkg/sub/b.py > pkg/sub/__init__.py",
        "src/app/main.py > src/app/tool.py",
      ],
    ],
    [
      "Java",
      [
        java("src/main/java/a/A.java", "a", ["b.B", "b.B.Inner", "b.*", "java.util.List"]),
        java("src/main/java/b/B.java", "b", []),
        java("src/main/java/b/C.java", "b", []),
      ],
      [
        "src/main/java/a/A.java > src/main/java/b/B.java",
        "src/main/java/a/A.java > src/main/java/b/B.java",
        "src/main/java/a/A.java > src/main/java/b/B.java",
        "src/main/java/a/A.java > src/main/java/b/C.java",
      ],
    ],
    [
      "Go",
      [
        go("app/main.go", ["example.org/app/inner", "fmt", "example.org/apple", "example.org/app"]),
        go("app/inner/a.go", []),
        go("app/inner/b.go", []),
        go("app/inner/b_test.go", []),
        go("fmt/fmt.go", []),
      ],
      ["app/main.go > app/inner/a.go", "app/main.go > app/inner/b.go"],
    ],
    [
      "Rust",
      [
        rust("src/lib.rs", ["mod shapes", "mod tools"]),
        rust("src/shapes/mod.rs", ["mod circle", "crate::tools::Tool", "std::fmt"]),
        rust("src/shapes/circle.rs", ["super::Shape", "crate::Thing", "super::super::tools::x"]),
        rust("src/tools.rs", ["self::inner::Deep"]),
        rust("src/tools/inner.rs", ["super::Tool"]),
        rust("tests/it.rs", ["my_crate::shapes::circle::Circle"]),
      ],
      [
        "src/lib.rs > src/shapes/mod.rs",
        "src/lib.rs > src/tools.rs",
        "src/shapes/mod.rs > src/shapes/circle.rs",
        "src/shapes/mod.rs > src/tools.rs",
        "src/shapes/circle.rs > src/shapes/mod.rs",
        "src/shapes/circle.rs > src/lib.rs",
        "src/shapes/circle.rs > src/tools.rs",
        "src/tools.rs > src/tools/inner.rs",
        "src/tools/inner.rs > src/tools.rs",
        "tests/it.rs > src/shapes/circle.rs",
      ],
    ],
  ])("knows the files that %s means", (_, files, expected) => {
    expect(resolveImports(files).map(({ from, to }) => `${from} > ${to}`)).toEqual(expected);
  });
});

describe("findCycles", () => {
  it("finds each seeded cycle by its shortest way round, and no other", () => {
    const files = [
      script("two/a.ts", ["./b"]),
      script("two/b.ts", ["./a"]),
      script("ring/a.js", ["./b", "./d"]),
      script("ring/b.js", ["./c"]),
      script("ring/c.js", ["./a"]),
      script("ring/d.js", ["./b"]),
      file("Python", "py/a.py", [".:b"]),
      file("Python", "py/b.py", ["py.a"]),
      java("j/A.java", "j", ["k.B"]),
      java("k/B.java", "k", ["j.A"]),
      // What only looks like one: for types, later, a diamond, and what these languages are meant to do.
      script("type/a.ts", [["./b", "type", 1]]),
      script("type/b.ts", ["./a"]),
      script("late/a.ts", [["./b", "dynamic", 1]]),
      script("late/b.ts", ["./a"]),
      script("diamond/a.ts", ["./b", "./c"]),
      script("diamond/b.ts", ["./d"]),
      script("diamond/c.ts", ["./d"]),
      script("diamond/d.ts", []),
      script("self.ts", ["./self"]),
      rust("src/lib.rs", ["self::x::Y"]),
      rust("src/x.rs", ["super::Z"]),
    ];
    const expected = [
      { files: ["j/A.java", "k/B.java"], path: ["j/A.java", "k/B.java"] },
      { files: ["py/a.py", "py/b.py"], path: ["py/a.py", "py/b.py"] },
      {
        files: ["ring/a.js", "ring/b.js", "ring/c.js", "ring/d.js"],
        path: ["ring/a.js", "ring/b.js", "ring/c.js"],
      },
      { files: ["two/a.ts", "two/b.ts"], path: ["two/a.ts", "two/b.ts"] },
    ];

    const found = findCycles(files);
    const right = found.filter((cycle) =>
      expected.some((each) => each.files.join() === cycle.files.join()),
    ).length;
    const [precision, recall] = [right / found.length, right / expected.length];
    process.stdout.write(
      `cycles: precision ${precision}, recall ${recall} of ${expected.length}\n`,
    );

    expect(found.map((cycle) => ({ ...cycle, path: cycle.path.map((step) => step.file) }))).toEqual(
      expected,
    );
  });

  it("names the lines of the imports that close a cycle", () => {
    const files = [
      script("a.ts", [["./b", "static", 3]]),
      script("b.ts", [
        ["./a", "type", 1],
        ["./a", "static", 7],
      ]),
    ];

    expect(findCycles(files)).toEqual([
      {
        files: ["a.ts", "b.ts"],
        path: [
          { file: "a.ts", line: 3 },
          { file: "b.ts", line: 7 },
        ],
      },
    ]);
  });

  it("ends on a ring of many files, which recursion would not", () => {
    const count = 20_000;
    const files = Array.from({ length: count }, (_, at) =>
      script(`f${at}.js`, [`./f${(at + 1) % count}`]),
    );

    expect(findCycles(files).map((cycle) => cycle.path.length)).toEqual([count]);
  });
});

function file(
  language: string,
  name: string,
  imports: readonly (string | FileImport)[],
): FileImports {
  return {
    file: name,
    language,
    imports: imports.map((each) => (typeof each === "string" ? [each, "static", 1] : each)),
  };
}

function script(name: string, imports: readonly (string | FileImport)[]): FileImports {
  return file(/ts/.test(name) ? "TypeScript" : "JavaScript", name, imports);
}

function java(name: string, packageName: string, imports: readonly string[]): FileImports {
  return { ...file("Java", name, imports), package: packageName };
}

function go(name: string, imports: readonly string[]): FileImports {
  return { ...file("Go", name, imports), module: { name: "example.org/app", folder: "app" } };
}

function rust(name: string, imports: readonly string[]): FileImports {
  return { ...file("Rust", name, imports), module: { name: "my-crate", folder: "" } };
}
