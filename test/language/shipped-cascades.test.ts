import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openCascadeRegistry, shippedCascadesFolder } from "../../language/cascade-registry.ts";
import { compileCascade } from "../../language/compile.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../../language/skill-catalog.ts";

it("verify-findings takes no result from the cache of earlier runs", async () => {
  const skills = await openSkillCatalog([shippedSkillsFolder]);
  const { inputs, stages } = await openCascadeRegistry([shippedCascadesFolder], skills).plan(
    "verify-findings",
  );
  expect(inputs.find(({ name }) => name === "cache")).toMatchObject({ default: false });
  const given = stages.flatMap((stage) =>
    stage.skills
      .filter(({ skill }) => skills.find(skill)?.inputs.some(({ name }) => name === "cache"))
      .map(({ inputs: own }) => JSON.stringify(own["cache"])),
  );
  expect(given.length).toBeGreaterThan(0);
  expect(given.filter((each) => !each?.includes("cache"))).toEqual([]);
});

it("verify-findings executes the skills whose findings code-quality-swarm reports", async () => {
  const skills = await openSkillCatalog([shippedSkillsFolder]);
  const registry = openCascadeRegistry([shippedCascadesFolder], skills);
  const [quality, verify] = await Promise.all(
    ["code-quality-swarm", "verify-findings"].map(async (name) => {
      const { stages } = await registry.plan(name);
      return stages
        .flatMap((stage) => stage.skills.map(({ skill }) => skill))
        .filter((skill) => skills.find(skill)?.outputs.some(({ name }) => name === "findings"))
        .filter((skill) => skill !== "merge-quality-reports");
    }),
  );
  expect(verify).toEqual(quality);
});

it("test-and-fix runs the tests once more with the patch of its fixes", async () => {
  const skills = await openSkillCatalog([shippedSkillsFolder]);
  const { stages } = await openCascadeRegistry([shippedCascadesFolder], skills).plan(
    "test-and-fix",
  );
  expect(
    stages.map(({ id, skills: calls }) => [id, calls.map(({ skill, lane }) => `${skill} ${lane}`)]),
  ).toEqual([
    ["functionality-audit", ["codex-sandbox sandbox"]],
    ["validate-fixes", ["regression-tests sandbox"]],
    ["outputs", []],
  ]);
  expect(stages[1]?.skills[0]?.inputs["patch"]).toMatchObject({
    kind: "reference",
    reference: { source: expect.stringContaining("functionality-audit") },
  });
});

it("a codex-sandbox stage of the description is carried out by the shipped skill", async () => {
  const skills = await openSkillCatalog([shippedSkillsFolder]);
  const file = new URL("../fixtures/description/06-test-and-fix.yaml", import.meta.url);
  const compiled = compileCascade({ text: readFileSync(file, "utf8"), file: "c.yaml" }, skills);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  const [audit, validate] = compiled.plan.stages;
  const given = Object.entries(audit?.skills[0]?.inputs ?? {}).map(([name, template]) => [
    name,
    template.kind === "literal" ? template.value : template.kind,
  ]);
  expect(Object.fromEntries(given)).toEqual({
    test_suite: "comprehensive",
    auto_fix: true,
    max_iterations: 5,
    escalate_after: 5,
    regression_check: true,
    network_disabled: true,
  });
  expect(validate?.skills[0]).toMatchObject({ skill: "regression-tests", lane: "sandbox" });
});

it.each([
  ["06-test-and-fix", []],
  // What is deployed, and that somebody has approved it, nobody can leave out.
  [
    "07-adaptive-workflow",
    [
      'missing-input the skill "deploy-fast" needs the input "argv"',
      'missing-input the skill "deploy-fast" needs the input "approval"',
    ],
  ],
  ["08-iterative-refinement", []],
  ["13-complete-dev-workflow", []],
  ["15-intelligent-bug-fix", []],
])("the block %s of the description, as it is, names skills that ship", async (name, problems) => {
  const skills = await openSkillCatalog([shippedSkillsFolder]);
  const { sources } = openCascadeRegistry([shippedCascadesFolder], skills);
  const file = new URL(`../fixtures/description/${name}.yaml`, import.meta.url);
  const compiled = compileCascade(
    { text: readFileSync(file, "utf8"), file: name },
    skills,
    sources,
  );
  const found = compiled.ok ? [] : compiled.diagnostics;
  expect(found.map(({ code, message }) => `${code} ${message}`)).toEqual(problems);
});
