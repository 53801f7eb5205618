import { existsSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Json } from "../../core/json.ts";
import { OXLINT } from "../../skills/lint-code/oxlint.ts";
import { run } from "../../skills/lint-code/run.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const SEEDED = fileURLToPath(new URL("../fixtures/skills/seeded", import.meta.url));
const BUG = "debugger;\n";

describe("lint-code", () => {
  it("finds the seeded bugs, and nothing in code that looks like them", async () => {
    const files = ["src/bugs.js", "src/look-alikes.js"];

    const report = await run({ path: SEEDED, files }, skillContext({ agent: "agent-7" }));

    expect(report).toMatchObject({
      tool: { name: "oxlint", version: OXLINT.version },
      agent: "agent-7",
      files_analysed: 2,
      not_analysed: [],
    });
    expect(brief(report["findings"])).toEqual([
      "src/bugs.js:2 high eslint/use-isnan",
      "src/bugs.js:3 high eslint/valid-typeof",
      "src/bugs.js:6 high eslint/no-dupe-keys",
      "src/bugs.js:9 medium eslint/array-callback-return",
      "src/bugs.js:10 low eslint/no-unused-expressions",
      "src/bugs.js:15 high eslint/no-unsafe-optional-chaining",
      "src/bugs.js:15 high eslint/no-unsafe-optional-chaining",
      "src/bugs.js:19 high eslint/no-async-promise-executor",
    ]);
  });

  it("carries tool, version, agent and place in every finding", async () => {
    await using tree = await makeTree({ "a.js": `\n  ${BUG}` });

    const { findings } = await run({ path: tree.root, files: ["a.js"] }, skillContext());

    expect(findings).toEqual([
      {
        file: "a.js",
        line: 2,
        column: 3,
        rule: "eslint/no-debugger",
        severity: "medium",
        message: "`debugger` statement is not allowed",
        help: "Remove the debugger statement",
        tool: "oxlint",
        tool_version: OXLINT.version,
        agent: "agent-1",
      },
    ]);
  });

  it("never uses the repository's own configuration", async () => {
    await using tree = await makeTree({
      ".oxlintrc.json": '{"rules":{"no-debugger":"off"},"ignorePatterns":["**"]}',
      "sub/.oxlintrc.json": '{"rules":{"no-debugger":"off"},"jsPlugins":["./plugin.js"]}',
      "sub/plugin.js": 'import fs from "node:fs"; fs.writeFileSync("planted", "");',
      "oxlint.config.ts":
        'import fs from "node:fs"; fs.writeFileSync("planted", ""); export default {};',
      ".eslintignore": "**\n",
      ".gitignore": "**\n",
      ".git/HEAD": "ref: refs/heads/main\n",
      "package.json": '{"type":"module","oxlint":{"rules":{"no-debugger":"off"}}}',
      "tsconfig.json": "{ not json",
      "a.js": BUG,
      "sub/b.ts": BUG,
    });

    const report = await run({ path: tree.root, files: ["a.js", "sub/b.ts"] }, skillContext());

    expect(brief(report["findings"])).toEqual([
      "a.js:1 medium eslint/no-debugger",
      "sub/b.ts:1 medium eslint/no-debugger",
    ]);
    expect([existsSync(tree.path("planted")), existsSync(tree.path("sub/planted"))]).toEqual([
      false,
      false,
    ]);
  });

  it("takes names with dashes, spaces and line breaks for names", async () => {
    const files = ["--fix.js", "-c", "a b.js", "line\nbreak.js", "quo'\"te.js"].map((name) =>
      name.endsWith(".js") ? name : `${name}.js`,
    );
    await using tree = await makeTree(Object.fromEntries(files.map((name) => [name, BUG])));

    const report = await run({ path: tree.root, files }, skillContext());

    expect(brief(report["findings"])).toEqual(
      [...files].sort().map((name) => `${name}:1 medium eslint/no-debugger`),
    );
  });

  it("loses no finding of other files to one on which the linter crashes", async () => {
    const deep = `x=${"(".repeat(20_000)}1${")".repeat(20_000)};\n`;
    await using tree = await makeTree({
      "a.js": BUG,
      "b.js": BUG,
      "deep.js": deep.replaceAll("((((((((((", "((((((((((\n"),
      "syntax.js": "let = = 1;\n",
      "z.js": BUG,
    });

    const report = await run(
      { path: tree.root, files: ["a.js", "b.js", "deep.js", "syntax.js", "z.js"] },
      skillContext(),
    );

    expect(brief(report["findings"])).toEqual([
      "a.js:1 medium eslint/no-debugger",
      "b.js:1 medium eslint/no-debugger",
      "z.js:1 medium eslint/no-debugger",
    ]);
    expect(report["not_analysed"]).toEqual([
      { file: "deep.js", reason: expect.stringContaining("crashed"), tool: "oxlint" },
      {
        file: "syntax.js",
        reason: expect.stringContaining("syntax error"),
        line: 1,
        tool: "oxlint",
      },
    ]);
    expect(report["files_analysed"]).toBe(3);
  });

  it("reads nothing outside the directory and nothing behind a link", async () => {
    await using outside = await makeTree({ "secret.js": BUG });
    await using tree = await makeTree({ "a.js": BUG });
    await symlink(outside.root, tree.path("link"));

    const report = await run(
      {
        path: tree.root,
        files: ["../secret.js", "/etc/passwd", "link/secret.js", "gone.js", "./a.js"],
      },
      skillContext(),
    );

    expect(brief(report["findings"])).toEqual(["a.js:1 medium eslint/no-debugger"]);
    expect(report["not_analysed"]).toEqual([
      { file: "../secret.js", reason: "outside the analysed directory", tool: "oxlint" },
      { file: "/etc/passwd", reason: "outside the analysed directory", tool: "oxlint" },
      { file: "link/secret.js", reason: "behind a symbolic link", tool: "oxlint" },
      { file: "gone.js", reason: "does not exist", tool: "oxlint" },
    ]);
  });

  it("passes over languages that it does not lint", async () => {
    await using tree = await makeTree({ "a.js": BUG, "b.py": "debugger\n", "c.txt": "text\n" });

    const report = await run({ path: tree.root, files: ["a.js", "b.py", "c.txt"] }, skillContext());

    expect([report["files_analysed"], report["not_analysed"]]).toEqual([
      1,
      [{ file: "c.txt", reason: "not a source language", tool: "oxlint" }],
    ]);
  });

  it("stops the linter when its signal is aborted", async () => {
    await using tree = await makeTree({ "a.js": BUG });
    const controller = new AbortController();

    const running = run({ path: tree.root, files: ["a.js"] }, skillContext(controller));
    controller.abort();

    await expect(running).rejects.toMatchObject({ name: "AbortError" });
  });

  it.each([
    [{ path: SEEDED }, "invalid-input"],
    [{ path: SEEDED, files: [1] }, "invalid-input"],
    [{ path: `${SEEDED}/missing`, files: [] }, "path-not-found"],
  ])("refuses the inputs %j with %s", async (inputs, code) => {
    await expect(run(inputs, skillContext())).rejects.toMatchObject({ code });
  });
});

function brief(findings: Json | undefined): string[] {
  const list = findings as { file: string; line: number; severity: string; rule: string }[];
  return [...list]
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line))
    .map((each) => `${each.file}:${each.line} ${each.severity} ${each.rule}`);
}
