import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import { run as issueUpdate } from "../../skills/github-issue-update/run.ts";
import { run as pullRequest } from "../../skills/github-pr/run.ts";
import { GITHUB_LIMITS, githubBody, quiet } from "../../skills/github-text.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const PATCH = "--- a/src/a.js\n+++ b/src/a.js\n@@ -1,1 +1,2 @@\n-one\n+1\n+2\n";
const DEFAULTS = { summary: "", sections: {}, labels: [], dry_run: true };

async function repository() {
  const tree = await makeTree({ "a.js": "" });
  const git = (...args: string[]) => execFileSync("git", args, { cwd: tree.root });
  git("init", "--quiet", "--initial-branch=trunk");
  return { ...tree, git };
}

describe("github-pr", () => {
  const ask = async (inputs: JsonObject, path = "/") => {
    const context = skillContext();
    const given = { ...DEFAULTS, draft: false, path, ...inputs };
    const output = await pullRequest(given, context);
    return { output, file: JSON.parse([...context.artifacts.values()][0] ?? "null") };
  };

  it("writes the requests that would open it, and what is missing for that", async () => {
    await using place = await repository();
    place.git("remote", "add", "origin", "https://github.com/some/project.git");
    const inputs = {
      patch: PATCH,
      title: "Mend\n it",
      labels: ["bug"],
      summary: "What it *does*.",
    };
    const { output, file } = await ask(inputs, place.root);
    const body =
      "What it *does*.\n\n## What changes\n\n| file | added | removed |\n| --- | --- | --- |\n| src/a.js | 2 | 1 |\n\n---\nMade by the cascade `code-quality-swarm`, run `run-1`.\n";
    const pull = {
      ...{ title: "Mend it", head: "cascade/code-quality-swarm-run-1", base: "trunk" },
      ...{ body, draft: false },
    };
    expect(output).toEqual({
      dry_run: true,
      payload: { pull_request: pull, labels: { labels: ["bug"] } },
      payload_file: "/runs/run-1/pull-request-stage-0.json",
      changed_files: [{ file: "src/a.js", added: 2, removed: 1 }],
      missing: [
        "the branch cascade/code-quality-swarm-run-1 with the changes has to be pushed",
        "a token that may open pull requests",
      ],
      shortened: false,
      url: null,
      number: null,
    });
    expect(file).toEqual({
      dry_run: true,
      requests: [
        { method: "POST", path: "/repos/some/project/pulls", body: pull },
        {
          method: "POST",
          path: "/repos/some/project/issues/{number}/labels",
          body: { labels: ["bug"] },
        },
      ],
      patch: PATCH,
      missing: output["missing"],
    });
  });

  it("knows nothing of a project without a repository, and says so", async () => {
    await using tree = await makeTree({ "a.js": "" });
    const { output } = await ask({}, tree.root);
    expect(output).toMatchObject({
      changed_files: null,
      payload: { pull_request: { base: null, title: "code-quality-swarm" } },
      missing: [
        "a patch: nothing says what the branch holds",
        "the repository: no remote origin on github.com",
        "the base branch: none is checked out",
        expect.stringContaining("has to be pushed"),
        expect.stringContaining("token"),
      ],
    });
  });

  it("posts nothing, and does not pretend to", async () => {
    await expect(ask({ dry_run: false, patch: PATCH })).rejects.toMatchObject({
      code: "not-supported",
      message: expect.stringContaining("has no GitHub client"),
    });
  });

  it.each([
    [{ patch: "" }, "nothing-to-do", "changes no file"],
    [{ patch: "@@ nonsense" }, "invalid-input", "/patch is no unified diff"],
    [{ patch: "nonsense" }, "invalid-input", "/patch is no unified diff: it names no file"],
    [{ patch: "/no/such.patch" }, "path-not-found", "cannot be read"],
    [{ branch: "../x" }, "invalid-input", "is no name of a branch"],
    [{ branch: "-x" }, "invalid-input", "is no name of a branch"],
    [{ base: "a..b" }, "invalid-input", "is no name of a branch"],
    [{ repository: "https://x" }, "invalid-input", "/repository must be owner/name"],
    [{ labels: ["ok", ""] }, "invalid-input", "/labels/1"],
    [{ labels: ["x".repeat(51)] }, "invalid-input", "/labels/0"],
    [{ labels: Array.from({ length: 101 }, () => "a") }, "limit-exceeded", "101 labels"],
    [{ title: " \n" }, "invalid-input", "/title must not be empty"],
  ])("refuses %j", async (inputs, code, message) => {
    const asked = ask(inputs as JsonObject);
    await expect(asked).rejects.toMatchObject({ code });
    await expect(asked).rejects.toThrow(message);
  });

  it("cuts a title to what GitHub takes", async () => {
    const { output } = await ask({ title: "x".repeat(1_000) });
    const { pull_request: pull } = output["payload"] as { pull_request: { title: string } };
    expect(pull.title).toHaveLength(GITHUB_LIMITS.titleCharacters);
  });
});

