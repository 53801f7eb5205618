import { type TreeDigest, treeDigest } from "./tree-digest.ts";

const MOST_FILES = 2_000;
const MOST_BYTES = 67_108_864;

/** What tools put beside a skill's own files: it says nothing of its version. */
const LEFT_OUT: ReadonlySet<string> = new Set(["node_modules", "__pycache__"]);

/** The sha256 of a skill's folder without hidden files and what tools put there; undefined when it is too large. */
export async function skillDigest(folder: string): Promise<string | undefined> {
  const found: TreeDigest = await treeDigest(folder, {
    mostFiles: MOST_FILES,
    mostBytes: MOST_BYTES,
    judge: (path) => {
      const name = path.slice(path.lastIndexOf("/") + 1);
      return name.startsWith(".") || LEFT_OUT.has(name) ? "is left out" : "counts";
    },
  });
  return found.status === "known" ? found.digest : undefined;
}
