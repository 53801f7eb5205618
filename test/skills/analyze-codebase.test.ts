import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { run } from "../../skills/analyze-codebase/run.ts";
import { makeTree, skillContext, type Tree } from "./skill-context.ts";

const NESTED = "export function f(x) { if (x) { while (x) { x--; } } }\n";

function commitAll(tree: Tree): void {
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...args], { cwd: tree.root });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "all");
}

describe("analyze-codebase", () => {
  it("gives an overview of languages, folders and hotspots", async () => {
    await using tree = await makeTree({
      "src/a.ts": NESTED + NESTED.replace(" f(", " g("),
      "src/deep/b.ts": "export const b = 1;\n",
      "tools/c.py": "def c(x):\n    return x\n",
      "main.js": NESTED,
      "broken.js": "function (",
    });
    commitAll(tree);

    expect(await run({ path: tree.root }, skillContext())).toEqual({
      quality_score: 1,
      languages: [
        { language: "TypeScript", files: 2, lines: 3 },
        { language: "JavaScript", files: 2, lines: 2 },
        { language: "Python", files: 1, lines: 2 },
      ],
      structure: [
        { folder: "src", files: 2, lines: 3 },
        { folder: ".", files: 2, lines: 2 },
        { folder: "tools", files: 1, lines: 2 },
      ],
      hotspots: [
        { path: "src/a.ts", churn: 1, complexity: 6 },
        { path: "main.js", churn: 1, complexity: 3 },
      ],
      summary:
        "7 lines of code in 5 files: 43 % TypeScript, the rest in 2 languages. The largest folder is src with 3 lines. " +
        "The quality is 1 of 1 by formula 1.0: 0 findings about 4 functions, 0 lines that stand in several places, " +
        "0 import cycles. The file most worth work is src/a.ts: 1 commit in a year, cognitive complexity 6. " +
        "2 files and folders were left out.",
    });
  });

  it("lists the most complex files when there is no history, and says why", async () => {
    await using tree = await makeTree({ "b.js": NESTED, "a.js": NESTED, "plain.js": "let a;\n" });

    expect(await run({ path: tree.root }, skillContext())).toEqual({
      quality_score: 1,
      languages: [{ language: "JavaScript", files: 3, lines: 3 }],
      structure: [{ folder: ".", files: 3, lines: 3 }],
      hotspots: [
        { path: "a.js", churn: null, complexity: 3 },
        { path: "b.js", churn: null, complexity: 3 },
      ],
      summary:
        "3 lines of code in 3 files: all JavaScript. The quality is 1 of 1 by formula 1.0: 0 findings about 2 functions, " +
        "0 lines that stand in several places, 0 import cycles. The hardest file to understand is a.js, with a cognitive " +
        "complexity of 3. How often files change is not known: not in a git repository.",
    });
  });

  it("keeps names out of the summary that would change how it is read", async () => {
    await using tree = await makeTree({ "x\n\u202e\u001b[31m/a.js": NESTED });
    const { summary, structure } = await run({ path: tree.root }, skillContext());
    expect(structure).toEqual([{ folder: "x\n\u202e\u001b[31m", files: 1, lines: 1 }]);
    expect(summary).toContain("The largest folder is x\\n\\u{202e}\\u{1b}[31m with 1 line.");
    expect(summary).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it("has nothing to do in an empty directory, and no directory is an error of its own", async () => {
    await using tree = await makeTree();
    await expect(run({ path: tree.root }, skillContext())).rejects.toMatchObject({
      code: "nothing-to-do",
      disposition: "fail",
    });
    await expect(run({ path: tree.path("none") }, skillContext())).rejects.toMatchObject({
      code: "path-not-found",
      disposition: "fail",
    });
  });

  it("stops when it is told to", async () => {
    await using tree = await makeTree({ "a.js": NESTED });
    const signal = AbortSignal.abort(new DOMException("enough", "AbortError"));
    await expect(run({ path: tree.root }, skillContext({ signal }))).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});
