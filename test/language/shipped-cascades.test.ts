import { expect, it } from "vitest";
import { openCascadeRegistry, shippedCascadesFolder } from "../../language/cascade-registry.ts";
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
