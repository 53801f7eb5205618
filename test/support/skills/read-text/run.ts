import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import type { SkillRun } from "../../../../core/skill.ts";

export const run: SkillRun = async (inputs, { directory, signal }) => {
  const folder = resolve(directory, String(inputs["path"] ?? "."));
  const names = (await readdir(folder)).filter((name) => name.endsWith(".txt")).sort();
  const texts = await Promise.all(
    names.map(async (name) => [name, await readFile(resolve(folder, name), "utf8")] as const),
  );
  const awaited = inputs["wait_for"];
  while (typeof awaited === "string" && !existsSync(resolve(directory, awaited))) {
    await after(10, undefined, { signal });
  }
  return { texts: Object.fromEntries(texts), item: inputs["item"] ?? null };
};
