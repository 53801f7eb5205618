import { randomUUID } from "node:crypto";
import { access, constants, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { SwarmError } from "../../../core/errors.ts";

/**
 * Replaces what a file holds, wholly or not at all: the text is written beside it and renamed. Its mode stays, and a
 * symbolic link still points to it.
 * @throws SwarmError `path-unreadable` when it cannot be written
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  try {
    const target = await realpath(path);
    await access(target, constants.W_OK);
    const { mode } = await stat(target);
    const beside = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
    try {
      await writeNew(beside, text, mode & 0o7777);
      await rename(beside, target);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SwarmError("path-unreadable", `${path} cannot be written (${code})`, {
      cause: error,
    });
  }
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  await using file = await open(path, "wx", mode);
  await file.writeFile(text);
  await file.chmod(mode); // what the process's mask took away
  await file.sync();
}
