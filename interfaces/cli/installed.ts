import type { ModelOutlook } from "../../core/model.ts";
import type { SkillCatalog } from "../../core/skill.ts";
import { NOTHING_ALLOWED, type SkillAllowance } from "../../core/skill-allowance.ts";
import {
  type CascadeRegistry,
  cascadeFoldersOf,
  openCascadeRegistry,
} from "../../language/cascade-registry.ts";
import { openSwarmCatalog } from "../../language/swarm-catalog.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Installed {
  readonly skills: SkillCatalog;
  readonly cascades: CascadeRegistry;
}

export interface InstalledOptions {
  /** Where the person stood: the project. */
  readonly directory: string;
  readonly env: Environment;
  /** What the user allows of the project's own skills; nothing when it is left out. */
  readonly allowance?: SkillAllowance;
  /** With it, cascades whose models cannot be had are refused. */
  readonly models?: ModelOutlook;
}

/** What a swarm started in the directory has: the skills and cascades of the project, of the environment, and those that ship. */
export async function openInstalled({
  directory,
  env,
  allowance = NOTHING_ALLOWED,
  models,
}: InstalledOptions): Promise<Installed> {
  const skills = await openSwarmCatalog({
    directory,
    allowance,
    env,
    ...(models === undefined ? {} : { models }),
  });
  return { skills, cascades: openCascadeRegistry(cascadeFoldersOf(directory, env), skills) };
}

/** True for what names a file and not a registered cascade. */
export function isCascadePath(given: string): boolean {
  return /\.ya?ml$/.test(given) || given.includes("/");
}
