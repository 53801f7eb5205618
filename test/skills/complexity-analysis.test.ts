import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { readChurn } from "../../skills/churn.ts";
import { run } from "../../skills/complexity-analysis/run.ts";
import { TREE_SITTER } from "../../skills/complexity-analysis/tree-sitter.ts";
import { PARSER } from "../../skills/syntax.ts";
import { makeTree, skillContext, type Tree } from "./skill-context.ts";

const SEEDED = fileURLToPath(new URL("../fixtures/skills/seeded", import.meta.url));
const NOW_S = 1_800_000_000;
const DAY_S = 86_400;

afterEach(() => vi.unstubAllEnvs());

describe("complexity-analysis", () => {
  it("finds the seeded tangle and not the straight code beside it", async () => {
    await using tree = await makeTree();
    execFileSync("cp", ["-r", SEEDED, tree.path("seeded")]);

    const report = await run(
      { path: tree.path("seeded"), files: ["src/tangled.ts", "src/broken.ts", "gone.ts"] },
      skillContext({ agent: "agent-7" }),
    );

    expect(report).toEqual({
      tool: { name: "complexity-analysis", version: "1.0.0" },
      parser: PARSER,
      parsers: [PARSER, TREE_SITTER],
      agent: "agent-7",
      files_analysed: 1,
      files_cached: 0,
      findings: [
        {
          file: "src/tangled.ts",
          line: 6,
          column: 8,
          rule: "complexity/cognitive",
          severity: "medium",
          message: "`tangled` has a cognitive complexity of 23 (at most 15 is easy to follow)",
          help: "Return early instead of nesting, and give loops and branches functions of their own.",
          tool: "complexity-analysis",
          tool_version: "1.0.0",
          agent: "agent-7",
        },
      ],
      metrics: [
        {
          file: "src/tangled.ts",
          lines: 29,
          functions: 5,
          cyclomatic: 12,
          cyclomatic_max: 8,
          cognitive: 23,
          cognitive_max: 23,
          commits_90d: null,
          commits_365d: null,
        },
      ],
      sizes: [
        {
          file: "src/tangled.ts",
          language: "TypeScript",
          lines: 29,
          commits_90d: null,
          commits_365d: null,
        },
        {
          file: "src/broken.ts",
          language: "TypeScript",
          lines: 2,
          commits_90d: null,
          commits_365d: null,
        },
      ],
      imports: [{ file: "src/tangled.ts", language: "TypeScript", imports: [] }],
      fingerprints: [
        {
          file: "src/tangled.ts",
          tokens: 207,
          fingerprints: expect.any(Array),
          left_out: 0,
        },
        { file: "src/broken.ts", tokens: 13, fingerprints: [], left_out: 0 },
      ],
      churn: { status: "unknown", reason: "not in a git repository" },
      not_analysed: [
        { file: "gone.ts", reason: "does not exist", tool: "complexity-analysis" },
        {
          file: "src/broken.ts",
          reason: expect.stringContaining("syntax error: "),
          line: 3,
          tool: "complexity-analysis",
        },
      ],
    });
  });

  it("takes each language as far as it can, and says which module a file belongs to", async () => {
    await using tree = await makeTree({
      "go.mod": "module example.org/app\n",
      "cmd/main.go": "package main\n\nfunc main() {}\n",
      "crate/Cargo.toml": '[package]\nname = "some-crate"\n',
      "crate/src/lib.rs": "#[cfg(test)]\nmod tests {}\n",
      "script.sh": "echo 1\n",
    });
    const files = ["cmd/main.go", "crate/src/lib.rs", "script.sh"];

    const report = await run({ path: tree.root, files }, skillContext());

    expect({
      ...report,
      metrics: (report["metrics"] as { file: string }[]).map(({ file }) => file),
    }).toMatchObject({
      files_analysed: 3,
      files_cached: 0,
      metrics: ["cmd/main.go", "crate/src/lib.rs"],
      sizes: [{ language: "Go" }, { language: "Rust" }, { language: "Shell", lines: 1 }],
      imports: [
        {
          file: "cmd/main.go",
          language: "Go",
          package: "main",
          module: { name: "example.org/app", folder: "" },
          imports: [],
        },
        {
          file: "crate/src/lib.rs",
          language: "Rust",
          module: { name: "some-crate", folder: "crate" },
          has_tests: true,
          imports: [],
        },
      ],
      not_analysed: [],
    });
  });

  it.each([
    [11, ["low complexity/cyclomatic"]],
    [10, []],
    [21, ["medium complexity/cyclomatic"]],
  ])("grades a switch of %i paths", async (paths, expected) => {
    const cases = Array.from(
      { length: paths - 1 },
      (_, index) => `case ${index}: return ${index};`,
    );
    await using tree = await makeTree({
      "a.js": `function f(x) {\n  switch (x) {\n${cases.join("\n")}\n  }\n}\n`,
    });

    const { findings } = await run({ path: tree.root, files: ["a.js"] }, skillContext());

    expect(
      (findings as { severity: string; rule: string }[]).map(
        (each) => `${each.severity} ${each.rule}`,
      ),
    ).toEqual(expected);
  });
});

/** A fresh machine has none; there, what is said of that is tested by the whole run. */
const hasGit = spawnSync("git", ["--version"]).status === 0;

