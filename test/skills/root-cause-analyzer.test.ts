import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Json } from "../../core/json.ts";
import { failureIn } from "../../skills/root-cause-analyzer/failures.ts";
import { framesIn, ownFrames } from "../../skills/root-cause-analyzer/frames.ts";
import { run } from "../../skills/root-cause-analyzer/run.ts";
import { makeTree, skillContext, type Tree } from "./skill-context.ts";

const SHOP = {
  "package.json": '{ "type": "module" }',
  "src/cart.js": `export function total(items, rates) {
  let sum = 0;
  for (const item of items) {
    sum += item.price.amount;
  }
  return sum;
}
`,
  "src/main.js": `import { total } from "./cart.js";

console.log(total([{ name: "tea" }]));
`,
};

/** Files in a repository with one commit. */
async function makeRepository(files: Readonly<Record<string, string>>): Promise<Tree> {
  const tree = await makeTree(files);
  const git = (...args: string[]): void => {
    const identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"];
    const end = spawnSync("git", [...identity, ...args], { cwd: tree.root, encoding: "utf8" });
    expect(end.stderr + end.status).toMatch(/0$/);
  };
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "cart: add up prices");
  return tree;
}

describe("root-cause-analyzer", () => {
  it("leads from the real output of a failing program to the line, its function and its commit", async () => {
    await using tree = await makeRepository(SHOP);
    const failing = spawnSync(process.execPath, ["src/main.js"], {
      cwd: tree.root,
      encoding: "utf8",
    });
    expect(failing.status).toBe(1);
    const context = skillContext();

    const analysis = await run({ path: tree.root, log: failing.stderr }, context);

    expect(analysis).toMatchObject({
      symptom: "TypeError: Cannot read properties of undefined (reading 'amount')",
      cause:
        "a value that is not there is used (amount) at src/cart.js:4 in total: TypeError: Cannot read properties of undefined (reading 'amount')",
      confidence: expect.any(Number),
      complexity: "simple",
      unknown: [],
    });
    expect(analysis["confidence"]).toBeGreaterThan(0.6);
    expect(placesOf(analysis["hypotheses"])).toEqual(["src/cart.js:4", "src/main.js:3"]);
    const options = analysis["options"] as { title: string; files: string[]; risk: string }[];
    expect(options.map(({ files, risk }) => [files, risk])).toEqual([
      [["src/cart.js"], "low"],
      [["src/main.js"], "medium"],
      [["src/cart.js"], "medium"],
    ]);
    expect(options[2]?.title).toContain("cart: add up prices");
    const evidence = analysis["evidence"] as { why: string; excerpt: string }[];
    expect(evidence[0]).toMatchObject({
      file: "src/cart.js",
      line: 4,
      why: "the innermost of the project's own frames in total",
      excerpt: expect.stringContaining("> 4 |     sum += item.price.amount;"),
    });
    expect(evidence[1]?.why).toMatch(
      /^last changed by [0-9a-f]{12} on \d{4}-\d\d-\d\d: cart: add up prices$/,
    );
    expect(context.artifacts.get("root-cause.md")).toContain("## Cause");
  });

  it("says that the cause is not known when nothing points anywhere", async () => {
    await using tree = await makeTree(SHOP);

    const analysis = await run(
      { path: tree.root, symptom: "it is slow on Mondays" },
      skillContext(),
    );

    expect(analysis).toMatchObject({
      symptom: "it is slow on Mondays",
      cause: null,
      confidence: 0,
      complexity: "complex",
      evidence: [],
      hypotheses: [],
      options: [],
    });
    expect(analysis["unknown"]).toEqual([
      "no line of what was given says what failed",
      "what was given names no place in a file of the project; a stack trace would",
    ]);
  });

  it("does not believe a log of another version of the file", async () => {
    await using tree = await makeTree(SHOP);

    const analysis = await run(
      { path: tree.root, log: "Error: broken\n    at src/cart.js:900:1\n" },
      skillContext(),
    );

    expect(analysis).toMatchObject({ cause: null, evidence: [] });
    expect(analysis["unknown"]).toEqual([
      "src/cart.js has no line 900: the log is of another version of it",
    ]);
  });

  it("follows a failing test to what it imports, and weighs the test less", async () => {
    await using tree = await makeTree({
      ...SHOP,
      "test/cart.test.js": `import { total } from "../src/cart.js";\n\nexpect(total([])).toBe(1);\n`,
    });
    const failures = [
      {
        id: "cart > total",
        message: "AssertionError: expected 0 to be 1 // in total",
        frames: [{ file: "test/cart.test.js", line: 3 }],
      },
    ];

    const analysis = await run({ path: tree.root, failures }, skillContext());

    expect(placesOf(analysis["hypotheses"])).toContain("src/cart.js:1");
    expect(analysis["evidence"]).toContainEqual(
      expect.objectContaining({
        file: "src/cart.js",
        line: 1,
        why: "imported by the failing test test/cart.test.js:1",
      }),
    );
  });

  it("searches the sources for the text of a message without a stack", async () => {
    await using tree = await makeTree({
      "src/pay.py":
        'def pay(sum):\n    if sum < 0:\n        raise ValueError("the sum of an order is negative")\n',
    });

    const analysis = await run(
      { path: tree.root, symptom: "ValueError: the sum of an order is negative" },
      skillContext(),
    );

    expect(placesOf(analysis["hypotheses"])).toEqual(["src/pay.py:3"]);
    expect(analysis["complexity"]).toBe("simple");
  });

  it("counts what is odd in the function, and calls what is hard to follow complex", async () => {
    const branches = Array.from(
      { length: 12 },
      (_, index) => `  if (x === ${index}) return y[${index}];`,
    );
    await using tree = await makeTree({
      "a.js": `export function pick(x, y) {\n${branches.join("\n")}\n  try {\n    y.z();\n  } catch {\n  }\n  return y.last.name;\n}\n`,
    });
    const log =
      "TypeError: Cannot read properties of undefined (reading 'name')\n    at pick (a.js:18:17)\n";

    const analysis = await run({ path: tree.root, log }, skillContext());

    expect(analysis).toMatchObject({
      complexity: "complex",
      complexity_reasons: ["pick has a cyclomatic complexity of 13"],
    });
    const [first] = analysis["hypotheses"] as { reasons: string[] }[];
    expect(first?.reasons).toContain("line 16: an error is caught and nothing is done about it");
  });

  it("starts no program that the repository names", async () => {
    await using tree = await makeRepository({ ...SHOP, ".gitattributes": "*.js diff=evil\n" });
    const marker = tree.path("started");
    for (const key of ["diff.evil.textconv", "core.fsmonitor"]) {
      spawnSync("git", ["config", key, `touch ${marker};:`], { cwd: tree.root });
    }

    const log = "Error: x\n    at total (src/cart.js:4:1)\n";
    const analysis = await run({ path: tree.root, log }, skillContext());

    expect(JSON.stringify(analysis["evidence"])).toContain("cart: add up prices");
    expect(existsSync(marker)).toBe(false);
  });

  it.each([
    [{}, "invalid-input"],
    [{ log: "  " }, "invalid-input"],
    [{ log: "Error: x", path: "/nowhere/at/all" }, "path-not-found"],
  ])("refuses %j with %s", async (inputs, code) => {
    await using tree = await makeTree(SHOP);

    await expect(run({ path: tree.root, ...inputs }, skillContext())).rejects.toMatchObject({
      code,
    });
  });
});

