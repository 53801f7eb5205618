import { symlink } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Json } from "../../core/json.ts";
import { finding } from "../../skills/finding.ts";
import { run } from "../../skills/security-scan/run.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const EVAL = "export const f = (text) => eval(text);\n";
/** A key that nobody uses, in two parts so that no scanner takes it for a leak. */
const GITHUB_TOKEN = `gh${"p_"}Kx9fQ2mLp7Tz4VbN8sWdR3yHcJ6aEgU5iXoM`;

describe("security-scan", () => {
  it("carries rule, weakness, fix, confidence, place and agent in every finding", async () => {
    await using tree = await makeTree({ "a.js": `\n${EVAL}` });

    const report = await run(
      { path: tree.root, files: ["a.js"] },
      skillContext({ agent: "agent-7" }),
    );

    expect(report).toMatchObject({
      tool: { name: "security-scan", version: "1.0.0" },
      agent: "agent-7",
      files_analysed: 1,
      suppressed: 0,
      advisories: { status: "not-run", reason: "offline: the input online is not true" },
      not_analysed: [],
    });
    expect(report["findings"]).toEqual([
      {
        file: "a.js",
        line: 2,
        column: 28,
        rule: "security/eval",
        severity: "high",
        message: "text that is not fixed is run as JavaScript",
        cwe: "CWE-95",
        fix: "Parse the text (`JSON.parse`) or look the function up in a map of allowed ones.",
        confidence: "medium",
        tool: "security-scan",
        tool_version: "1.0.0",
        agent: "agent-7",
      },
    ]);
    expect((report["findings"] as Json[]).map((each) => finding.parse(each))).toEqual(
      report["findings"],
    );
  });

  it("tells of a secret its kind, its length and three characters, whatever the file is called", async () => {
    const line = `a\nb: ${GITHUB_TOKEN}\n`;
    await using tree = await makeTree({ Dockerfile: line, "deploy.py": line, ".env": line });

    const report = await run(
      { path: tree.root, files: ["Dockerfile", "deploy.py", ".env"] },
      skillContext(),
    );

    expect(brief(report["findings"])).toEqual([
      "Dockerfile:2:4 critical security/secret-github a secret stands in the file: github (ghp…, 40 characters)",
      "deploy.py:2:4 critical security/secret-github a secret stands in the file: github (ghp…, 40 characters)",
      ".env:2:4 critical security/secret-github a secret stands in the file: github (ghp…, 40 characters)",
    ]);
    expect(JSON.stringify(report)).not.toContain(GITHUB_TOKEN.slice(4, 9));
  });

  it.each([
    ["on the line", `eval(text); // cascade-ignore security/eval: text is ours\n`],
    ["alone on the line before", `// cascade-ignore security/eval: text is ours\neval(text);\n`],
    ["in another kind of comment", `/* cascade-ignore security/eval: ours */ eval(text);\n`],
  ])("is silenced by a comment with a reason %s, and counts it", async (_, code) => {
    await using tree = await makeTree({ "a.js": code });

    const report = await run({ path: tree.root, files: ["a.js"] }, skillContext());

    expect([report["findings"], report["suppressed"]]).toEqual([[], 1]);
  });

  it.each([
    ["without a reason", "eval(text); // cascade-ignore security/eval:\n"],
    ["with no colon", "eval(text); // cascade-ignore security/eval because\n"],
    ["for another rule", "eval(text); // cascade-ignore security/weak-hash: it is none\n"],
    ["behind code of the line before", "x(); // cascade-ignore security/eval: x\neval(text);\n"],
    ["two lines before", "// cascade-ignore security/eval: x\n\neval(text);\n"],
    ["that is no comment", 'eval(text + "cascade-ignore security/eval: x");\n'],
  ])("is not silenced by a comment %s", async (_, code) => {
    await using tree = await makeTree({ "a.js": code });

    const report = await run({ path: tree.root, files: ["a.js"] }, skillContext());

    expect([(report["findings"] as Json[]).length, report["suppressed"]]).toEqual([1, 0]);
  });

  it("looks for secrets also where the code cannot be read, and says so", async () => {
    const secret = `// ${GITHUB_TOKEN}\n`;
    await using tree = await makeTree({
      "syntax.js": `${secret}let = = 1;\n`,
      "deep.js": `${secret}x=${"(".repeat(20_000)}1${")".repeat(20_000)};\n`,
      "scopes.js": `${secret}${"{".repeat(120)}\n${"}".repeat(120)}\n`,
      "a.min.js": secret,
    });
    const files = ["syntax.js", "deep.js", "scopes.js", "a.min.js"];

    const report = await run({ path: tree.root, files }, skillContext());

    expect((report["findings"] as { file: string }[]).map(({ file }) => file)).toEqual(files);
    expect(report["files_analysed"]).toBe(0);
    expect(report["not_analysed"]).toEqual([
      {
        file: "syntax.js",
        reason: "syntax error: Unexpected token; only secrets were looked for",
        line: 2,
        tool: "security-scan",
      },
      ...[
        ["deep.js", "minified"],
        ["scopes.js", "nested too deeply"],
        ["a.min.js", "minified"],
      ].map(([file, reason]) => ({
        file,
        reason: `${reason}; only secrets were looked for`,
        tool: "security-scan",
      })),
    ]);
  });

  it("reads nothing outside the directory and nothing behind a link", async () => {
    await using outside = await makeTree({ ".env": `A=${GITHUB_TOKEN}\n` });
    await using tree = await makeTree({ "a.js": EVAL, "binary.bin": new Uint8Array([0, 1, 2]) });
    await symlink(outside.root, tree.path("link"));
    await symlink(outside.path(".env"), tree.path("file"));

    const report = await run(
      { path: tree.root, files: ["../.env", "link/.env", "file", "binary.bin", "a.js"] },
      skillContext(),
    );

    expect((report["findings"] as Json[]).length).toBe(1);
    expect(report["not_analysed"]).toEqual([
      { file: "../.env", reason: "outside the analysed directory", tool: "security-scan" },
      { file: "link/.env", reason: "behind a symbolic link", tool: "security-scan" },
      { file: "file", reason: "symbolic link", tool: "security-scan" },
      { file: "binary.bin", reason: "binary", tool: "security-scan" },
    ]);
  });

  it.each([
    ["one regular expression again and again", "/(?:[\\p{L}\\d]+\\w*)*(?:[\\p{L}\\d]+\\w*)*x/u;\n"],
    ["a variable that is assigned again and again", "var x = 'select a from ' + y; db.query(x);\n"],
    ["one call again and again", 'db.query("select a from " + b);\n'],
    ["names of secrets", 'password="<<<<<<<<<<<<<<<" token=\n'],
  ])("ends in bounded time on a megabyte of %s", { timeout: 20_000 }, async (_, line) => {
    const text = line.repeat(Math.floor(950_000 / line.length));
    await using tree = await makeTree({ "a.js": text });

    await expect(run({ path: tree.root, files: ["a.js"] }, skillContext())).resolves.toMatchObject({
      tool: { name: "security-scan" },
    });
  });

  it("stops when its signal is aborted", async () => {
    await using tree = await makeTree({ "a.js": EVAL });
    const controller = new AbortController();

    const running = run({ path: tree.root, files: ["a.js"] }, skillContext(controller));
    controller.abort();

    await expect(running).rejects.toMatchObject({ name: "AbortError" });
  });

  it.each([
    [{ path: ".", files: [1] }, "invalid-input"],
    [{ path: ".", files: [], online: "yes" }, "invalid-input"],
    [{ path: "./missing", files: [] }, "path-not-found"],
  ])("refuses the inputs %j with %s", async (inputs, code) => {
    await expect(run(inputs, skillContext())).rejects.toMatchObject({ code });
  });
});

function brief(findings: Json | undefined): string[] {
  const list = findings as {
    file: string;
    line: number;
    column: number;
    severity: string;
    rule: string;
    message: string;
  }[];
  return list.map(
    (each) =>
      `${each.file}:${each.line}:${each.column} ${each.severity} ${each.rule} ${each.message}`,
  );
}
