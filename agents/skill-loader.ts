import { pathToFileURL } from "node:url";
import { SwarmError } from "../core/errors.ts";
import type { SkillRun } from "../core/skill.ts";

const loaded = new Map<string, Promise<SkillRun>>();

/** The `run` of a skill's entry module, loaded once. @throws SwarmError `invalid-skill` */
export function loadSkill(module: string): Promise<SkillRun> {
  let skill = loaded.get(module);
  if (skill === undefined) {
    skill = load(module);
    loaded.set(module, skill);
    skill.catch(() => loaded.delete(module));
  }
  return skill;
}

async function load(module: string): Promise<SkillRun> {
  let exports: { readonly run?: unknown };
  try {
    exports = (await import(pathToFileURL(module).href)) as { readonly run?: unknown };
  } catch (error) {
    throw new SwarmError("invalid-skill", `cannot load ${module}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (typeof exports.run !== "function") {
    throw new SwarmError("invalid-skill", `${module} does not export a function \`run\``);
  }
  return exports.run as SkillRun;
}