describe("github-issue-update", () => {
  const ask = async (inputs: JsonObject) => {
    const given = { ...DEFAULTS, close: false, path: "/", repository: "some/project", ...inputs };
    return issueUpdate(given, skillContext());
  };

  it("writes a comment, labels and the end of an issue that is there", async () => {
    const output = await ask({ issue: 7, labels: ["bug"], close: true, summary: "Mended." });
    expect(output).toEqual({
      dry_run: true,
      payload: {
        comment: { body: expect.stringMatching(/^Mended\.\n\n---\n/) },
        labels: { labels: ["bug"] },
        issue: { state: "closed", state_reason: "completed" },
      },
      payload_file: "/runs/run-1/issue-stage-0.json",
      missing: ["a token that may write issues"],
      shortened: false,
      url: null,
      number: 7,
    });
  });

  it("writes a new issue when none is named, and does not close that", async () => {
    const output = await ask({ title: "It fails", labels: ["bug"] });
    expect(output).toMatchObject({
      payload: { issue: { title: "It fails", labels: ["bug"] } },
      number: null,
    });
    await expect(ask({ close: true })).rejects.toThrow("/close needs the number of an issue");
    await expect(ask({ issue: 0 })).rejects.toThrow("/issue must be at least 1");
    await expect(ask({ dry_run: false })).rejects.toMatchObject({ code: "not-supported" });
  });
});

describe("what others wrote, on GitHub", () => {
  it.each([
    ["Thanks @bob", "Thanks @\u200bbob"],
    ["fixes #12, GH-3", "fixes #\u200b12, GH\u200b-3"],
    ["<img src=x> & <!-- -->", "&lt;img src=x> &amp; &lt;!-- -->"],
    ["https://x.test www.x.test", "https:\u200b//x.test www\u200b.x.test"],
    ["**bold** `code`", "**bold** `code`"],
    ["```js\nlet a = '@bob <b>';\n```\n@bob", "```js\nlet a = '@bob <b>';\n```\n@\u200bbob"],
    ["~~~\n```\n~~~\n@bob\n```", "\\~\\~\\~\n```\n~~~\n@bob\n```"],
    ["```\nopen", "```\nopen\n```"],
    ["a\u202eb\u0007", "a\\u{202e}b\\u{7}"],
  ])("calls nobody and acts on nothing: %j", (raw, expected) => {
    expect(quiet(raw)).toBe(expected);
  });

  it("shows data as lists and tables, and what is not known as such", () => {
    const sections = {
      One: { a: 1, b: null, "c|d": "x | y" },
      Two: [{ file: "a.js", why: { deep: true } }],
      Three: ["@x"],
      Four: null,
      Five: [],
      Six: " ",
    };
    expect(githubBody({ summary: "", sections, footer: "end" }).text).toBe(
      [
        "## One\n\n- **a**: 1\n- **b**: not known\n- **c\\|d**: x \\| y",
        '## Two\n\n| file | why |\n| --- | --- |\n| a.js | `{"deep":true}` |',
        "## Three\n\n- @\u200bx",
        "## Four\n\n_Not known._",
        "## Five\n\n_None._",
        "## Six\n\n_Nothing._",
        "---\nend\n",
      ].join("\n\n"),
    );
  });

  it("is never longer than GitHub takes, and says that something is left out", () => {
    const code = `\`\`\`\n${"line of code\n".repeat(10_000)}\`\`\`\n`;
    const sections = { Code: code, After: "x".repeat(500) };
    const { text, isShortened } = githubBody({ summary: "Begin.", sections, footer: "end" });
    expect(isShortened).toBe(true);
    expect(text.length).toBeLessThanOrEqual(GITHUB_LIMITS.bodyCharacters);
    expect(text).toMatch(/^Begin\.\n\n## Code\n/);
    expect(text).toMatch(/line of code\n```\n\n_Shortened: .*_\n\n---\nend\n$/);
  });
});
