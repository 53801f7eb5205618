import { execFileSync } from "node:child_process";
import { symlink, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../core/json.ts";
import { LIMITS } from "../../core/limits.ts";
import { run } from "../../skills/draft-changes/run.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const FILES = { "src/a.js": "one\ntwo\nthree\n", "test/a.test.js": "test\n" };

async function drafted(changes: readonly Json[], more: JsonObject = {}, files = FILES) {
  await using tree = await makeTree(files);
  const context = skillContext();
  const output = await run({ path: tree.root, changes, change_tests: false, ...more }, context);
  return { output, artifacts: [...context.artifacts.values()] };
}

describe("draft-changes", () => {
  it("makes one patch that git applies, of texts that are replaced and files that are new", async () => {
    await using tree = await makeTree(FILES);
    const context = skillContext();
    const output = await run(
      {
        path: tree.root,
        change_tests: false,
        changes: [
          { path: "src/a.js", find: "two", replace: "2" },
          { path: "./src/a.js", find: "three", replace: "3" },
          { path: "src/new dir/b.js", content: "new" },
          { path: "src/empty.js", content: "" },
        ],
      },
      context,
    );

    expect(output).toMatchObject({
      patch_file: "/runs/run-1/draft-stage-0.patch",
      changed_files: [
        { file: "src/a.js", status: "changed", added: 2, removed: 2 },
        { file: "src/empty.js", status: "added", added: 0, removed: 0 },
        { file: "src/new dir/b.js", status: "added", added: 1, removed: 0 },
      ],
    });
    await writeFile(tree.path("draft.patch"), String(output["patch"]));
    execFileSync("git", ["apply", "draft.patch"], { cwd: tree.root });
    const shown = execFileSync("cat", ["src/a.js", "src/new dir/b.js", "src/empty.js"], {
      cwd: tree.root,
      encoding: "utf8",
    });
    expect(shown).toBe("one\n2\n3\nnew");
  });

  it("has an empty patch and no file when nothing would change", async () => {
    const { output, artifacts } = await drafted([{ path: "src/a.js", content: FILES["src/a.js"] }]);
    expect({ output, artifacts }).toEqual({
      output: { patch: "", changed_files: [] },
      artifacts: [],
    });
  });

  it.each([
    ["../x", "must be relative and stay in the project"],
    ["/etc/passwd", "must be relative and stay in the project"],
    ["src/../../x", "must be relative and stay in the project"],
    ["src//x", "must be written as it is"],
    [".git/hooks/pre-commit", "lies in .git"],
    ["a/.GIT/config", "lies in .GIT"],
    ["node_modules/x/index.js", "lies in node_modules"],
    [".env", "may hold a secret"],
    ["a\nb", "has a character that no patch can name"],
    ["src/a.js/x", "src/a.js is no folder"],
    ["test/a.test.js", "is a test, and tests may only be added; change_tests allows more"],
  ])("refuses a change of %j", async (path, why) => {
    const asked = drafted([
      { path: "src/b.js", content: "fine\n" },
      { path, content: "x" },
    ]);
    await expect(asked).rejects.toMatchObject({
      code: "invalid-input",
      message: expect.stringMatching(/^\/changes\/1: /),
      location: { pointer: "/changes/1" },
    });
    await expect(asked).rejects.toThrow(why);
  });

  it("follows no link, whether it is the file or a folder on the way", async () => {
    await using outside = await makeTree({ "x.js": "outside\n" });
    await using tree = await makeTree(FILES);
    await symlink(outside.root, tree.path("linked"));
    for (const path of ["linked", "linked/x.js", "linked/new.js"]) {
      const changes = [{ path, content: "x" }];
      const asked = run({ path: tree.root, changes, change_tests: false }, skillContext());
      await expect(asked).rejects.toThrow("symbolic link");
    }
  });

  it("replaces only a text that stands there once", async () => {
    const find = (text: string) => drafted([{ path: "src/a.js", find: text, replace: "x" }]);
    await expect(find("four")).rejects.toThrow("does not hold the text of `find`");
    await expect(find("e\n")).rejects.toThrow("more than once");
  });

  it("changes tests when it is allowed to, and takes new ones anyway", async () => {
    const test = { path: "test/a.test.js", content: "changed\n" };
    const { output } = await drafted([test], { change_tests: true });
    expect(output["patch"]).toContain("+changed");
    const added = await drafted([{ path: "test/b.test.js", content: "new\n" }]);
    expect(added.output["patch"]).toContain("+new");
  });

  it("refuses what is no change, and more than there may be", async () => {
    await expect(drafted([{ path: "a", find: "" }])).rejects.toThrow("/changes/0 must be {path");
    const many = Array.from({ length: LIMITS.draftChanges + 1 }, () => ({}));
    await expect(drafted(many)).rejects.toMatchObject({ code: "limit-exceeded" });
    const large = "x".repeat(LIMITS.draftFileBytes + 1);
    await expect(drafted([{ path: "a", content: large }])).rejects.toMatchObject({
      code: "limit-exceeded",
    });
  });
});
