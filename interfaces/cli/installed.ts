import type { SkillCatalog } from "../../core/skill.ts";
import {
  type CascadeRegistry,
  openCascadeRegistry,
  shippedCascadesFolder,
} from "../../language/cascade-registry.ts";
import { openSkillCatalog, shippedSkillsFolder } from "../../language/skill-catalog.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Installed {
  readonly skills: SkillCatalog;
  readonly cascades: CascadeRegistry;
}

/** The skills and cascades that ship, and those in the folders of `CASCADE_SKILLS` and `CASCADE_CASCADES`. */
export async function openInstalled(env: Environment): Promise<Installed> {
  const list = (name: string): string[] =>
    (env[name] ?? "").split(":").filter((folder) => folder !== "");
  const skills = await openSkillCatalog([shippedSkillsFolder, ...list("CASCADE_SKILLS")]);
  const folders = [...list("CASCADE_CASCADES"), shippedCascadesFolder];
  return { skills, cascades: openCascadeRegistry(folders, skills) };
}

/** True for what names a file and not a registered cascade. */
export function isCascadePath(given: string): boolean {
  return /\.ya?ml$/.test(given) || given.includes("/");
}
