import { chmod, lstat, mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import type { TreeChange, Workspace } from "./workspace.ts";

/**
 * Writes all fixes into the project's files: each beside, then renamed. Nothing is written unless every file still is what the fixes were
 * made for.
 * @throws SwarmError `not-supported` when one is not
 */
export async function writeIntoProject(workspace: Workspace): Promise<void> {
  const { project, baseTree, headTree } = workspace;
  const changes = await workspace.changes(baseTree, headTree);
  const writes: Write[] = [];
  for (const change of changes) {
    const write = await writeOf(workspace, change);
    if (write !== undefined) writes.push(write);
  }
  for (const { path, contents, mode } of writes) {
    const target = join(project, path);
    if (contents === undefined) {
      await rm(target);
      continue;
    }
    await mkdir(dirname(target), { recursive: true });
    const beside = `${target}.cascade-part`;
    try {
      await writeFile(beside, contents, { flag: "wx" });
      await chmod(beside, mode);
      await rename(beside, target);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  }
}

interface Write {
  readonly path: string;
  /** Undefined: the file goes. */
  readonly contents: Buffer | undefined;
  readonly mode: number;
}

const NO_FILE = "000000";
const NEW_FILE = 0o644;

/** Undefined when the file has its new contents already, from an attempt before this one. */
async function writeOf(workspace: Workspace, change: TreeChange): Promise<Write | undefined> {
  const { path, modeBefore, modeAfter } = change;
  const { project, baseTree, headTree } = workspace;
  const target = join(project, path);
  await refuseLinks(project, path);
  const info = await lstat(target).catch(() => undefined);
  if (info !== undefined && !info.isFile()) throw changed(path, "is no plain file any more");
  const now = info === undefined ? undefined : await readFile(target);
  const after = modeAfter === NO_FILE ? undefined : await workspace.contents(headTree, path);
  const isDone = now === undefined ? after === undefined : after?.equals(now) === true;
  if (isDone) return undefined;
  if (modeBefore === NO_FILE) {
    if (now !== undefined) throw changed(path, "is there already");
  } else if (now?.equals(await workspace.contents(baseTree, path)) !== true) {
    throw changed(path, "was changed meanwhile");
  }
  return { path, contents: after, mode: info === undefined ? NEW_FILE : info.mode & 0o7777 };
}

/** A folder on the way that is a link could lead anywhere. */
async function refuseLinks(project: string, path: string): Promise<void> {
  let folder = project;
  for (const part of path.split("/").slice(0, -1)) {
    folder = join(folder, part);
    const real = await realpath(folder).catch(() => folder); // not there: it will be made
    if (real !== folder) throw changed(path, "stands below a link");
  }
}

function changed(path: string, what: string): SwarmError {
  return new SwarmError("not-supported", `the fixes cannot be applied: ${path} ${what}`, {
    hint: "nothing was written; the patch is among the run's files, for `git apply`",
  });
}
