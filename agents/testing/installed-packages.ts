import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { SandboxMount } from "../../core/sandbox.ts";
import { BOX } from "./box-paths.ts";

const MOST_FOLDERS = 200;

/**
 * The folders of installed packages beside the project's files, read-only. Links are not followed: one could show the box any folder of this machine.
 * @param paths of the project's files
 */
export async function installedPackages(
  project: string,
  paths: readonly string[],
): Promise<{ readonly mounts: readonly SandboxMount[]; readonly refused: readonly string[] }> {
  const packages = paths
    .filter((path) => path === "package.json" || path.endsWith("/package.json"))
    .map((path) => path.slice(0, -"package.json".length));
  const mounts: SandboxMount[] = [];
  const refused: string[] = [];
  for (const folder of packages.slice(0, MOST_FOLDERS)) {
    const path = `${folder}node_modules`;
    const info = await lstat(join(project, path)).catch(() => undefined);
    if (info === undefined) continue;
    if (!info.isDirectory()) {
      refused.push(`${path} is not shown to the tests: it is no folder`);
    } else if ((await readdir(join(project, path))).length > 0) {
      const target = `${BOX.project}/${path}`;
      mounts.push({ kind: "read-only", source: join(project, path), target });
    }
  }
  return { mounts, refused };
}
