import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../core/json.ts";
import { run } from "../../skills/write-file/run.ts";
import { makeTree, skillContext } from "./skill-context.ts";

function write(directory: string, inputs: JsonObject) {
  return run(inputs, { ...skillContext(), directory });
}

describe("write-file", () => {
  it("writes a file, makes its folders, and leaves nothing beside it", async () => {
    await using tree = await makeTree();
    const path = tree.path("a/b/out.txt");
    expect(await write(tree.root, { path: "a/b/out.txt", text: "é\n" })).toEqual({
      path,
      bytes: 3,
      changed: true,
    });
    expect([await readFile(path, "utf8"), await readdir(tree.path("a/b"))]).toEqual([
      "é\n",
      ["out.txt"],
    ]);
  });

  it("does again what it has done: another attempt changes nothing", async () => {
    await using tree = await makeTree({ "out.txt": "HELLO" });
    expect(await write(tree.root, { path: "out.txt", text: "HELLO" })).toMatchObject({
      changed: false,
    });
  });

  it("replaces another text only when it is told so", async () => {
    await using tree = await makeTree({ "out.txt": "before" });
    await expect(write(tree.root, { path: "out.txt", text: "after" })).rejects.toMatchObject({
      code: "invalid-input",
    });
    expect(await readFile(tree.path("out.txt"), "utf8")).toBe("before");
    await write(tree.root, { path: "out.txt", text: "after", replace: true });
    expect(await readFile(tree.path("out.txt"), "utf8")).toBe("after");
  });

  it.each([
    "../out.txt",
    "a/../../out.txt",
    "/tmp/out.txt",
    ".env",
    "a/.git/config",
    "a/",
    "..",
  ])("does not write %j", async (path) => {
    await using tree = await makeTree();
    await expect(write(tree.root, { path, text: "x" })).rejects.toMatchObject({
      code: "not-allowed",
    });
    expect(await readdir(tree.root)).toEqual([]);
  });

  it("follows no link, neither on the way nor in the file's place", async () => {
    await using outside = await makeTree({ "there.txt": "theirs" });
    await using tree = await makeTree();
    await symlink(outside.root, tree.path("away"));
    await symlink(outside.path("there.txt"), tree.path("link.txt"));
    for (const path of ["away/new.txt", "away/deep/new.txt", "link.txt"]) {
      const inputs = { path, text: "x", replace: true };
      await expect(write(tree.root, inputs)).rejects.toMatchObject({ code: "not-allowed" });
    }
    expect([
      await readdir(outside.root),
      await readFile(outside.path("there.txt"), "utf8"),
    ]).toEqual([["there.txt"], "theirs"]);
  });

  it("leaves a folder alone that stands in the file's place", async () => {
    await using tree = await makeTree();
    await mkdir(tree.path("out"));
    await writeFile(tree.path("out/kept"), "kept");
    const inputs = { path: "out", text: "x", replace: true };
    await expect(write(tree.root, inputs)).rejects.toMatchObject({ code: "not-allowed" });
    expect(await readdir(tree.path("out"))).toEqual(["kept"]);
  });
});
