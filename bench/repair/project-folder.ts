import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { BrokenProject } from "./corpus.ts";

/** What is installed here, the test runners among it. */
const INSTALLED = resolve(import.meta.dirname, "../../node_modules");

/** Writes a project into a folder of its own below `parent`; answers its path. */
export function writeProject(parent: string, project: BrokenProject): string {
  const folder = join(parent, project.name);
  writeFiles(folder, project.files);
  if (project.runner === "vitest" || project.runner === "jest") {
    symlinkSync(INSTALLED, join(folder, "node_modules"));
  }
  return folder;
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
