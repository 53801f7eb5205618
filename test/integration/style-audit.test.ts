import { spawnSync } from "node:child_process";
import { chmod, cp, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { afterAll, describe, expect, it } from "vitest";
import { openSandboxes } from "../../agents/sandbox/sandbox.ts";
import { SwarmError } from "../../core/errors.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import { mergeInputs } from "../../skills/merge-quality-reports/inputs.ts";
import { run } from "../../skills/style-audit/run.ts";
import { makeTree, skillContext, type Tree } from "../skills/skill-context.ts";

const INSTALLED = fileURLToPath(new URL("../../node_modules", import.meta.url));

const sandboxes = openSandboxes({
  backend: "bubblewrap",
  env: process.env,
  logger: pino({ level: "silent" }),
});
afterAll(() => sandboxes.close());

const opened = await open();
async function open(): Promise<Sandbox | SwarmError> {
  try {
    return await sandboxes.forTask(AbortSignal.timeout(120_000));
  } catch (error) {
    if (error instanceof SwarmError) return error;
    throw error;
  }
}
const whyNot = opened instanceof SwarmError ? ` cannot be tried here: ${opened.message}` : "";

const context = () => ({
  ...skillContext(),
  ...(opened instanceof SwarmError ? {} : { sandbox: opened }),
});

/** A project with a tool of its own that is a program of ours. */
async function makeProject(
  tool: string,
  program: string,
  files: Record<string, string>,
): Promise<Tree> {
  const path = `node_modules/.bin/${tool}`;
  const tree = await makeTree({ ...files, [path]: `#!/usr/bin/env node\n${program}` });
  await chmod(tree.path(path), 0o755);
  return tree;
}

/** The tool itself, as a project has it. */
async function installBiome(tree: Tree): Promise<void> {
  for (const name of ["biome", "cli-linux-x64", "cli-linux-arm64"]) {
    await cp(`${INSTALLED}/@biomejs/${name}`, tree.path(`node_modules/@biomejs/${name}`), {
      recursive: true,
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error; // the machine's own is there only
    });
  }
  await cp(`${INSTALLED}/.bin/biome`, tree.path("node_modules/.bin/biome"), {
    verbatimSymlinks: true,
  });
}

const PRETTIER = { ".prettierrc": "{}", "package.json": '{"type":"module"}' };

describe.skipIf(whyNot !== "")(`style-audit${whyNot}`, () => {
  it("looks at the project with a patch, and answers that patch with what the tools change", async () => {
    await using tree = await makeTree({
      "biome.json": '{ "formatter": { "indentStyle": "space" } }',
      "package.json": '{ "type": "module" }\n',
      "src/a.js": "export const one = 1;\n",
    });
    await installBiome(tree);
    const patch =
      "diff --git a/src/b.js b/src/b.js\nnew file mode 100644\n--- /dev/null\n+++ b/src/b.js\n@@ -0,0 +1,1 @@\n+export const two = [ 1,2 ]\n";
    const output = await run({ path: tree.root, fix: true, patch }, context());
    expect(output["changes"]).toContainEqual({ file: "src/b.js", removed: 1, added: 1 });
    // What the tools would do to other files is no part of it.
    expect(output["changes"]).toContainEqual({ file: "package.json", removed: 1, added: 3 });
    expect(output["polished_patch"]).toBe(patch.replace("[ 1,2 ]", "[1, 2];"));
    const wrong = [
      ["no patch", "it names no file"],
      ["--- a/src/a.js\n+++ b/src/a.js\n@@ -1,1 +1,1 @@\n-other\n+x\n", "does not fit"],
      ["--- /dev/null\n+++ b/../x.js\n@@ -0,0 +1,1 @@\n+x\n", "must be relative and stay"],
      ["--- /dev/null\n+++ b/src/a.js\n@@ -0,0 +1,1 @@\n+x\n", "is there already"],
    ] as const;
    for (const [text, why] of wrong) {
      await expect(run({ path: tree.root, patch: text }, context())).rejects.toThrow(why);
    }
    // One that the project has already is no change of it.
    await writeFile(tree.path("src/b.js"), "export const two = [ 1,2 ]\n");
    const again = await run({ path: tree.root, patch }, context());
    expect(again).toMatchObject({ polished_patch: "" });
  });

  it("runs the project's own biome, and answers its problems and a patch that fits", async () => {
    const untidy = "export function f(a) {\n    debugger;\n    return a\n}\n";
    await using tree = await makeTree({
      "biome.json": '{ "linter": { "rules": { "recommended": true } } }',
      "package.json": '{ "type": "module" }\n',
      "src/a.js": untidy,
      "src/tidy.js": "export const one = 1;\n",
    });
    await installBiome(tree);
    const own = context();

    const report = await run({ path: tree.root, fix: true }, own);

    expect(report).toMatchObject({
      status: "problems",
      passed: false,
      tools: [{ name: "biome", status: "ran" }],
      tests: { status: "not-run", reason: "no test_command was given" },
      enforcement: { backend: "bubblewrap" },
    });
    expect(report["findings"]).toContainEqual({
      file: "src/a.js",
      line: 2,
      column: 5,
      rule: "biome/lint/suspicious/noDebugger",
      severity: "medium",
      message: expect.any(String),
      tool: "biome",
      tool_version: "of the project",
      agent: "agent-1",
    });
    expect(report["changes"]).toContainEqual({ file: "src/a.js", removed: 2, added: 2 });
    const patch = own.artifacts.get("style.patch") ?? "";
    expect(patch.startsWith(String(report["diff"]))).toBe(true);
    expect(await readFile(tree.path("src/a.js"), "utf8")).toBe(untidy);
    const applied = spawnSync("git", ["apply", "-"], { cwd: tree.root, input: patch });
    expect(String(applied.stderr)).toBe("");
    expect(await readFile(tree.path("src/a.js"), "utf8")).toContain("\n\treturn a;\n");
    const discovery = {
      root: tree.root,
      batches: [],
      languages: {},
      not_analysed: [],
      total_files: 3,
    };
    expect(mergeInputs.safeParse({ reports: [report], discovery }).error?.issues).toBeUndefined();
  });

  it("writes no patch unless it is asked to", async () => {
    const program = 'require("node:fs").writeFileSync("a.js", "tidy\\n");';
    await using tree = await makeProject("prettier", program, {
      ".prettierrc": "{}",
      "a.js": "untidy\n",
    });
    const own = context();

    const report = await run({ path: tree.root }, own);

    expect(report).toMatchObject({
      status: "problems",
      changes: [{ file: "a.js", removed: 1, added: 1 }],
      findings: [expect.objectContaining({ file: "a.js", line: 1, rule: "style/not-formatted" })],
    });
    expect(own.artifacts.size).toBe(0);
  });

  it("keeps a tool of the project from the project, the machine and the network", async () => {
    const program = `
      import fs from "node:fs";
      import net from "node:net";
      const tried = [];
      const attempt = (name, act) => { try { act(); tried.push(name); } catch { /* refused */ } };
      const host = fs.readFileSync("host.txt", "utf8").trim();
      attempt("host", () => fs.writeFileSync(host + "/a.js", "stolen"));
      attempt("installed", () => fs.writeFileSync("/project/node_modules/.bin/other", "x"));
      fs.rmSync("b.js");
      fs.symlinkSync("/etc/passwd", "b.js");
      await new Promise((resolve) => {
        const socket = net.connect(9, "192.0.2.1");
        socket.on("connect", () => { tried.push("network"); resolve(); });
        socket.on("error", resolve);
      });
      fs.writeFileSync("a.js", JSON.stringify(tried) + "\\n");
    `;
    await using tree = await makeProject("prettier", program, {
      ...PRETTIER,
      "node_modules/package.json": '{"type":"module"}',
      "a.js": "a\n",
      "b.js": "b\n",
    });
    await writeFile(tree.path("host.txt"), tree.root);

    const report = await run({ path: tree.root, fix: true }, context());

    expect(report["tools"]).toEqual([{ name: "prettier", status: "ran" }]);
    expect(report["changes"]).toEqual([{ file: "a.js", removed: 1, added: 1 }]);
    expect(report["diff"]).toContain("+[]\n");
    expect(await readFile(tree.path("a.js"), "utf8")).toBe("a\n");
  });

  it.each([
    ["export const one = 2;\n", "changed", undefined],
    ["export const one = 1; // one\n", "same", "style.patch"],
  ])("gives a patch only when the tests end as before: %j", async (text, status, patch) => {
    const program = `require("node:fs").writeFileSync("a.mjs", ${JSON.stringify(text)});`;
    await using tree = await makeProject("prettier", program, {
      ".prettierrc": "{}",
      "a.mjs": "export const one = 1;\n",
      "test.mjs": 'import { one } from "./a.mjs";\nprocess.exit(one === 1 ? 0 : 1);\n',
    });
    const own = context();

    const report = await run(
      { path: tree.root, fix: true, test_command: ["node", "test.mjs"] },
      own,
    );

    expect(report["tests"]).toMatchObject({ status, before: { status: "exited", code: 0 } });
    expect([...own.artifacts.keys()][0]).toBe(patch);
  });

  it("says which tools the project has not chosen, and that nothing was checked", async () => {
    await using tree = await makeTree({ "a.js": "const a = 1\n" });

    expect(await run({ path: tree.root }, context())).toMatchObject({
      status: "not-configured",
      passed: false,
      tools: [],
      not_configured: ["eslint", "oxlint", "ruff", "biome", "prettier", "black", "gofmt", "cargo"],
      files_analysed: 0,
      findings: [],
    });
  });

  it("fails when a tool that is chosen is absent or does not do its work", async () => {
    await using absent = await makeTree({ "a.js": "a\n", "eslint.config.js": "" });
    await using broken = await makeProject(
      "prettier",
      'console.error("no config"); process.exit(2);',
      {
        ".prettierrc": "{}",
        "a.js": "a\n",
      },
    );

    expect(await run({ path: absent.root }, context())).toMatchObject({
      status: "failed",
      passed: false,
      tools: [
        {
          name: "eslint",
          status: "absent",
          reason: "the project has no node_modules with eslint: run npm install",
        },
      ],
    });
    expect(await run({ path: broken.root }, context())).toMatchObject({
      status: "failed",
      tools: [{ name: "prettier", status: "failed", reason: "no config" }],
    });
  });

  it("follows no link to where the tools are", async () => {
    await using tree = await makeTree({ "a.js": "a\n", ".prettierrc": "{}" });
    spawnSync("ln", ["-s", "/etc", tree.path("node_modules")]);

    expect(await run({ path: tree.root }, context())).toMatchObject({
      tools: [expect.objectContaining({ status: "absent" })],
    });
  });

  it("runs nothing without a sandbox", async () => {
    await using tree = await makeTree({ ".prettierrc": "{}" });

    await expect(run({ path: tree.root }, skillContext())).rejects.toMatchObject({
      code: "sandbox-unavailable",
    });
  });
});
