import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Debian keeps daemons and package tools where only root's PATH looks. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin"];

/** Absolute paths of all programs called `name`, in the order of PATH, then in the system's folders. */
export function findExecutables(env: Environment, name: string): readonly string[] {
  const onPath = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const folders = new Set([...onPath, ...SYSTEM_FOLDERS]);
  return [...folders].map((folder) => join(folder, name)).filter(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
