import { existsSync } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { SwarmError } from "../core/errors.ts";
import { LIMITS } from "../core/limits.ts";
import type { SkillManifest } from "../core/skill.ts";
import { skillDigest } from "./skill-digest.ts";
import { DECLARATION_FILE, parseSkill, SKILL_FILE } from "./skill-manifest.ts";

/** True when the folder has a file that makes it a skill. */
export function isSkillFolder(folder: string): boolean {
  return [SKILL_FILE, DECLARATION_FILE].some((file) => existsSync(join(folder, file)));
}

/**
 * Reads one skill. Nothing that a link leads out of the folder is read, nor anything that is no plain file.
 * @throws SwarmError `invalid-skill`, located; `path-unreadable`
 */
export async function readSkillFolder(folder: string): Promise<SkillManifest> {
  const skillFile = await readInside(folder, SKILL_FILE);
  const declarationFile = await readInside(folder, DECLARATION_FILE);
  const manifest = parseSkill(
    {
      ...(skillFile === undefined ? {} : { skillFile }),
      ...(declarationFile === undefined ? {} : { declarationFile }),
    },
    folder,
  );
  await refuseMissingProgram(manifest);
  const digest = await skillDigest(folder);
  return digest === undefined ? manifest : { ...manifest, digest };
}

async function refuseMissingProgram({ name, entry, argv, folder }: SkillManifest): Promise<void> {
  const file = join(folder, entry === undefined ? DECLARATION_FILE : SKILL_FILE);
  const [command = ""] = argv ?? [];
  const own = entry ?? (command.includes("/") && !command.startsWith("/") ? command : undefined);
  if (own === undefined) return;
  if (!existsSync(join(folder, own))) {
    const what = entry === undefined ? "run" : "metadata.entry";
    const message = `${what}: skill ${name} has no file ${own}`;
    throw new SwarmError("invalid-skill", message, { location: { file } });
  }
  await refuseOutside(folder, own);
}

/**
 * The text of a file of the skill; undefined when there is none.
 * @throws SwarmError `invalid-skill` when a link leads out of the folder, or it is too large or no UTF-8
 */
export async function readInside(folder: string, name: string): Promise<string | undefined> {
  const path = join(folder, name);
  if (!existsSync(path)) return undefined;
  await refuseOutside(folder, name);
  try {
    const info = await stat(path);
    if (!info.isFile()) throw broken(path, "is not a plain file");
    if (info.size > LIMITS.skillFileBytes) {
      throw broken(path, `skillFileBytes: ${info.size} given, ${LIMITS.skillFileBytes} allowed`);
    }
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof SwarmError) throw error;
    if (error instanceof TypeError) throw broken(path, "is not UTF-8");
    throw new SwarmError("path-unreadable", `${path} cannot be read: ${(error as Error).message}`, {
      location: { file: path },
      cause: error,
    });
  }
}

async function refuseOutside(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  if (!(await isInside(path, folder))) throw broken(path, "is a link out of the skill's folder");
}

/** True when the path, links followed, lies in the folder, links followed. */
export async function isInside(path: string, folder: string): Promise<boolean> {
  const [real, root] = await Promise.all([realpath(path), realpath(folder)]);
  return real === root || real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

function broken(file: string, what: string): SwarmError {
  return new SwarmError("invalid-skill", `${file} ${what}`, { location: { file } });
}
