import { createHash } from "node:crypto";
import { lstat, readFile } from "node:fs/promises";
import { resolve, sep } from "node:path";
import type { ReportClaims } from "./report-findings.ts";

/** Whether a file is still what a report was made of. `outside`: no run analyses what lies there. */
export type FileState = "unchanged" | "changed" | "gone" | "outside";

/** Told by the content's hash where the report has it, else by the time of the last write. */
export async function stateOf(
  file: string,
  { root, sinceMs, hashes }: Pick<ReportClaims, "root" | "sinceMs" | "hashes">,
): Promise<FileState> {
  const path = resolve(root, file);
  if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) return "outside";
  try {
    const stats = await lstat(path);
    const hash = hashes.get(file);
    if (hash === undefined) return stats.mtimeMs < sinceMs ? "unchanged" : "changed";
    if (!stats.isFile()) return "changed";
    const content = await readFile(path);
    return createHash("sha256").update(content).digest("hex") === hash ? "unchanged" : "changed";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "gone";
    if (code === undefined) throw error;
    return "changed"; // it cannot be read now, and could be then
  }
}
