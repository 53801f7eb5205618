import { lstat, readFile, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** Where a project's history is. */
export type ProjectRepository =
  | {
      readonly kind: "git";
      /** Absolute path of the repository's own folder. */
      readonly gitDir: string;
      /** Absolute path of the folder that its files are in: the project, or one above. */
      readonly top: string;
    }
  /** @param refused why a `.git` that is there is not taken */
  | { readonly kind: "none"; readonly refused?: string };

/**
 * Finds a project's repository without running git. A `.git` that is a file may name any folder of this machine, so it counts only
 * when that folder names it back, as those of `git worktree` do.
 */
export async function findRepository(project: string): Promise<ProjectRepository> {
  for (let folder = project; ; folder = dirname(folder)) {
    const path = join(folder, ".git");
    const info = await lstat(path).catch(() => undefined);
    if (info?.isDirectory()) {
      const hasHead = await lstat(join(path, "HEAD")).catch(() => undefined);
      if (hasHead !== undefined) return { kind: "git", gitDir: path, top: folder };
    } else if (info !== undefined) {
      const gitDir = info.isFile() ? await linkedRepository(path) : undefined;
      if (gitDir !== undefined) return { kind: "git", gitDir, top: folder };
      const what = info.isSymbolicLink() ? "a link" : "a file that names another repository";
      return {
        kind: "none",
        refused: `${path} is ${what}; the project is taken as one without git`,
      };
    }
    if (folder === dirname(folder)) return { kind: "none" };
  }
}

const LINK = /^gitdir: (.+)\n?$/;

async function linkedRepository(path: string): Promise<string | undefined> {
  try {
    const target = LINK.exec(await readFile(path, "utf8"))?.[1];
    if (target === undefined) return undefined;
    const gitDir = await realpath(resolve(dirname(path), target));
    const back = (await readFile(join(gitDir, "gitdir"), "utf8")).trim();
    return (await realpath(resolve(gitDir, back))) === (await realpath(path)) ? gitDir : undefined;
  } catch {
    return undefined; // what cannot be read names nothing back
  }
}
