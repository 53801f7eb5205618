import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { SwarmError } from "../../../core/errors.ts";

/**
 * Writes a file that is not there yet, with the folders on the way.
 * @param hint what to do when it is there
 * @throws SwarmError `usage` when it is there, `path-unreadable` when it cannot be written
 */
export async function writeNewFile(file: string, text: string, hint: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const location = { file };
    if (code === "EEXIST" && (error as NodeJS.ErrnoException).syscall === "open") {
      throw new SwarmError("usage", "the file is there already", { location, hint, cause: error });
    }
    throw new SwarmError("path-unreadable", `it cannot be written (${code})`, {
      location,
      hint: "name a folder that can be written",
      cause: error,
    });
  }
}
