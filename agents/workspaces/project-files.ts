import type { Stats } from "node:fs";
import { lstat, readlink } from "node:fs/promises";
import { dirname, join, normalize, relative, sep } from "node:path";
import pLimit from "p-limit";
import { SwarmError } from "../../core/errors.ts";
import { LIMITS, refuseOver } from "../../core/limits.ts";
import type { HostGit } from "./host-git.ts";

/** The files of a project that a copy is made of, relative, sorted; and what is left out of it. */
export interface ProjectListing {
  readonly paths: readonly string[];
  /** One sentence each. */
  readonly leftOut: readonly string[];
}

/** Installed or made by tools; packages are mounted, the rest is made anew. */
const NOT_SOURCES: ReadonlySet<string> = new Set([
  ...["node_modules", ".git", ".cascade", ".venv", "venv", "__pycache__", ".tox"],
  ...[".pytest_cache", ".mypy_cache", ".ruff_cache"],
]);
const LISTED_NOTES = 20;

/**
 * Lists what git would take into account: tracked files and those that no `.gitignore` leaves out.
 * @param git of the project's own repository, or of another one whose files these are
 * @param prefix of the project in the git's folder of files: "" or "packages/one"
 * @throws SwarmError `limit-exceeded`
 */
export async function listProject(
  git: HostGit,
  { root, prefix }: { readonly root: string; readonly prefix: string },
): Promise<ProjectListing> {
  const below = prefix === "" ? [] : ["--", `${prefix}/`];
  const listed = await git.run([
    ...["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    ...below,
  ]);
  const names = new Set(splitNames(listed, prefix === "" ? 0 : Buffer.byteLength(prefix) + 1));
  const leftOut: string[] = [];
  const paths: string[] = [];
  let bytes = 0;
  refuseOver("snapshotFiles", names.size);
  const limit = pLimit(16);
  const looked = [...names].sort().map((name) => limit(() => look(root, name)));
  for (const { name, info, why } of await Promise.all(looked)) {
    if (why !== undefined) leftOut.push(`${JSON.stringify(name)} ${why}`);
    if (info === undefined || why !== undefined) continue;
    bytes += info.size;
    paths.push(name);
  }
  refuseOver("snapshotBytes", bytes);
  return { paths, leftOut: shortened(leftOut) };
}

/** Names that are no UTF-8 become ones with U+FFFD, which do not exist and are said to be left out. */
function splitNames(listed: Buffer, skip: number): readonly string[] {
  return listed
    .toString("utf8")
    .split("\0")
    .filter((name) => name !== "")
    .map((name) => name.slice(skip))
    .filter((name) => !name.split("/").some((part) => NOT_SOURCES.has(part)));
}

interface Looked {
  readonly name: string;
  readonly info?: Stats;
  readonly why?: string;
}

async function look(root: string, name: string): Promise<Looked> {
  if (name.includes("\ufffd")) return { name, why: "is left out: its name is no UTF-8" };
  if (name.endsWith("/")) return { name, why: "is left out: a repository of its own" };
  const info = await lstat(join(root, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined; // deleted, but still in the index
    throw new SwarmError("path-unreadable", `${join(root, name)} cannot be read (${error.code})`);
  });
  if (info === undefined) return { name };
  if (info.isDirectory()) return { name, why: "is left out: a repository of its own" };
  if (info.isSymbolicLink()) {
    return (await leadsOut(root, name))
      ? { name, why: "is left out: a link that leads out of the project" }
      : { name, info };
  }
  if (!info.isFile()) return { name, why: "is left out: no plain file" };
  if (info.size > LIMITS.snapshotFileBytes) {
    const size = `${info.size} bytes, ${LIMITS.snapshotFileBytes} allowed`;
    return { name, why: `is left out: snapshotFileBytes: ${size}` };
  }
  return { name, info };
}

/** Judged by what the link says, not by where it leads now, for that may change. */
async function leadsOut(root: string, name: string): Promise<boolean> {
  const target = await readlink(join(root, name));
  if (target.startsWith(sep)) return true;
  const inside = relative("/r", normalize(join("/r", dirname(name), target)));
  return inside === ".." || inside.startsWith(`..${sep}`) || inside.split(sep).includes(".git");
}

function shortened(notes: readonly string[]): readonly string[] {
  if (notes.length <= LISTED_NOTES) return notes;
  return [...notes.slice(0, LISTED_NOTES), `${notes.length - LISTED_NOTES} more are left out`];
}
