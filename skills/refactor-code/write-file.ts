import { open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { readText } from "../source-file.ts";

/**
 * Puts a new text in place of a file's, in one step, if the file still holds the old one. Links are not followed.
 * @returns why it was not written; undefined when it was
 */
export async function replaceText(
  root: string,
  file: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<string | undefined> {
  const path = resolve(root, file);
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  try {
    const reason = await reasonAgainst(root, file, from);
    if (reason !== undefined) return reason;
    const mode = (await stat(path)).mode & 0o7777;
    {
      await using handle = await open(beside, "wx", mode);
      await handle.writeFile(to);
      await handle.chmod(mode);
      await handle.sync();
    }
    const changed = await reasonAgainst(root, file, from);
    if (changed === undefined) await rename(beside, path);
    return changed;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return `it cannot be written (${code})`;
  } finally {
    await rm(beside, { force: true });
  }
}

async function reasonAgainst(
  root: string,
  file: string,
  expected: string,
): Promise<string | undefined> {
  const now = await readText(root, file);
  if (now.status !== "source") return now.reason;
  return now.text === expected ? undefined : "it changed since it was analysed";
}
