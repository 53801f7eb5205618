import { compileCascade } from "../../language/compile.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../../language/skill-catalog.ts";
import type { CascadeSources } from "../../language/sub-cascades.ts";

export const skills = await openSkillCatalog([shippedSkillsFolder]);

const HEAD = `cascade: c
inputs:
  - { name: name, type: string, default: x }
  - { name: list, type: array, default: [] }
stages:
`;

function compiled(stages: string, sources?: CascadeSources) {
  return compileCascade({ text: `${HEAD}${stages}`, file: "c.yaml" }, skills, sources);
}

/** What is wrong with the stages, with line and column counted from the first of them. */
export function problems(stages: string, sources?: CascadeSources) {
  const result = compiled(stages, sources);
  const found = result.ok ? [] : result.diagnostics;
  return found.map(({ code, message, location, hint }) => ({
    code,
    message,
    at: [(location.line ?? 0) - 5, location.column],
    ...(hint === undefined ? {} : { hint }),
  }));
}

/** The calls of the first stage. */
export function callsOf(stages: string) {
  const result = compiled(stages);
  if (!result.ok) throw new Error(JSON.stringify(result.diagnostics));
  return result.plan.stages[0]?.skills;
}
