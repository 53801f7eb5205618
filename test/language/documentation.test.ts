import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { renderDiagnostic } from "../../language/diagnostic.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../../language/skill-catalog.ts";

const page = await readFile(new URL("../../docs/cascade-format.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
const memoryPage = await readFile(new URL("../../docs/memory.md", import.meta.url), "utf8");
const skills = await openSkillCatalog([shippedSkillsFolder]);

describe("docs/cascade-format.md", () => {
  it.each(examples)("has an example that works: %s", (text) => {
    const compiled = compileCascade({ text, file: "cascade-format.md" }, skills);
    expect(compiled).toMatchObject({ ok: true, warnings: [] });
  });

  it("docs/memory.md has an example that works", () => {
    const [, text = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(memoryPage) ?? [];
    const compiled = compileCascade({ text, file: "memory.md" }, skills);
    expect(compiled).toMatchObject({ ok: true, warnings: [] });
  });

  it("docs/models.md has an example that works", async () => {
    const models = await readFile(new URL("../../docs/models.md", import.meta.url), "utf8");
    const [, text = ""] = /^```yaml\n([\s\S]*?)^```$/m.exec(models) ?? [];
    expect(compileCascade({ text, file: "models.md" }, skills)).toMatchObject({
      ok: true,
      warnings: [],
    });
  });

  it("shows an error as it is shown", () => {
    const text =
      "cascade: c\nstages:\n  - stage: a\n    inputs: { path: x, files: [] }\n    skills: [lint-cod]\n";
    const compiled = compileCascade({ text, file: "c.yaml" }, skills);
    const [first] = compiled.ok ? [] : compiled.diagnostics;
    if (first === undefined) throw new Error("no error");
    expect(page).toContain(`\`\`\`\n${renderDiagnostic(first, text)}\n\`\`\``);
  });
});
