import { describe, expect, it } from "vitest";
import { FIX_LIMITS, type FileChange, judgeChange } from "../../../agents/fix-loop/policy.ts";

const policy = { testFiles: new Set(["checks/sum.js"]), ...FIX_LIMITS };
const plain = (text: string | undefined, mode = "100644") => ({ mode, text });

/** What is wrong with a change; "" when it may be tried. */
function why(...changes: readonly FileChange[]): string {
  const verdict = judgeChange(changes, policy);
  return verdict.holds ? "" : verdict.why;
}

const edit = (path: string, before: string, after: string): FileChange => ({
  path,
  before: plain(before),
  after: plain(after),
});
const added = (line: string, path = "src/a.js"): FileChange => edit(path, "a\n", `a\n${line}\n`);

describe("a change of sources", () => {
  it.each([
    ["edits a file", edit("src/a.js", "return a - b;\n", "return a + b;\n")],
    ["makes a file", { path: "src/b.js", after: plain("export const b = 1;\n") }],
    ["deletes a file", { path: "src/b.js", before: plain("export const b = 1;\n") }],
    ["has test in a name", edit("src/latest/contest.js", "1\n", "2\n")],
    [
      "moves a line that would not be allowed anew",
      edit("src/a.js", "process.exit(1)\n\n", "\nprocess.exit(1)\n"),
    ],
  ])("may be tried when it %s", (_, change) => {
    expect(why(change)).toBe("");
  });

  it("is refused when it is empty", () => {
    expect(why()).toBe("refused: the patch is empty");
  });

  it.each([
    ["test/sum.js", "belongs to the tests"],
    ["packages/a/__tests__/x.ts", "belongs to the tests"],
    ["src/sum.test.ts", "is a test"],
    ["src/SUM.TEST.TS", "is a test"],
    ["checks/sum.js", "is a test"],
    ["pkg/test_sum.py", "is a test"],
    ["pkg/sum_test.go", "is a test"],
    ["conftest.py", "is loaded by the test runner"],
    ["sitecustomize.py", "is loaded by the test runner"],
    ["data/fixtures/a.json", "is a fixture"],
    ["src/__snapshots__/a.snap", "is a snapshot"],
    ["package-lock.json", "pins dependencies"],
    ["requirements-dev.txt", "pins dependencies"],
    ["package.json", "sets up the project"],
    ["pyproject.toml", "sets up the project"],
    ["vitest.config.ts", "sets up the test runner"],
    ["jest.setup.js", "sets up the test runner"],
    [".github/workflows/ci.yml", "belongs to continuous integration"],
    [".gitlab-ci.yml", "belongs to continuous integration"],
    ["Jenkinsfile", "belongs to continuous integration"],
    [".gitattributes", "belongs to git"],
    [".npmrc", "sets up tools"],
    [".claude/settings.json", "sets up tools"],
    ["AGENTS.md", "sets up tools"],
    [".env.local", "sets up tools"],
    ["node_modules/a/index.js", "is a dependency"],
  ])("is refused in %s, which %s", (path, what) => {
    const expected = `refused: ${JSON.stringify(path)} ${what}`;
    expect([
      why(edit(path, "a\n", "b\n")),
      why({ path, after: plain("a\n") }),
      why({ path, before: plain("a\n") }),
    ]).toEqual([expected, expected, expected]);
  });

  it.each([
    ['it.skip("adds", () => {});', "skips tests"],
    ["describe.only(() => {});", "skips tests"],
    ["@pytest.mark.skip", "skips tests"],
    ["raise unittest.SkipTest()", "skips tests"],
    ["process.exit(0);", "ends the program or reaches into its process"],
    ["process . exitCode = 0;", "ends the program or reaches into its process"],
    ['process["exit"](0)', "ends the program or reaches into its process"],
    ["process.kill(process.ppid)", "ends the program or reaches into its process"],
    ["os._exit(0)", "ends the program or reaches into its process"],
    ["sys.exit()", "ends the program or reaches into its process"],
    ['import assert from "node:assert";', "brings in what tests are run by, or other programs"],
    ["import subprocess", "brings in what tests are run by, or other programs"],
    [
      "if (process.env.VITEST) return 3;",
      "behaves differently under test, or reaches for the report",
    ],
    [
      'fs.writeFileSync("/tmp/report/tests", xml)',
      "behaves differently under test, or reaches for the report",
    ],
    ["globalThis.expect = () => always;", "changes what tests are made of"],
    ["Number.prototype.valueOf = () => 3;", "changes what tests are made of"],
    ["def __eq__(self, other):", "decides what it is equal to"],
    ["asymmetricMatch: () => true,", "decides what it is equal to"],
    ["eval(text)", "runs text as code"],
    ["// @ts-ignore", "switches a check off"],
  ])("is refused when it adds %s, which %s", (line, what) => {
    expect(why(added(line))).toBe(`refused: "src/a.js" ${what}`);
  });

  it.each([
    ["is a link", { path: "a", after: plain("/etc/passwd", "120000") }, "is a symbolic link"],
    [
      "was a link",
      { path: "a", before: plain(undefined, "120000"), after: plain("x\n") },
      "is a symbolic link",
    ],
    ["is a repository", { path: "a", after: plain("x", "160000") }, "is no plain file"],
    [
      "can be run now",
      { path: "a", before: plain("x\n"), after: plain("y\n", "100755") },
      "changes its mode from 100644 to 100755",
    ],
    ["is a new program", { path: "a", after: plain("x\n", "100755") }, "is a new program"],
    ["was binary", { path: "a", before: plain(undefined), after: plain("y\n") }, "is binary"],
    ["is binary now", { path: "a", before: plain("x\n"), after: plain(undefined) }, "is binary"],
    ["has other line ends", edit("a", "x\ny\n", "x\r\ny\r\n"), "changes its line ends"],
    ["hides text", edit("a", "x\n", "x\u202e\n"), "gets invisible characters"],
    [
      "shadows a module",
      { path: "unittest.py", after: plain("") },
      "would be loaded instead of another module",
    ],
    ["is huge", edit("a", "x\n", "y".repeat(FIX_LIMITS.mostBytes + 1)), "is too large"],
  ])("is refused when a file %s", (_, change, what) => {
    expect(why(change)).toBe(`refused: ${JSON.stringify(change.path)} ${what}`);
  });

  it("is refused when it changes much", () => {
    const many = Array.from({ length: 9 }, (_, at) => edit(`src/${at}.js`, "a\n", "b\n"));
    expect(why(...many)).toBe("refused: 9 files are changed, 8 may be");
    const lines = Array.from({ length: 401 }, (_, at) => `line ${at}\n`).join("");
    expect(why({ path: "src/a.js", after: plain(lines) })).toBe(
      "refused: 401 lines are changed, 400 may be",
    );
  });
});