describe.runIf(hasGit)("churn", () => {
  it("counts the commits of 90 and 365 days for each tracked file", async () => {
    await using tree = await makeTree({
      "src/a.js": "1",
      "src/line\nbreak :x.js": "1",
      "src/old.js": "1",
    });
    init(tree);
    commit(tree, 400);
    await writeFile(tree.path("src/a.js"), "2");
    commit(tree, 200);
    await writeFile(tree.path("src/a.js"), "3");
    await writeFile(tree.path("src/line\nbreak :x.js"), "3");
    commit(tree, 10);
    await writeFile(tree.path("src/new.js"), "4");

    expect(
      await churn(tree.path("src"), ["a.js", "line\nbreak :x.js", "old.js", "new.js"]),
    ).toEqual({
      status: "known",
      files: new Map([
        ["a.js", { commits90d: 1, commits365d: 2 }],
        ["line\nbreak :x.js", { commits90d: 1, commits365d: 1 }],
        ["old.js", { commits90d: 0, commits365d: 0 }],
        ["new.js", null],
      ]),
    });
  });

  it("works in a linked worktree", async () => {
    await using tree = await makeTree({ "main/a.js": "1" });
    const main: Tree = { ...tree, root: tree.path("main") };
    init(main);
    commit(main, 10);
    git(main, ["worktree", "add", "-q", tree.path("linked")], {});

    expect(await churn(tree.path("linked"), ["a.js"])).toEqual({
      status: "known",
      files: new Map([["a.js", { commits90d: 1, commits365d: 1 }]]),
    });
  });

  it("is unknown, not 0, in a shallow clone", async () => {
    await using tree = await makeTree({ "main/a.js": "1" });
    const main: Tree = { ...tree, root: tree.path("main") };
    init(main);
    commit(main, 10);
    execFileSync("git", ["clone", "-q", "--depth=1", `file://${main.root}`, tree.path("shallow")]);

    expect(await churn(tree.path("shallow"), ["a.js"])).toEqual({
      status: "unknown",
      reason: "the clone is shallow, so its history is incomplete",
    });
  });

  it.each([
    ["no commit", async (tree: Tree) => init(tree), /^git ended with code 128: fatal: /],
    ["an empty .git", async (tree: Tree) => writeFile(tree.path(".git"), ""), /^its \.git is not/],
    [
      "no git",
      async (tree: Tree) => {
        init(tree);
        vi.stubEnv("PATH", tree.root);
      },
      /^git is not installed$/,
    ],
  ])("is unknown with %s", async (_, prepare, reason) => {
    await using tree = await makeTree({ "a.js": "1" });
    await prepare(tree);

    expect(await churn(tree.root, ["a.js"])).toEqual({
      status: "unknown",
      reason: expect.stringMatching(reason),
    });
  });

  it("runs no program that the repository brings", async () => {
    await using tree = await makeTree({ "a.js": "1", ".gitattributes": "* diff=planted\n" });
    const program = tree.path("planted.sh");
    const ran = tree.path("ran");
    const signature = "-----BEGIN PGP SIGNATURE-----\\n\\n-----END PGP SIGNATURE-----\\n";
    const lines = [
      "#!/bin/sh",
      `touch '${ran}'`,
      "printf '\\n[GNUPG:] SIG_CREATED \\n' >&2",
      `printf '%b' '${signature}'`,
    ];
    await writeFile(program, lines.join("\n"));
    await writeFile(tree.path("git"), lines.join("\n"));
    for (const name of ["planted.sh", "git"]) await chmod(tree.path(name), 0o755);
    init(tree);
    git(tree, ["config", "gpg.program", program], {});
    git(tree, ["config", "commit.gpgSign", "true"], {});
    commit(tree, 10);
    for (const [key, value] of [
      ["core.fsmonitor", program],
      ["core.pager", program],
      ["core.sshCommand", program],
      ["diff.external", program],
      ["diff.planted.command", program],
      ["diff.planted.textconv", program],
      ["log.showSignature", "true"],
      ["pager.log", program],
    ] as const) {
      git(tree, ["config", key, value], {});
    }
    for (const trap of [["log", "-1", "-p"], ["status"]]) {
      await rm(ran, { force: true });
      git(tree, trap, {});
      expect({ trap, ran: existsSync(ran) }).toEqual({ trap, ran: true });
    }
    await rm(ran);
    vi.stubEnv("PATH", `.:${process.env["PATH"] ?? ""}`);

    expect(await churn(tree.root, ["a.js"])).toEqual({
      status: "known",
      files: new Map([["a.js", { commits90d: 1, commits365d: 1 }]]),
    });
    expect(existsSync(ran)).toBe(false);
  });
});

function churn(root: string, files: readonly string[]) {
  return readChurn(root, files, { nowS: NOW_S, signal: new AbortController().signal });
}

function init(tree: Tree): void {
  git(tree, ["init", "-q", "."], {});
}

function commit(tree: Tree, daysAgo: number): void {
  const date = `${NOW_S - daysAgo * DAY_S} +0000`;
  git(tree, ["add", "."], {});
  git(tree, ["commit", "-q", "-m", "change"], { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date });
}

function git(tree: Tree, args: readonly string[], env: Readonly<Record<string, string>>): void {
  const identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"];
  execFileSync("git", [...identity, ...args], {
    cwd: tree.root,
    stdio: "pipe",
    env: {
      ...env,
      PATH: process.env["PATH"],
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
    },
  });
}
