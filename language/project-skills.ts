import { existsSync } from "node:fs";
import { readdir, realpath } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { SwarmError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { SkillManifest } from "../core/skill.ts";
import { isInside, isSkillFolder, readSkillFolder } from "./skill-folder.ts";

/** Where a project keeps skills of its own, below its directory; the first that has a name wins. */
export const PROJECT_SKILL_FOLDERS = [".cascade/skills", ".claude/skills", "skills"] as const;

/** One skill of a project: what it declares, or what is wrong with it. */
export type ProjectSkill = {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
  /** The folder that it was found in, as people write it: `.cascade/skills`. */
  readonly source: string;
} & ({ readonly manifest: SkillManifest } | { readonly problem: SwarmError });

export interface ProjectSkills {
  /** The folders that are there, as people write them, in their order. */
  readonly folders: readonly string[];
  readonly skills: readonly ProjectSkill[];
  /** Folders that are not read, with the reason. */
  readonly problems: readonly SwarmError[];
}

/**
 * Reads the skills that a project brings. Whatever is wrong with one is said with it and keeps no other from working.
 * @param passOver folders that are read otherwise: this program's own skills, when the project is this program
 */
export async function readProjectSkills(
  directory: string,
  passOver: readonly string[],
): Promise<ProjectSkills> {
  const known = new Set(await Promise.all(passOver.map((folder) => realOf(resolve(folder)))));
  const folders: string[] = [];
  const skills: ProjectSkill[] = [];
  const problems: SwarmError[] = [];
  for (const source of PROJECT_SKILL_FOLDERS) {
    const folder = join(directory, source);
    if (!existsSync(folder)) continue;
    const real = await realOf(folder);
    if (known.has(real)) continue; // also one that is a link to a former one
    known.add(real);
    try {
      skills.push(...(await readFolder(folder, source, directory)));
      folders.push(source);
    } catch (error) {
      problems.push(asProblem(error, folder));
    }
  }
  return { folders, skills, problems };
}

async function readFolder(
  folder: string,
  source: string,
  directory: string,
): Promise<readonly ProjectSkill[]> {
  if (!(await isInside(folder, directory))) {
    throw new SwarmError("invalid-skill", `${source} is a link out of the project`, {
      location: { file: folder },
    });
  }
  const entries = await readdir(folder, { withFileTypes: true });
  const skillFolders = entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => join(folder, entry.name))
    .filter(isSkillFolder)
    .sort();
  if (skillFolders.length > LIMITS.skillsPerFolder) {
    const count = `${skillFolders.length} given, ${LIMITS.skillsPerFolder} allowed`;
    throw new SwarmError("limit-exceeded", `skillsPerFolder: ${count}`, {
      location: { file: folder },
    });
  }
  return await Promise.all(
    skillFolders.map(async (skillFolder): Promise<ProjectSkill> => {
      const common = { name: basename(skillFolder), folder: skillFolder, source };
      try {
        if (!(await isInside(skillFolder, folder))) {
          const shown = relative(directory, skillFolder);
          throw new SwarmError("invalid-skill", `${shown} is a link out of ${source}`, {
            location: { file: skillFolder },
          });
        }
        return { ...common, manifest: await readSkillFolder(skillFolder) };
      } catch (error) {
        return { ...common, problem: asProblem(error, skillFolder) };
      }
    }),
  );
}

async function realOf(folder: string): Promise<string> {
  return realpath(folder).catch(() => folder);
}

function asProblem(error: unknown, file: string): SwarmError {
  if (error instanceof SwarmError) return error;
  const message = `${file} cannot be read: ${(error as Error).message}`;
  return new SwarmError("path-unreadable", message, { location: { file }, cause: error });
}
