import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join, posix } from "node:path";

/** Larger ones were not written by a person. */
const LARGEST_BYTES = 262_144;

/** The nearest file above that gives a name to what lies below it. */
export interface NearestModule {
  readonly name: string;
  /** Relative to the root, "" for the root itself. */
  readonly folder: string;
}

const MODULE_FILES: Readonly<Record<string, { readonly file: string; readonly name: RegExp }>> = {
  Go: { file: "go.mod", name: /^module[ \t]+"?([^\s"]+)/m },
  Rust: { file: "Cargo.toml", name: /^\[package\][^[]*?^name[ \t]*=[ \t]*"([\w-]+)"/m },
};

/**
 * Answers a function that finds the `go.mod` or `Cargo.toml` of a file, at most as far up as the root; each is read once.
 * @param root real path of the analysed directory
 */
export function openModuleFinder(
  root: string,
): (file: string, language: string) => Promise<NearestModule | undefined> {
  const found = new Map<string, Promise<NearestModule | undefined>>();
  const inFolder = async (folder: string, language: string): Promise<NearestModule | undefined> => {
    const kind = MODULE_FILES[language];
    if (kind === undefined) return undefined;
    const name = kind.name.exec((await readPlain(join(root, folder, kind.file))) ?? "")?.[1];
    if (name !== undefined) return { name, folder };
    return folder === "" ? undefined : await nearest(parentOf(folder), language);
  };
  const nearest = (folder: string, language: string): Promise<NearestModule | undefined> => {
    const key = `${language} ${folder}`;
    const known = found.get(key) ?? inFolder(folder, language);
    found.set(key, known);
    return known;
  };
  return (file, language) => nearest(parentOf(file), language);
}

function parentOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === "." ? "" : folder;
}

/** Neither a link nor a pipe in its place is followed. */
async function readPlain(path: string): Promise<string | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    await using handle = await open(path, flags);
    const stats = await handle.stat();
    return stats.isFile() && stats.size <= LARGEST_BYTES
      ? await handle.readFile("utf8")
      : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}
