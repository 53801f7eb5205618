import { constants, existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";

/** Files of rules, and what is said of an entry that one of them names; of two in one folder the last decides. */
const RULE_FILES = {
  ".gitignore": "ignored by git",
  ".cascadeignore": "ignored by .cascadeignore",
} as const;
/** A larger file of rules was not written by a person. */
const LARGEST_RULES_BYTES = 262_144;

/** The rules of one file, which speak of paths below its folder. */
interface RuleFile {
  readonly folder: string;
  readonly rules: Ignore;
  readonly reason: string;
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
  return reasonInRules(rules, root, "folder") === undefined ? rules : [];
}

/** Adds the rules that stand in `folder` itself. */
export async function enter(folder: string, rules: IgnoreRules): Promise<IgnoreRules> {
  const own: RuleFile[] = [];
  for (const [name, reason] of Object.entries(RULE_FILES)) {
    const text = await readRules(join(folder, name));
    if (text === undefined) continue;
    own.push({ folder, rules: ignore({ ignorecase: false }).add(text), reason });
  }
  return own.length === 0 ? rules : [...rules, ...own];
}

/**
 * Why rules leave an entry out; undefined when they do not.
 * @param path absolute path of an entry whose parent folders are not ignored
 */
export function reasonInRules(
  rules: IgnoreRules,
  path: string,
  kind: "file" | "folder",
): string | undefined {
  for (const { folder, rules: own, reason } of rules.toReversed()) {
    const name = relative(folder, path).replaceAll(sep, "/");
    const { ignored, unignored } = own.test(kind === "folder" ? `${name}/` : name);
    if (ignored) return reason;
    if (unignored) return undefined;
  }
  return undefined;
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
