import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { SkillRun } from "../../../../core/skill.ts";

export const run: SkillRun = async (inputs, { attempt, runFolder, signal, steps }) => {
  await mkdir(runFolder, { recursive: true });
  const pay = (name: string) =>
    steps.once(name, async () => {
      await appendFile(join(runFolder, "executions.txt"), `${name} ${attempt}\n`);
      return name.repeat(Number(inputs["size"]));
    });
  const first = [await pay("a"), await pay("b")];
  if (attempt === 1) await setTimeout(Number(inputs["ms"]), undefined, { signal });
  return { lengths: [...first, await pay("c")].map((text) => text.length) };
};
