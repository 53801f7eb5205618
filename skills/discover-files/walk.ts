import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { NotAnalysed } from "../finding.ts";
import { reasonInFolderName } from "../generated-code.ts";
import { reasonInKind, reportName, unreadableReason } from "../source-file.ts";
import { enter, type IgnoreRules, reasonInRules, rulesAbove } from "./ignore-rules.ts";

/** Folders that hold no source of the project itself. */
const SKIPPED_FOLDERS: Readonly<Record<string, string>> = {
  ".git": "version control data",
  ".hg": "version control data",
  ".svn": "version control data",
  ".jj": "version control data",
  node_modules: "installed dependencies",
  bower_components: "installed dependencies",
  ".cascade": "our own run data",
};

export interface Walked {
  /** Plain files, relative to the root. None of them was opened. */
  readonly files: readonly string[];
  readonly notAnalysed: readonly NotAnalysed[];
}

/**
 * Lists a tree. Links are not followed, so it ends on any tree.
 * @param setApart why a folder of this name is set apart; default: as generated or vendored code
 */
export async function walk(
  root: string,
  signal: AbortSignal,
  setApart: (folderName: string) => string | undefined = reasonInFolderName,
): Promise<Walked> {
  const files: string[] = [];
  const notAnalysed: NotAnalysed[] = [];
  const folders = [{ name: "", rules: await rulesAbove(root) }];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    signal.throwIfAborted();
    const entries = await list(root, folder.name);
    if (typeof entries === "string") {
      notAnalysed.push({ file: `${folder.name}/`, reason: entries });
      continue;
    }
    const rules = await enter(join(root, folder.name), folder.rules);
    for (const entry of entries) {
      const name = reportName(folder.name, entry.name);
      const reason = reasonToLeaveOut(root, name, entry, rules, setApart);
      if (reason !== undefined) {
        notAnalysed.push({ file: entry.isDirectory() ? `${name}/` : name, reason });
      } else if (entry.isDirectory()) {
        folders.push({ name, rules });
      } else {
        files.push(name);
      }
    }
  }
  return { files, notAnalysed };
}

/** The entries of a folder, or why it cannot be listed. */
async function list(root: string, folder: string): Promise<Dirent[] | string> {
  try {
    return await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    return unreadableReason(error, folder);
  }
}

function reasonToLeaveOut(
  root: string,
  name: string,
  entry: Dirent,
  rules: IgnoreRules,
  setApart: (folderName: string) => string | undefined,
): string | undefined {
  const isFolder = entry.isDirectory();
  if (isFolder && Object.hasOwn(SKIPPED_FOLDERS, entry.name)) return SKIPPED_FOLDERS[entry.name];
  const ruled = reasonInRules(rules, join(root, name), isFolder ? "folder" : "file");
  if (ruled !== undefined) return ruled;
  return isFolder ? setApart(entry.name) : reasonInKind(entry);
}
