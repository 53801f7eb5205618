import { expect, it } from "vitest";
import { openCascadeRegistry, shippedCascadesFolder } from "../../language/cascade-registry.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../../language/skill-catalog.ts";

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
