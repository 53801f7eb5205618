import type { SkillRun } from "../../../../core/skill.ts";

export const run: SkillRun = async (inputs) => {
  const given = inputs["given"] ?? null;
  const same = structuredClone(given);
  if (Array.isArray(given)) given.push("changed");
  return { same };
};
