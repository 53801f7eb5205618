import type { SkillRun } from "../../../core/skill.ts";

export const run: SkillRun = async (inputs) => ({ payload: inputs["payload"] ?? "" });
