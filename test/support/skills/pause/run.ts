import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { SkillRun } from "../../../../core/skill.ts";

export const run: SkillRun = async (inputs, { run: task, attempt, agentId, runFolder, signal }) => {
  const noted = `${task.stageId}/${task.index} ${attempt} ${agentId}`;
  await mkdir(runFolder, { recursive: true });
  await appendFile(join(runFolder, "executions.txt"), `${noted}\n`);
  await setTimeout(Number(inputs["ms"]), undefined, { signal });
  return { noted };
};
