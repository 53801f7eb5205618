import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../../language/skill-catalog.ts";

const skills = await openSkillCatalog([shippedSkillsFolder]);

function compile(stage: string) {
  const text = `cascade: c\nstages:\n  - { stage: a, ${stage} }\n`;
  return compileCascade({ text, file: "c.yaml" }, skills);
}

describe("`auto_fix` of a stage", () => {
  it.each([
    ["type: codex-sandbox, auto_fix: false", false],
    ["type: codex-sandbox, auto_fix: true, fix_strategy: { auto_fix: false }", false],
    ["type: codex-sandbox, auto_fix: false, fix_strategy: { auto_fix: true }", false],
    ["type: codex-sandbox, auto_fix: true", true],
    ["skill: functionality-audit, auto_fix: false", false],
  ])("keeps fixes from being tried when it, or whoever says so, is false: %s", (stage, value) => {
    const compiled = compile(stage);
    expect(compiled.ok && compiled.plan.stages[0]?.skills[0]?.inputs["auto_fix"]).toEqual({
      kind: "literal",
      value,
    });
  });

  it("is an error where nothing is fixed", () => {
    const compiled = compile("skill: lint-code, auto_fix: false");
    expect(compiled.ok ? [] : compiled.diagnostics.map(({ message }) => message)).toContain(
      "no skill of this stage fixes anything: `auto_fix` would be without effect",
    );
  });
});
