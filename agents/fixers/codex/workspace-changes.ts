import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import ignore, { type Ignore } from "ignore";
import { SwarmError } from "../../../core/errors.ts";
import { LIMITS } from "../../../core/limits.ts";

/** What stood in a workspace, by relative path. */
export interface WorkspaceSnapshot {
  readonly entries: ReadonlyMap<string, string>;
  readonly ignored: Ignore;
}

/** What became of it, as a candidate carries it. */
export interface WorkspaceChanges {
  readonly edits: Readonly<Record<string, string | null>>;
  /** New files that are not text, or larger than a source: they are no part of a repair. */
  readonly leftOut: readonly string[];
}

/** Not looked into: git's own, and what is installed. */
const PASSED_OVER = new Set([".git", "node_modules", ".venv"]);
/** What runs of tests and tools leave behind, whether or not the project's rules name it. */
const LEFTOVERS = [
  "__pycache__",
  ".pytest_cache",
  ".mypy_cache",
  "coverage",
  ".nyc_output",
  "*.pyc",
];

export async function snapshotWorkspace(workspace: string): Promise<WorkspaceSnapshot> {
  const rules = await readFile(join(workspace, ".gitignore"), "utf8").catch(() => "");
  const ignored = ignore().add(LEFTOVERS).add(rules);
  return { entries: await entriesOf(workspace), ignored };
}

/**
 * Whole new contents of what changed since the snapshot; new files that the rules of that time ignore are passed over.
 * @throws SwarmError `fixer-failed` when a file that was there became something that is no text
 */
export async function changesSince(
  workspace: string,
  before: WorkspaceSnapshot,
): Promise<WorkspaceChanges> {
  const after = await entriesOf(workspace);
  const edits: Record<string, string | null> = {};
  const leftOut: string[] = [];
  for (const [path, state] of after) {
    const earlier = before.entries.get(path);
    if (state === earlier || (earlier === undefined && before.ignored.ignores(path))) continue;
    const text = state.startsWith("file:") ? await textOf(join(workspace, path)) : undefined;
    if (text !== undefined) edits[path] = text;
    else if (earlier === undefined) leftOut.push(path);
    else throw new SwarmError("fixer-failed", `${path} became something that is not text`);
  }
  for (const path of before.entries.keys()) if (!after.has(path)) edits[path] = null;
  return { edits, leftOut };
}

/** Files and links below the folder with what, rights aside, tells one state of them from another. */
async function entriesOf(workspace: string): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  const waiting = [""];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of await readdir(join(workspace, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (PASSED_OVER.has(entry.name)) continue;
      if (entry.isDirectory()) waiting.push(path);
      else entries.set(path, await stateOf(join(workspace, path)));
    }
  }
  return entries;
}

async function stateOf(path: string): Promise<string> {
  const stats = await lstat(path, { bigint: true });
  if (stats.isSymbolicLink()) return `link:${await readlink(path)}`;
  if (!stats.isFile()) return "other";
  if (stats.size > LIMITS.repairFileBytes) return `file:${stats.size}:${stats.mtimeNs}`;
  return `file:${createHash("sha256")
    .update(await readFile(path))
    .digest("base64")}`;
}

/** Undefined for what is not text, or larger than a source. */
async function textOf(path: string): Promise<string | undefined> {
  const bytes = await readFile(path);
  if (bytes.length > LIMITS.repairFileBytes) return undefined;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
