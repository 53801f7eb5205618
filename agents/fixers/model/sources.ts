import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { join } from "node:path";

const MOST_FILES = 12;
const MOST_FILE_CHARACTERS = 40_000;
const MOST_CHARACTERS = 120_000;

/**
 * The texts of files of a workspace that a model is shown, by their relative paths, in this order and as many as it has room for.
 * Links are not followed, and what is no text is left out.
 */
export async function sourcesOf(
  workspace: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const root = await realpath(workspace);
  const sources = new Map<string, string>();
  let room = MOST_CHARACTERS;
  for (const path of new Set(paths)) {
    if (sources.size === MOST_FILES) break;
    const text = await plainText(root, path);
    if (text === undefined || text.length > Math.min(room, MOST_FILE_CHARACTERS)) continue;
    sources.set(path, text);
    room -= text.length;
  }
  return sources;
}

async function plainText(root: string, path: string): Promise<string | undefined> {
  const file = join(root, path);
  try {
    if ((await realpath(file)) !== file || !file.startsWith(`${root}/`)) return undefined;
    await using handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    if (!(await handle.stat()).isFile()) return undefined;
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await handle.readFile());
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined; // a file that is not there, or no text, cannot be shown
  }
}
