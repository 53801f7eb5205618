import { execFileSync } from "node:child_process";
import { symlink, utimes } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { run as analyse } from "../../skills/complexity-analysis/run.ts";
import { run } from "../../skills/test-coverage/run.ts";
import { makeTree, skillContext, type Tree } from "./skill-context.ts";

const CODE = "one();\ntwo();\n";

describe("a coverage report", () => {
  it.each<readonly [string, (root: string) => Record<string, string>, [number, number]]>([
    [
      "lcov",
      (root) => ({
        "src/a.js": CODE,
        "coverage/lcov.info": `TN:\nSF:${root}/src/a.js\nDA:1,3\nDA:2,0\nend_of_record\nDA:9,1\n`,
      }),
      [1, 2],
    ],
    [
      "istanbul",
      (root) => ({
        "src/a.js": CODE,
        "coverage/coverage-final.json": JSON.stringify({
          [`${root}/src/a.js`]: {
            path: `${root}/src/a.js`,
            statementMap: {
              "0": { start: { line: 1, column: 0 }, end: { line: 1, column: 6 } },
              "1": { start: { line: 1, column: 7 }, end: { line: 1, column: 9 } },
              "2": { start: { line: 2, column: 0 }, end: { line: 2, column: 6 } },
            },
            s: { "0": 4, "1": 0, "2": 0 },
          },
        }),
      }),
      [1, 2],
    ],
    [
      "xml",
      () => ({
        "src/pkg/a.py": CODE,
        "coverage.xml": `<?xml version="1.0" ?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage><sources><source>/elsewhere/src</source></sources><packages><package name="pkg"><classes>
<class filename="pkg/a.py"><methods><method><lines><line number="1" hits="0"/></lines></method></methods>
<lines><line number="1" hits="1"/><line number="2" hits="0"/></lines></class>
</classes></package></packages></coverage>`,
      }),
      [1, 2],
    ],
    [
      "xml",
      () => ({
        "src/main/java/a/b/C.java": "class C {\n}\n",
        "target/site/jacoco/jacoco.xml": `<report name="r"><package name="a/b"><sourcefile name="C.java">
<line nr="1" mi="0" ci="2" mb="0" cb="0"/><line nr="2" mi="3" ci="0" mb="0" cb="0"/></sourcefile></package></report>`,
      }),
      [1, 2],
    ],
    [
      "go-cover",
      () => ({
        "inner/a.go": "package a\n\nfunc f() {\n\tg()\n}\n\nfunc g() {\n}\n",
        "cover.out":
          "mode: set\nexample.org/app/inner/a.go:3.10,5.2 1 1\nexample.org/app/inner/a.go:7.10,8.2 0 0\n",
      }),
      [3, 5],
    ],
  ])("of the format %s is read", async (format, filesIn, [covered, total]) => {
    await using tree = await makeTree();
    const files = filesIn(tree.root);
    await using filled = await fill(tree, files);
    const [source = "", report = ""] = Object.keys(files);

    const outcome = await coverageOf(filled, [source]);

    expect(outcome).toEqual({
      tool: { name: "test-coverage", version: "1.0.0" },
      agent: "agent-1",
      status: "measured",
      coverage: {
        reports: [
          {
            file: report,
            format,
            files: 1,
            written_at: expect.stringMatching(/^\d{4}-.*Z$/),
            seconds_behind: expect.any(Number),
          },
        ],
        covered,
        total,
        files: [{ file: source, covered, total }],
        files_without: [],
      },
      not_read: [],
    });
  });

  it("of V8 is read as Node writes it, the processes added up", async () => {
    await using tree = await makeTree({
      "src/a.js": `function used(kind) {
  if (kind === "first") {
    return 1;
  }

  return 2;
}
function never() {
  return 3;
}
used(process.argv[2]);
`,
    });
    for (const kind of ["first", "second"]) {
      execFileSync(process.execPath, [tree.path("src/a.js"), kind], {
        env: { NODE_V8_COVERAGE: tree.path("coverage/tmp") },
      });
    }

    const { coverage } = await coverageOf(tree, ["src/a.js"]);

    // Ten lines are not blank, and three of them are the function that never ran.
    expect(coverage).toMatchObject({
      reports: [{ format: "v8" }, { format: "v8" }],
      files: [{ file: "src/a.js", covered: 7, total: 10 }],
    });
  });

  it("says how far it is behind the newest source, and which sources it does not name", async () => {
    await using tree = await makeTree({
      "src/a.js": CODE,
      "src/b.js": CODE,
      "test/a.test.js": CODE,
      "lcov.info": "SF:src/a.js\nDA:1,1\nend_of_record\n",
    });
    await utimes(tree.path("src/a.js"), 1_000, 1_000);
    await utimes(tree.path("src/b.js"), 5_000, 5_000);
    await utimes(tree.path("lcov.info"), 2_000, 2_000);

    const { coverage } = await coverageOf(tree, ["src/a.js", "src/b.js", "test/a.test.js"]);

    expect(coverage).toEqual({
      reports: [
        {
          file: "lcov.info",
          format: "lcov",
          files: 1,
          written_at: "1970-01-01T00:33:20.000Z",
          seconds_behind: 3_000,
        },
      ],
      covered: 1,
      total: 1,
      files: [{ file: "src/a.js", covered: 1, total: 1 }],
      files_without: ["src/b.js"],
    });
  });

  it.each([
    ["lcov.info", "SF:../../etc/passwd\nDA:1,1\n", "names none of the analysed"],
    ["lcov.info", "DA:1,1\nSF:src/a.js\nDA:x,1\nDA:1e9,1\n", "names none of the analysed"],
    ["coverage-final.json", "{", "not JSON"],
    ["coverage-final.json", '{"a":1}', "not what its name promises"],
    ["coverage/tmp/a.json", '{"result":[{"url":"file:///%","functions":[]}]}', "names none"],
    [
      "coverage/tmp/b.json",
      '{"result":[{"url":"file:///elsewhere/src/a.js","functions":[{"ranges":[{"startOffset":0,"endOffset":14,"count":1}]}]}]}',
      "names none",
    ],
    ["coverage.xml", "<html></html>", "<html> is neither Cobertura nor JaCoCo"],
    ["coverage.xml", "<coverage>", "not XML: Unclosed root tag"],
    [
      "coverage.xml",
      '<!DOCTYPE c [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]><coverage>&c;&a;</coverage>',
      "not XML: Invalid character entity",
    ],
    ["cover.out", "mode: set\nsrc/a.js:1.1,99999999999999.1 1 1\n".repeat(9), "more than 2000000"],
  ])("in $0 that is broken or hostile is refused: $2", async (file, text, reason) => {
    await using tree = await makeTree({ "src/a.js": CODE, [file]: text });

    const outcome = await coverageOf(tree, ["src/a.js"]);

    expect([outcome["status"], outcome["not_read"]]).toEqual([
      "reach",
      [{ file, reason: expect.stringContaining(reason) }],
    ]);
  });

  it("is not followed where it is a link", async () => {
    await using outside = await makeTree({ "lcov.info": "SF:src/a.js\nDA:1,1\n" });
    await using tree = await makeTree({ "src/a.js": CODE });
    await symlink(outside.path("lcov.info"), tree.path("lcov.info"));
    await symlink(outside.root, tree.path("coverage"));

    const outcome = await coverageOf(tree, ["src/a.js"]);

    expect([outcome["status"], outcome["not_read"]]).toEqual([
      "reach",
      [
        { file: "coverage/coverage-final.json", reason: "behind a symbolic link" },
        { file: "coverage/lcov.info", reason: "behind a symbolic link" },
        { file: "lcov.info", reason: "unreadable (ELOOP)" },
        { file: "coverage/cobertura-coverage.xml", reason: "behind a symbolic link" },
        { file: "coverage/cobertura.xml", reason: "behind a symbolic link" },
      ],
    ]);
  });
});

