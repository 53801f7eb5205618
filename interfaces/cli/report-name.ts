import { accessSync, constants } from "node:fs";
import { join, resolve } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import { isToken } from "../../core/ids.ts";

/**
 * The report that a person names by its run's id or by its path.
 * @param directory where the person stood: `.cascade/runs` is looked for there
 * @returns absolute path of a `report.json`
 * @throws SwarmError `path-not-found` or `path-unreadable`
 */
export function findReport(named: string, directory: string): string {
  const ofRun = isToken(named) ? join(directory, ".cascade/runs", named, "report.json") : undefined;
  const asPath = resolve(directory, named);
  if (ofRun !== undefined && isReadable(ofRun)) return ofRun;
  for (const path of [join(asPath, "report.json"), asPath]) {
    if (isReadable(path)) return path;
  }
  throw new SwarmError("path-not-found", `no report of ${named}: there is no ${ofRun ?? asPath}`, {
    hint: "give a run's id as .cascade/runs lists them, or the path of a report.json",
  });
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return false;
    throw new SwarmError("path-unreadable", `${path} cannot be read (${code})`, { cause: error });
  }
}
