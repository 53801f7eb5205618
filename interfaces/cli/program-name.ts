import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "./installed.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/**
 * How the person started the program, so that commands that are named next work where they stand.
 * @param directory where that is
 */
export function programFor(directory: string, env: Environment): string {
  if (env["npm_lifecycle_event"] === undefined) return "cascade-swarm";
  const isOutside = relative(ROOT, directory).startsWith("..");
  return isOutside ? `npm --prefix ${quoted(ROOT)} run cascade --` : "npm run cascade --";
}

/** A word as a shell takes it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
