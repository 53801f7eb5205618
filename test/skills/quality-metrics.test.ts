import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../core/json.ts";
import { run as complexity } from "../../skills/complexity-analysis/run.ts";
import { run as discover } from "../../skills/discover-files/run.ts";
import { run as merge } from "../../skills/merge-quality-reports/run.ts";
import { run } from "../../skills/quality-metrics/run.ts";
import { makeTree, skillContext } from "./skill-context.ts";

const SEEDED = fileURLToPath(new URL("../fixtures/skills/seeded", import.meta.url));
/** A function with so many branches, one a line. */
const branches = (name: string, count: number): string =>
  `export function ${name}(x) {\n${Array.from({ length: count }, (_, n) => `  if (x === ${n}) return ${n};\n`).join("")}}\n`;

const copy = (name: string): string => `export function ${name}(orders, rates) {
  const totals = new Map();
  for (const { customer, lines, currency } of orders) {
    let sum = totals.get(customer) ?? 0;
    for (const line of lines) sum += line.price * line.count;
    const rate = rates[currency];
    if (rate === undefined) throw new Error("no rate for " + currency);
    totals.set(customer, sum * rate);
  }
  return [...totals].sort((a, b) => b[1] - a[1]).slice(0, 10);
}
`;

describe("quality-metrics", () => {
  it("answers the metrics of a small project, and what to look at first", async () => {
    await using tree = await makeTree({
      "src/a.js": `import "./b.js";\n${branches("tangled", 16)}`,
      "src/b.js": `import "./a.js";\nexport const b = 1;\n`,
      "src/long.py": `def long(x):\n${"    x += 1\n".repeat(61)}`,
      "src/copies.js": copy("one") + copy("two"),
      "src/broken.js": "function (",
      "run.sh": "echo 1\n",
      "README.md": "# Read me\n",
    });

    expect(await run({ path: tree.root, threshold: 0.9 }, skillContext())).toEqual({
      quality: 0.833,
      threshold: 0.9,
      passed: false,
      metrics: {
        files: 6,
        lines: 107,
        functions: 6,
        mean_complexity: 5,
        max_complexity: 17,
        max_cognitive: 16,
        complex_functions: 1,
        long_functions: 1,
        duplicated_lines: 20,
        duplication_ratio: 0.187,
        import_cycles: 1,
        left_out: 1,
      },
      worst: [
        { file: "src/a.js", line: 2, name: "tangled", lines: 18, cyclomatic: 17, cognitive: 16 },
        { file: "src/long.py", line: 1, name: "long", lines: 62, cyclomatic: 1, cognitive: 0 },
      ],
      formula: "1.0",
    });
  });

  it("answers 1 for code that nothing is wrong with, and reaches the default threshold", async () => {
    await using tree = await makeTree({ "a.ts": "export const one = (): number => 1;\n" });
    const measured = await run({ path: tree.path("a.ts") }, skillContext());
    expect(measured).toMatchObject({ quality: 1, threshold: 0.7, passed: true, worst: [] });
    expect(await run({ path: tree.root, threshold: 1 }, skillContext())).toMatchObject({
      passed: true,
    });
  });

  it("has the score of the quality report over the same analyses", async () => {
    await using tree = await makeTree({ "more.js": branches("more", 30) });
    execFileSync("cp", ["-r", SEEDED, tree.path("seeded")]);
    const context = skillContext();
    const discovery = (await discover({ path: tree.root, batches: 1 }, context)) as JsonObject;
    const { files } = (discovery["batches"] as unknown as JsonObject[])[0] ?? {};
    const report = await complexity({ path: tree.root, files: files as Json }, context);
    const merged = await merge({ discovery, reports: [report] }, context);

    const { quality } = await run({ path: tree.root }, context);
    expect(Number(quality) * 100).toBeCloseTo(Number(merged["score"]), 6);
    expect(Number(merged["score"])).toBeLessThan(100);
  });

  it.each([
    ["no file", {}],
    ["no language that is measured", { "run.sh": "echo 1\n", "data.bin": "\0" }],
    ["nothing that can be read", { "a.js": "function (" }],
  ])("has nothing to do where there is %s", async (_name, files) => {
    await using tree = await makeTree(files);
    await expect(run({ path: tree.root }, skillContext())).rejects.toMatchObject({
      code: "nothing-to-do",
      disposition: "fail",
    });
  });

  it.each([
    [{ path: "/nowhere/at/all" }, "path-not-found"],
    [{ path: "" }, "invalid-input"],
    [{ path: ".", threshold: 70 }, "invalid-input"],
  ])("refuses %j", async (inputs, code) => {
    await expect(run(inputs, skillContext())).rejects.toMatchObject({ code, disposition: "fail" });
  });

  it("stops when it is told to", async () => {
    await using tree = await makeTree({ "a.js": "let a;\n" });
    const signal = AbortSignal.abort(new DOMException("enough", "AbortError"));
    await expect(run({ path: tree.root }, skillContext({ signal }))).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});
