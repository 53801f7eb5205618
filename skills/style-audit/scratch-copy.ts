import { lstatSync } from "node:fs";
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createTwoFilesPatch } from "diff";
import type { SandboxMount } from "../../core/sandbox.ts";
import type { DraftedFile } from "../draft-changes/draft.ts";
import { readText } from "../source-file.ts";
import { withPatch } from "./patched-texts.ts";

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
  /** What differs now from the project with the patch. */
  changes(): Promise<readonly FileChange[]>;
  /** What differs now from the project without it. */
  changesWithPatch(): Promise<readonly DraftedFile[]>;
}

export interface FileChange {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/**
 * @param root real path of the project
 * @param files relative; what cannot be read as text, and files of secrets, are left out
 * @param patch that the copy has and the project has not; "" for none
 */
export async function makeScratchCopy(
  root: string,
  { files, patch }: { readonly files: readonly string[]; readonly patch: string },
  signal: AbortSignal,
): Promise<ScratchCopy> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "cascade-style-")));
  try {
    const texts = new Map<string, string>();
    for (const file of files) {
      signal.throwIfAborted();
      if (/^\.env/.test(basename(file)) || UNPATCHABLE.test(file)) continue;
      const source = await readText(root, file);
      if (source.status !== "source") continue;
      texts.set(file, source.text);
    }
    const originals = withPatch(texts, patch);
    for (const [file, text] of originals) {
      signal.throwIfAborted();
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
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
      changesWithPatch: () => drafted(folder, texts, originals),
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

/** Of the files that the patch is about: what tools would do to others is no part of it. */
async function drafted(
  folder: string,
  texts: ReadonlyMap<string, string>,
  originals: ReadonlyMap<string, string>,
): Promise<DraftedFile[]> {
  const now = new Map<string, string>(originals);
  for (const { file, after } of await changesIn(folder, originals)) now.set(file, after);
  return [...new Set([...texts.keys(), ...originals.keys()])]
    .filter((file) => texts.get(file) !== originals.get(file))
    .map((file) => ({ file, before: texts.get(file), after: now.get(file) }))
    .filter(({ before, after }) => before !== after);
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
