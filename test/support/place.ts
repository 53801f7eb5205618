import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A folder with the given files, gone at the end. Its path has a space. */
export async function makePlace(files: Readonly<Record<string, string>>) {
  const root = await mkdtemp(join(tmpdir(), "a place "));
  const path = (name: string): string => join(root, name);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(path(name)), { recursive: true });
    await writeFile(path(name), content);
  }
  return { root, path, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}
