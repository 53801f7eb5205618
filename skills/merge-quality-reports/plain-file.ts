import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** Reads a plain file up to a size; links are not followed and pipes never waited for. */
export async function readPlainText(
  path: string,
  largestBytes: number,
): Promise<
  | { readonly status: "read"; readonly text: string }
  | { readonly status: "not-read"; readonly reason: string }
> {
  try {
    await using handle = await open(
      path,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    const stats = await handle.stat();
    if (!stats.isFile()) return { status: "not-read", reason: "not a plain file" };
    if (stats.size > largestBytes) {
      return { status: "not-read", reason: `larger than ${largestBytes / 1_000_000} MB` };
    }
    return { status: "read", text: await handle.readFile("utf8") };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return {
      status: "not-read",
      reason: code === "ENOENT" ? "does not exist" : `unreadable (${code})`,
    };
  }
}
