import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SwarmError } from "../core/errors.ts";
import type { SkillCatalog, SkillManifest } from "../core/skill.ts";
import { claimsOfAliases, sharedAlias } from "./skill-aliases.ts";
import { isSkillFolder, readSkillFolder } from "./skill-folder.ts";

/** Absolute path of the skills that come with this package. */
export const shippedSkillsFolder: string = fileURLToPath(new URL("../skills", import.meta.url));

/**
 * Reads every skill of folders that are trusted as this program is; what is no skill is passed over.
 * @throws SwarmError `path-not-found` or `path-unreadable` for a folder that cannot be listed; `invalid-skill`
 * for a broken skill, a missing entry module, or a name or second name that two skills share
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
  const claims = claimsOfAliases([...manifests.values()]);
  for (const [alias, claimants] of claims) refuseSharedAlias(alias, claimants, manifests);
  return {
    find: (name) => manifests.get(name) ?? claims.get(name)?.[0],
    refusalOf: () => undefined,
    names: () => names,
  };
}

async function readSkills(folder: string): Promise<SkillManifest[]> {
  const entries = await list(folder);
  const skillFolders = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .filter(isSkillFolder)
    .sort();
  return await Promise.all(skillFolders.map(readSkillFolder));
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const why = missing ? "does not exist" : `cannot be read: ${(error as Error).message}`;
    throw new SwarmError(
      missing ? "path-not-found" : "path-unreadable",
      `the skills folder ${folder} ${why}`,
      { location: { file: folder }, cause: error },
    );
  }
}

function refuseSecond(first: SkillManifest | undefined, second: SkillManifest): void {
  if (first === undefined) return;
  throw new SwarmError(
    "invalid-skill",
    `two skills are called ${second.name}: ${first.folder} and ${second.folder}`,
    { hint: "rename one of them", location: { file: second.folder } },
  );
}

function refuseSharedAlias(
  alias: string,
  [first, second]: readonly SkillManifest[],
  manifests: ReadonlyMap<string, SkillManifest>,
): void {
  const other = manifests.get(alias) ?? second;
  if (first !== undefined && other !== undefined) throw sharedAlias(alias, first, other);
}
