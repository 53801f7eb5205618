import { lstatSync } from "node:fs";
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createTwoFilesPatch } from "diff";
import type { SandboxMount } from "../../core/sandbox.ts";
import { readText } from "../source-file.ts";

/** Where the project lies inside the sandbox. */
export const INSIDE = "/project";

/** What a project installs, which its tools are in. Never copied: it is mounted so that it can only be read. */
const INSTALLED = ["node_modules", ".venv"] as const;

/** A file's name under which a patch would be read as something else. */
const UNPATCHABLE = /[\p{Cc}"\\]/u;

/** A copy of a project's text files that its tools may change. */
export interface ScratchCopy extends AsyncDisposable {
  readonly mounts: readonly SandboxMount[];
  /** Which folders of installed tools the project has. */
  readonly installed: readonly string[];
  /** What differs from the project now. */
  changes(): Promise<readonly FileChange[]>;
}

export interface FileChange {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/**
 * @param root real path of the project
 * @param files relative; what cannot be read as text, and files of secrets, are left out
 */
export async function makeScratchCopy(
  root: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<ScratchCopy> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "cascade-style-")));
  try {
    const originals = new Map<string, string>();
    for (const file of files) {
      signal.throwIfAborted();
      if (/^\.env/.test(basename(file)) || UNPATCHABLE.test(file)) continue;
      const source = await readText(root, file);
      if (source.status !== "source") continue;
      originals.set(file, source.text);
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), source.text);
    }
    const installed = INSTALLED.filter((name) => isFolder(join(root, name)));
    for (const name of installed) await mkdir(join(folder, name));
    return {
      mounts: [
        { kind: "writable", source: folder, target: INSIDE },
        ...installed.map((name) => ({
          kind: "read-only" as const,
          source: join(root, name),
          target: join(INSIDE, name),
        })),
      ],
      installed,
      changes: () => changesIn(folder, originals),
      [Symbol.asyncDispose]: () => removeAll(folder),
    };
  } catch (error) {
    await removeAll(folder);
    throw error;
  }
}

/** A link could lead to anything of this machine, so it is not followed. */
function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** What a tool made is no more trusted than the tool: only plain files count. */
async function changesIn(
  folder: string,
  originals: ReadonlyMap<string, string>,
): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  for (const [file, before] of originals) {
    const now = await readText(folder, file);
    if (now.status === "source" && now.text !== before)
      changes.push({ file, before, after: now.text });
  }
  return changes;
}

/** The folder is removed although a tool took its rights away. */
async function removeAll(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true, force: true });
}

/** What would change, for `git apply` and `patch -p1`. Pure. */
export function patchOf(changes: readonly FileChange[]): string {
  return changes
    .map(({ file, before, after }) =>
      createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after, undefined, undefined, {
        headerOptions: { includeIndex: false, includeUnderline: false, includeFileHeaders: true },
      }),
    )
    .join("");
}
