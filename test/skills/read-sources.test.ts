import { describe, expect, it } from "vitest";
import { run } from "../../skills/read-sources/run.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const FILES = {
  "a.js": "a();\n",
  "b.js": "b();\n",
  ".env": "KEY=secret\n",
  ".gitignore": "ignored.js\n",
  "ignored.js": "ignored();\n",
};

describe("read-sources", () => {
  it("reads all text files that are not ignored and hold no keys", async () => {
    await using tree = await makeTree(FILES);
    const output = await run({ path: tree.root, most_tokens: 1_000 }, skillContext());
    expect(output).toMatchObject({ files_read: 3 });
    expect(output["sources"]).toContain('<file path="a.js">\na();\n\n</file>');
    expect(output["sources"]).not.toMatch(/secret|ignored\(\)/);
    expect(output["left_out"]).toContainEqual({ file: ".env", reason: "may hold a secret" });
  });

  it("reads only the files that are named, by name or by what was found in them", async () => {
    await using tree = await makeTree(FILES);
    const only = [{ file: "b.js", line: 3 }, "./b.js", "../outside.js", "gone.js"];
    const output = await run({ path: tree.root, only, most_tokens: 1_000 }, skillContext());
    expect(output).toEqual({
      sources: '<file path="b.js">\nb();\n\n</file>\n',
      files_read: 1,
      left_out: [
        { file: "../outside.js", reason: "is not in the directory, or is ignored" },
        { file: "gone.js", reason: "is not in the directory, or is ignored" },
      ],
    });
  });

  it("fails when nothing can be read, or too much would be", async () => {
    await using tree = await makeTree(FILES);
    const asked = (inputs: object) =>
      run({ path: tree.root, most_tokens: 1_000, ...inputs }, skillContext());
    await expect(asked({ only: ["gone.js"] })).rejects.toMatchObject({ code: "nothing-to-do" });
    await expect(asked({ most_tokens: 2 })).rejects.toMatchObject({ code: "limit-exceeded" });
    await expect(asked({ only: [1] })).rejects.toMatchObject({ code: "invalid-input" });
    await expect(asked({ path: "/no/such/place" })).rejects.toMatchObject({
      code: "path-not-found",
    });
  });
});
