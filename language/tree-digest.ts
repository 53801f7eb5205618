import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { lstat, readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import pLimit from "p-limit";

/** The sha256 of what lies under a path, or why there is none. */
export type TreeDigest =
  | { readonly status: "known"; readonly digest: string }
  | { readonly status: "unknown"; readonly why: string };

export interface TreeOptions {
  readonly mostFiles: number;
  readonly mostBytes: number;
  /** Whether a file, link or folder counts; a text says why its content cannot be told. @param path below the root */
  judge(path: string, entry: { readonly isFolder: boolean; readonly isLink: boolean }): Judgement;
}

export type Judgement = "counts" | "is left out" | { readonly why: string };

/** Files that are read at the same time. */
const SIDE_BY_SIDE = 16;

/**
 * Digests a file or a folder: names, contents, where links lead, and what may be executed. Equal trees have equal digests,
 * wherever they lie and whenever they were written.
 */
export async function treeDigest(root: string, options: TreeOptions): Promise<TreeDigest> {
  try {
    const status = await stat(root);
    const found: Entry[] = [];
    if (status.isFile()) found.push({ path: "", kind: "file" });
    else if (status.isDirectory()) await gather(root, "", found, options);
    else throw new Unknown(`${root} is neither a file nor a folder`);
    return { status: "known", digest: await digestOf(root, found, options) };
  } catch (error) {
    if (error instanceof Unknown) return { status: "unknown", why: error.message };
    return { status: "unknown", why: `${root} cannot be read: ${(error as Error).message}` };
  }
}

class Unknown extends Error {}

interface Entry {
  /** Below the root; "" is the root. */
  readonly path: string;
  readonly kind: "file" | "link";
}

async function gather(
  root: string,
  below: string,
  found: Entry[],
  options: TreeOptions,
): Promise<void> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  for (const entry of entries.sort(byName)) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    const isFolder = entry.isDirectory();
    const isLink = entry.isSymbolicLink();
    const judgement = options.judge(path, { isFolder, isLink });
    if (typeof judgement === "object") throw new Unknown(judgement.why);
    if (judgement === "is left out") continue;
    if (isFolder) await gather(root, path, found, options);
    else if (isLink || entry.isFile()) found.push({ path, kind: isLink ? "link" : "file" });
    else throw new Unknown(`${path} is neither a file nor a folder`);
    if (found.length > options.mostFiles) {
      throw new Unknown(`${root} has more than ${options.mostFiles} files`);
    }
  }
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}

async function digestOf(
  root: string,
  entries: readonly Entry[],
  { mostBytes }: TreeOptions,
): Promise<string> {
  const limit = pLimit(SIDE_BY_SIDE);
  let bytes = 0;
  const lines = await limit.map(entries, async ({ path, kind }) => {
    const place = join(root, path);
    if (kind === "link") return JSON.stringify([path, kind, await readlink(place)]);
    const { size, mode } = path === "" ? await stat(place) : await lstat(place);
    bytes += size;
    if (bytes > mostBytes) throw new Unknown(`${root} holds more than ${mostBytes} bytes`);
    const content = createHash("sha256")
      .update(await readFile(place))
      .digest("hex");
    return JSON.stringify([path, (mode & 0o111) === 0 ? kind : "program", content]);
  });
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}
