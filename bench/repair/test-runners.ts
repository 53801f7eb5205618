import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const JEST = "jest@29.7.0";

/**
 * A `node_modules` that has a test runner: that of this project, or one that npm filled once in the folder of temporary files.
 * Undefined: the runner needs none.
 */
export function packagesOf(runner: "node" | "vitest" | "jest" | "pytest"): string | undefined {
  switch (runner) {
    case "node":
    case "pytest":
      return undefined;
    case "vitest":
      return resolve(import.meta.dirname, "../../node_modules");
    case "jest":
      return jestPackages();
    default:
      return runner satisfies never;
  }
}

function jestPackages(): string {
  const folder = join(tmpdir(), `cascade-test-${JEST.replace("@", "-")}`);
  if (!existsSync(join(folder, "node_modules/jest/bin/jest.js"))) {
    mkdirSync(folder, { recursive: true });
    const options = ["--no-audit", "--no-fund", "--ignore-scripts"];
    execFileSync("npm", ["install", "--prefix", folder, ...options, JEST]);
  }
  return join(folder, "node_modules");
}

/** Puts packages into a project: hard links where both are on one file system, for thousands of files which only are read. */
export function linkPackages(from: string, root: string): void {
  try {
    execFileSync("cp", ["-al", from, root], { stdio: "ignore" });
  } catch {
    execFileSync("cp", ["-a", from, root]);
  }
}
