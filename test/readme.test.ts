import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileCascade } from "../language/compile.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../language/skill-catalog.ts";

const root = join(import.meta.dirname, "..");
const read = (name: string): string => readFileSync(join(root, name), "utf8");
const readme = read("README.md");
const blocks = (kind: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, text = ""]) => text,
  );

describe("README.md", () => {
  it("shows a cascade of eight lines that compiles", async () => {
    const [text = ""] = blocks("yaml");
    expect(text.trimEnd().split("\n")).toHaveLength(8);
    const skills = await openSkillCatalog([shippedSkillsFolder]);
    expect(compileCascade({ text, file: "README.md" }, skills)).toMatchObject({
      ok: true,
      warnings: [],
    });
  });

  it("prints the program that npm run job is", () => {
    expect(blocks("js")).toEqual([read("interfaces/cli/job.mjs")]);
  });

  it("names only npm scripts and files that there are", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name]) => name);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...new Set(named)]));
    for (const [, file = ""] of readme.matchAll(/`((?:docs|test)\/[\w./-]+)`/g)) {
      expect(() => readFileSync(join(root, file)), file).not.toThrow(/ENOENT/);
    }
  });
});
