import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FORM = /^[\w-]{43}$/;

/**
 * The secret that the dashboard of a directory is opened with: made once, and kept where only this user can read it.
 * @param folder the directory's `.cascade`
 */
export function tokenIn(folder: string, randomBytes: (size: number) => Buffer): string {
  const file = join(folder, "dashboard-token");
  try {
    const kept = readFileSync(file, "utf8").trim();
    if (FORM.test(kept)) return kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const token = randomBytes(32).toString("base64url");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  chmodSync(file, 0o600); // a damaged one may have been there, with other rights
  return token;
}
