import { createHash } from "node:crypto";
import { copyFileSync, globSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

const LARGEST_BYTES = 200_000;
const LONGEST_AVERAGE_LINE = 200;

/**
 * Copies so many JavaScript and TypeScript files that people wrote out of installed packages. The same packages give the
 * same files. Folders of built code get another name, for they would be set apart.
 * @returns how many bytes were copied
 */
export function copySources(from: string, to: string, count: number): number {
  const names = globSync("**/*.{js,mjs,cjs,ts}", { cwd: from })
    .filter((name) => isWritten(join(from, name)))
    .map((name) => ({ name, order: createHash("sha256").update(name).digest("hex") }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .slice(0, count);
  if (names.length < count) throw new Error(`only ${names.length} of ${count} files are here`);
  let bytes = 0;
  for (const { name } of names) {
    const target = join(to, name.replaceAll("node_modules/", "").replaceAll("dist/", "code/"));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(from, name), target);
    bytes += statSync(target).size;
  }
  return bytes;
}

function isWritten(file: string): boolean {
  const stats = statSync(file);
  if (!stats.isFile() || stats.size > LARGEST_BYTES || stats.size === 0) return false;
  const text = readFileSync(file, "utf8");
  return text.length / text.split("\n").length < LONGEST_AVERAGE_LINE;
}
