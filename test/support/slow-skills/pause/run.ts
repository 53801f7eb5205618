import type { SkillRun } from "../../../../core/skill.ts";
import { run as pause } from "../../skills/pause/run.ts";

export const run: SkillRun = (inputs, context) =>
  pause({ ...inputs, ms: Number(inputs["ms"]) * 4 }, context);
