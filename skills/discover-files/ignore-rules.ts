import { constants, existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";

/** A larger `.gitignore` was not written by a person. */
const LARGEST_RULES_BYTES = 262_144;

/** The rules of one `.gitignore`, which speak of paths below its folder. */
interface RuleFile {
  readonly folder: string;
  readonly rules: Ignore;
}

/** The rules that hold inside one folder: nearer files later, because the last rule that matches decides. */
export type IgnoreRules = readonly RuleFile[];

/**
 * The rules that hold in `root`: those of the folders above it up to the repository's top.
 * They are left aside when they ignore `root` itself, because somebody asked for it by name.
 */
export async function rulesAbove(root: string): Promise<IgnoreRules> {
  const folders = foldersUpToRepository(root);
  let rules: IgnoreRules = [];
  for (const folder of folders) rules = await enter(folder, rules);
  return isIgnored(rules, root, "folder") ? [] : rules;
}

/** Adds the rules of `folder`'s own `.gitignore`, if it has one. */
export async function enter(folder: string, rules: IgnoreRules): Promise<IgnoreRules> {
  const text = await readRules(join(folder, ".gitignore"));
  if (text === undefined) return rules;
  return [...rules, { folder, rules: ignore({ ignorecase: false }).add(text) }];
}

/** @param path absolute path of an entry whose parent folders are not ignored */
export function isIgnored(rules: IgnoreRules, path: string, kind: "file" | "folder"): boolean {
  for (const { folder, rules: own } of rules.toReversed()) {
    const name = relative(folder, path).replaceAll(sep, "/");
    const { ignored, unignored } = own.test(kind === "folder" ? `${name}/` : name);
    if (ignored) return true;
    if (unignored) return false;
  }
  return false;
}

/** The folders above `root`, topmost first; none when `root` lies in no repository. */
function foldersUpToRepository(root: string): string[] {
  const folders: string[] = [];
  if (existsSync(join(root, ".git"))) return folders;
  for (let folder = dirname(root); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (existsSync(join(folder, ".git"))) return folders;
    if (folder === dirname(folder)) return [];
  }
}

/** Like git, does not follow a link in place of a `.gitignore`. What cannot be read holds no rules for git either. */
async function readRules(file: string): Promise<string | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    await using handle = await open(file, flags);
    const stats = await handle.stat();
    return stats.isFile() && stats.size <= LARGEST_RULES_BYTES
      ? await handle.readFile("utf8")
      : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}