describe("reach", () => {
  it("says which sources no test leads to, in each language", async () => {
    const files = {
      "src/direct.ts": 'import { x } from "./indirect.ts";\nimport type { T } from "./types.ts";\n',
      "src/indirect.ts": "export const x = 1;\n",
      "src/types.ts": "export type T = 1;\n",
      "src/alone.ts": 'import "./direct.ts";\n',
      "src/direct.test.ts": 'const d = await import("./direct.ts");\n',
      "pkg/__init__.py": "",
      "pkg/used.py": "",
      "pkg/unused.py": "",
      "tests/test_used.py": "from pkg.used import thing\n",
      "go.mod": "module example.org/app\n",
      "inner/a.go": 'package inner\nimport "example.org/app/deep"\nvar _ = deep.X\n',
      "inner/a_test.go": "package inner\n",
      "deep/deep.go": "package deep\nvar X = 1\n",
      "far/far.go": "package far\n",
      "src/main/java/a/A.java": "package a;\nclass A {}\n",
      "src/test/java/a/ATest.java": "package a;\nclass ATest {}\n",
      "src/main/java/b/B.java": "package b;\nclass B {}\n",
      "Cargo.toml": '[package]\nname = "my-crate"\n',
      "src/lib.rs": "mod own;\nmod shapes;\n",
      "src/own.rs": "#[test]\nfn holds() {}\n",
      "src/shapes.rs": "pub struct Circle;\n",
      "src/bin/tool.rs": "fn main() {}\n",
      "tests/it.rs": "use my_crate::shapes::Circle;\n",
      "script.sh": "echo\n",
    };
    await using tree = await makeTree(files);
    const sources = Object.keys(files).filter((name) => !/go\.mod|toml/.test(name));
    const unreached = [
      "far/far.go",
      "pkg/unused.py",
      "src/alone.ts",
      "src/bin/tool.rs",
      "src/lib.rs",
      "src/main/java/b/B.java",
    ];

    expect(await coverageOf(tree, sources)).toEqual({
      tool: { name: "test-coverage", version: "1.0.0" },
      agent: "agent-1",
      status: "reach",
      reason: "there is no coverage report to read",
      reach: { tests: 6, sources: 15, reached: 9, unreached, types_only: ["src/types.ts"] },
      not_read: [],
    });
  });

  it("is not run, with the reason, where no imports are known", async () => {
    await using tree = await makeTree({ "script.sh": "echo\n" });

    const outcome = await coverageOf(tree, ["script.sh"]);

    expect([outcome["status"], outcome["reason"]]).toEqual([
      "not-run",
      "there is no coverage report, and no file whose imports are known",
    ]);
  });
});

it.each([
  [{ path: "/", reports: 1 }, "invalid-input"],
  [{ path: "/", reports: [{ sizes: [1] }] }, "invalid-input"],
  [{ path: null, reports: [] }, "invalid-input"],
  [{ path: "/missing/really", reports: [] }, "path-not-found"],
])("refuses the inputs %j with %s", async (inputs, code) => {
  await expect(run(inputs, skillContext())).rejects.toMatchObject({ code });
});

async function fill(tree: Tree, files: Readonly<Record<string, string>>): Promise<Tree> {
  await using copy = await makeTree(files);
  execFileSync("cp", ["-r", `${copy.root}/.`, tree.root]);
  return tree;
}

/** As the cascade does it: with the outputs of `complexity-analysis`, and of others among them. */
async function coverageOf(tree: Tree, files: readonly string[]) {
  const report = await analyse({ path: tree.root, files }, skillContext());
  return await run({ path: tree.root, reports: [{ findings: [] }, report] }, skillContext());
}
