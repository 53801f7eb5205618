import { type Dirent, existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SwarmError } from "../core/errors.ts";
import type { SkillCatalog, SkillManifest } from "../core/skill.ts";
import { parseSkillManifest, SKILL_FILE } from "./skill-manifest.ts";

/** Absolute path of the skills that come with this package. */
export const shippedSkillsFolder: string = fileURLToPath(new URL("../skills", import.meta.url));

/**
 * Reads every `<folder>/<name>/SKILL.md`; a folder without that file is no skill and is passed over.
 * @throws SwarmError `path-not-found` or `path-unreadable` for a folder that cannot be listed; `invalid-skill`
 * for a broken skill, a missing entry module, or a name that two folders share
 */
export async function openSkillCatalog(folders: readonly string[]): Promise<SkillCatalog> {
  const manifests = new Map<string, SkillManifest>();
  for (const folder of folders) {
    for (const manifest of await readSkills(resolve(folder))) {
      refuseSecond(manifests.get(manifest.name), manifest);
      manifests.set(manifest.name, manifest);
    }
  }
  const names = [...manifests.keys()].sort();
  return { find: (name) => manifests.get(name), names: () => names };
}

async function readSkills(folder: string): Promise<SkillManifest[]> {
  const entries = await list(folder);
  const skillFolders = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .filter((skillFolder) => existsSync(join(skillFolder, SKILL_FILE)))
    .sort();
  return await Promise.all(skillFolders.map(readSkill));
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw unreadable(folder, "the skills folder", error);
  }
}

async function readSkill(folder: string): Promise<SkillManifest> {
  const file = join(folder, SKILL_FILE);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw unreadable(file, "the skill", error);
  });
  const manifest = parseSkillManifest(text, folder);
  if (manifest.entry !== undefined && !existsSync(join(folder, manifest.entry))) {
    throw new SwarmError(
      "invalid-skill",
      `metadata.entry: skill ${manifest.name} has no file ${manifest.entry}`,
      { location: { file } },
    );
  }
  return manifest;
}

function unreadable(path: string, what: string, error: unknown): SwarmError {
  const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
  return new SwarmError(
    missing ? "path-not-found" : "path-unreadable",
    `${what} ${path} ${missing ? "does not exist" : `cannot be read: ${(error as Error).message}`}`,
    { location: { file: path }, cause: error },
  );
}

function refuseSecond(first: SkillManifest | undefined, second: SkillManifest): void {
  if (first === undefined) return;
  throw new SwarmError(
    "invalid-skill",
    `two skills are called ${second.name}: ${first.folder} and ${second.folder}`,
    { hint: "rename one of them", location: { file: join(second.folder, SKILL_FILE) } },
  );
}
