import { execFileSync } from "node:child_process";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { makeBatches } from "../../skills/discover-files/batches.ts";
import { run } from "../../skills/discover-files/run.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const SOURCE = "export const one = 1;\n";

describe("discover-files", () => {
  it("splits the sources into batches and names what it leaves out", async () => {
    await using tree = await makeTree({
      "src/a.ts": SOURCE,
      "src/b.jsx": SOURCE,
      "tools/c.py": "one = 1\n",
      "README.md": "# Read me\n",
      "node_modules/x/index.js": SOURCE,
      ".git/HEAD": "ref: refs/heads/main\n",
      ".cascade/runs/r1/report.json": "{}",
    });

    expect(await run({ path: tree.root, batch_size: 40 }, skillContext())).toEqual({
      root: tree.root,
      batches: [{ files: ["src/a.ts", "src/b.jsx"], bytes: 44 }],
      languages: { TypeScript: 1, JavaScript: 1, Python: 1 },
      not_analysed: [
        { file: ".cascade/", reason: "our own run data" },
        { file: ".git/", reason: "version control data" },
        { file: "README.md", reason: "not a source language" },
        { file: "node_modules/", reason: "installed dependencies" },
        { file: "tools/c.py", reason: "no analyser for Python" },
      ],
      total_files: 4,
      analysable_files: 2,
      analysable_bytes: 44,
    });
  });

  it("ends on links that form loops, and opens no pipe, socket or device", async () => {
    await using tree = await makeTree({ "a/real.js": SOURCE });
    await symlink("..", tree.path("a/loop"));
    await symlink("self", tree.path("self"));
    await symlink("a/real.js", tree.path("link.js"));
    await symlink("/dev/zero", tree.path("zero.js"));
    execFileSync("mkfifo", [tree.path("pipe.js")]);
    const server = createServer().listen(tree.path("socket.js"));
    try {
      const { batches, not_analysed } = await run({ path: tree.root }, skillContext());

      expect({ batches, not_analysed }).toEqual({
        batches: [{ files: ["a/real.js"], bytes: 22 }],
        not_analysed: [
          { file: "a/loop", reason: "symbolic link" },
          { file: "link.js", reason: "symbolic link" },
          { file: "pipe.js", reason: "named pipe" },
          { file: "self", reason: "symbolic link" },
          { file: "socket.js", reason: "socket" },
          { file: "zero.js", reason: "symbolic link" },
        ],
      });
    } finally {
      server.close();
    }
  });

  it("says of each unusable file why it is unusable", async () => {
    await using tree = await makeTree({
      "binary.js": Buffer.from([0x61, 0, 0x62]),
      "latin1.js": Buffer.from([0x27, 0xe9, 0x27]),
      "one-line-10-mb.js": `x="${"a".repeat(10_000_000)}"`,
      "one-line.js": `x="${"a".repeat(5_000)}"`,
      "jquery.min.js": SOURCE,
      "empty.js": "",
    });

    const { batches, not_analysed } = await run({ path: tree.root }, skillContext());

    expect({ batches, not_analysed }).toEqual({
      batches: [{ files: ["empty.js"], bytes: 0 }],
      not_analysed: [
        { file: "binary.js", reason: "binary" },
        { file: "jquery.min.js", reason: "minified" },
        { file: "latin1.js", reason: "not UTF-8 text" },
        { file: "one-line-10-mb.js", reason: "too large (10.0 MB; the limit is 1 MB)" },
        { file: "one-line.js", reason: "minified" },
      ],
    });
  });

  it("finds files whose names hold spaces, line breaks and leading dashes", async () => {
    const names = [
      "-rf.js",
      "a b.js",
      "line\nbreak.js",
      "quote'\".js",
      "ünïcode.js",
      "back\\slash.js",
    ];
    await using tree = await makeTree(Object.fromEntries(names.map((name) => [name, SOURCE])));

    const { batches } = await run({ path: tree.root, batches: 1 }, skillContext());

    expect(batches).toEqual([{ files: [...names].sort(), bytes: 22 * names.length }]);
  });

  it("honours .gitignore files as git does", async () => {
    await using tree = await makeTree({
      ".git/HEAD": "ref: refs/heads/main\n",
      ".gitignore": "dist/\n*.gen.ts\n/only-here.ts\n",
      "dist/a.js": SOURCE,
      "src/.gitignore": "!keep.gen.ts\nlocal.ts\n",
      "src/drop.gen.ts": SOURCE,
      "src/keep.gen.ts": SOURCE,
      "src/local.ts": SOURCE,
      "src/only-here.ts": SOURCE,
      "only-here.ts": SOURCE,
    });
    const ignored = (name: string) => ({ file: name, reason: "ignored by git" });

    const whole = await run({ path: tree.root }, skillContext());
    const folder = await run({ path: tree.path("src") }, skillContext());
    const askedFor = await run({ path: tree.path("dist") }, skillContext());

    expect(whole["batches"]).toEqual([
      { files: ["src/keep.gen.ts", "src/only-here.ts"], bytes: 44 },
    ]);
    expect(folder["batches"]).toEqual([{ files: ["keep.gen.ts", "only-here.ts"], bytes: 44 }]);
    expect(folder["not_analysed"]).toEqual([
      { file: ".gitignore", reason: "not a source language" },
      ignored("drop.gen.ts"),
      ignored("local.ts"),
    ]);
    expect(askedFor["batches"]).toEqual([{ files: ["a.js"], bytes: 22 }]);
  });

  it("takes a single file as it is", async () => {
    await using tree = await makeTree({ "one.ts": SOURCE, "other.ts": SOURCE });

    expect(await run({ path: tree.path("one.ts") }, skillContext())).toEqual({
      root: tree.root,
      batches: [{ files: ["one.ts"], bytes: 22 }],
      languages: { TypeScript: 1 },
      not_analysed: [],
      total_files: 1,
      analysable_files: 1,
      analysable_bytes: 22,
    });
  });

  it("answers no batches for an empty directory", async () => {
    await using tree = await makeTree();

    expect(await run({ path: tree.root }, skillContext())).toEqual({
      root: tree.root,
      batches: [],
      languages: {},
      not_analysed: [],
      total_files: 0,
      analysable_files: 0,
      analysable_bytes: 0,
    });
  });

  it("goes on beside a file and a folder that it may not read, and refuses such a root", async () => {
    await using tree = await makeTree({
      "open.js": SOURCE,
      "closed.js": SOURCE,
      "closed/inside.js": SOURCE,
    });
    await chmod(tree.root, 0o755);
    await chmod(tree.path("closed.js"), 0);
    await chmod(tree.path("closed"), 0);

    const outcome = await asOrdinaryUser(() => run({ path: tree.root }, skillContext()));

    expect([outcome["batches"], outcome["not_analysed"]]).toEqual([
      [{ files: ["open.js"], bytes: 22 }],
      [
        { file: "closed.js", reason: "unreadable (EACCES)" },
        { file: "closed/", reason: "unreadable (EACCES)" },
      ],
    ]);
    await expect(
      asOrdinaryUser(() => run({ path: tree.path("closed") }, skillContext())),
    ).rejects.toMatchObject({ code: "path-unreadable", disposition: "fail" });
    await chmod(tree.path("closed"), 0o700); // who is not root could not remove it
  });

  it.each([
    ["missing", "path-not-found"],
    ["file.js/below", "path-not-found"],
    ["pipe", "path-unreadable"],
  ])("refuses the path %s with %s", async (name, code) => {
    await using tree = await makeTree({ "file.js": SOURCE });
    execFileSync("mkfifo", [tree.path("pipe")]);

    await expect(run({ path: tree.path(name) }, skillContext())).rejects.toMatchObject({ code });
  });

  it.each([
    [{ path: null }, "/path"],
    [{ path: 7 }, "/path"],
    [{ path: "a\0b" }, "/path"],
    [{ path: "/", batch_size: 0 }, "/batch_size"],
    [{ path: "/", batches: 1.5 }, "/batches"],
  ])("refuses the inputs %j", async (inputs, pointer) => {
    await using tree = await makeTree();
    const placed = inputs.path === "/" ? { ...inputs, path: tree.root } : inputs;

    await expect(run(placed, skillContext())).rejects.toMatchObject({
      code: "invalid-input",
      location: { pointer },
    });
  });

  it("stops when its signal is aborted", async () => {
    await using tree = await makeTree({ "a.js": SOURCE });
    await mkdir(tree.path("b"));

    await expect(
      run({ path: tree.root }, skillContext({ signal: AbortSignal.abort() })),
    ).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("makeBatches", () => {
  const files = (count: number, bytes: number) =>
    Array.from({ length: count }, (_, index) => ({ file: `f${index}`, bytes }));

  it.each([
    { count: 0, bytes: 0, given: {}, sizes: [] },
    { count: 1, bytes: 10, given: {}, sizes: [1] },
    { count: 8, bytes: 10, given: {}, sizes: [2, 2, 2, 2] },
    { count: 100, bytes: 10, given: {}, sizes: [25, 25, 25, 25] },
    { count: 200, bytes: 10, given: {}, sizes: [40, 40, 40, 40, 40] },
    { count: 12, bytes: 200_000, given: {}, sizes: [2, 2, 1, 1, 1, 1, 1, 1, 1, 1] },
    { count: 5, bytes: 10, given: { batches: 2 }, sizes: [3, 2] },
    { count: 2, bytes: 10, given: { batches: 9 }, sizes: [1, 1] },
  ])("makes batches of $sizes from $count files of $bytes bytes", ({
    count,
    bytes,
    given,
    sizes,
  }) => {
    const limits = { batchSize: 40, batches: undefined, ...given };

    const batches = makeBatches(files(count, bytes), limits);

    expect(batches.map((batch) => batch.files.length).sort((a, b) => b - a)).toEqual(sizes);
  });

  it("puts each file into one batch and gives none much more than another", () => {
    const sized = Array.from({ length: 101 }, (_, index) => ({
      file: `f${index}`,
      bytes: (index * 7_919) % 5_000,
    }));

    const batches = makeBatches(sized, { batchSize: 40, batches: 4 });

    expect(batches.flatMap((batch) => batch.files).sort()).toEqual(
      sized.map(({ file }) => file).sort(),
    );
    const bytes = batches.map((batch) => batch.bytes);
    expect(Math.max(...bytes) - Math.min(...bytes)).toBeLessThan(5_000);
  });
});

/** Root may read everything, so these tests give its rights up for a moment. */
async function asOrdinaryUser<Result>(action: () => Promise<Result>): Promise<Result> {
  const { seteuid, geteuid } = process;
  if (seteuid === undefined || geteuid?.() !== 0) return await action();
  seteuid(65_534);
  try {
    return await action();
  } finally {
    seteuid(0);
  }
}