describe("the places that a log names", () => {
  it.each([
    [
      "Node",
      "Error: x\n    at total (file:///app/src/cart.js:4:9)\n    at node:internal/x:1:2\n",
      ["src/cart.js:4 total"],
    ],
    ["Node without a name", "    at /app/src/cart.js:4:9\n", ["src/cart.js:4"]],
    [
      "vitest",
      " ❯ src/cart.js:4:9\n ❯ test/cart.test.js:9:3\n",
      ["src/cart.js:4", "test/cart.test.js:9"],
    ],
    [
      "Python, innermost last",
      'Traceback (most recent call last):\n  File "/srv/src/a.py", line 9, in main\n  File "/srv/src/b.py", line 2, in load\nKeyError: \'x\'\n',
      ["src/b.py:2 load", "src/a.py:9 main"],
    ],
    [
      "Java, its last cause first",
      "Exception in thread main\n\tat shop.Main.run(Main.java:7)\nCaused by: java.lang.NullPointerException\n\tat shop.Cart.total(Cart.java:3)\n",
      ["src/shop/Cart.java:3 total", "src/shop/Main.java:7 run"],
    ],
    [
      "Go",
      "panic: x\n\ngoroutine 1 [running]:\nmain.total(...)\n\t/build/src/cart.go:12 +0x1d\n",
      ["src/cart.go:12"],
    ],
    ["Rust", "thread 'main' panicked at src/cart.rs:5:10:\n", ["src/cart.rs:5"]],
    ["TypeScript", "src/cart.ts(3,5): error TS2322: Type\n", ["src/cart.ts:3"]],
    ["what is installed", "    at x (/app/node_modules/y/src/cart.js:4:9)\n", []],
  ])("are read from %s", (_, log, expected) => {
    const files = [
      "src/cart.js",
      "test/cart.test.js",
      "src/a.py",
      "src/b.py",
      "src/shop/Cart.java",
      "src/shop/Main.java",
      "src/cart.go",
      "src/cart.rs",
      "src/cart.ts",
    ];

    const frames = ownFrames(framesIn(log), { root: "/project", files });

    expect(
      frames.map(
        ({ file, line, name }) => `${file}:${line}${name === undefined ? "" : ` ${name}`}`,
      ),
    ).toEqual(expected);
  });

  it("are passed over when two files could be meant", () => {
    const files = ["a/index.ts", "b/index.ts"];

    expect(ownFrames([{ path: "index.ts", line: 1 }], { root: "/project", files })).toEqual([]);
    expect(ownFrames([{ path: "/x/b/index.ts", line: 1 }], { root: "/project", files })).toEqual([
      { file: "b/index.ts", line: 1 },
    ]);
  });

  it("take little time, whatever a log holds", () => {
    for (const part of ["at ", "a/", "a.", 'File "', "(", ":1", "❯ "]) {
      expect(framesIn(part.repeat(100_000)).length).toBeLessThanOrEqual(200);
      expect(failureIn(part.repeat(100_000))?.kind ?? "other").toBe("other");
    }
  });
});

it.each([
  ["TypeError: Cannot read properties of null (reading 'id')", "missing-value", ["id"]],
  ["ReferenceError: total is not defined", "unknown-name", ["total"]],
  ["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'left'", "missing-module", ["left"]],
  ["ModuleNotFoundError: No module named 'shop.cart'", "missing-module", ["shop", "cart"]],
  ["Error: connect ECONNREFUSED 127.0.0.1:80", "no-connection", []],
  ["AssertionError: expected 1 to be 2", "assertion", []],
  ["java.lang.StackOverflowError", "endless-recursion", []],
  ["CustomError: the flux is out", "other", []],
])("tells the kind of failure: %s", (line, kind, names) => {
  expect(failureIn(`some output\n${line}\n    at x\n`)).toEqual({ kind, message: line, names });
});

function placesOf(list: Json | undefined): string[] {
  return (list as { file: string; line: number }[]).map(({ file, line }) => `${file}:${line}`);
}
