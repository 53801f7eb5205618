import type { SkillRun } from "../../../../core/skill.ts";

export const run: SkillRun = async ({ way = null }) => ({ way });
