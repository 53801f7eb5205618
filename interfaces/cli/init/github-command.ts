import { lstat, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { Scrubber } from "../../../core/scrub.ts";
import { replaceFile } from "../cascade-files/replace-file.ts";
import type { InitGithubCommand } from "../commands.ts";
import { EXIT } from "../exit-code.ts";
import { shortPath } from "../report-files.ts";
import { printable } from "../terminal-text.ts";
import { githubWorkflow, WORKFLOW_FILE } from "./github-workflow.ts";
import { writeNewFile } from "./write-new-file.ts";

/**
 * Writes the workflow by which GitHub checks pull requests, and says what is missing for it. A file that is there is replaced only
 * with `force`.
 * @throws SwarmError `usage` for a file that is there, `path-unreadable` when it cannot be written
 */
export async function runInitGithub(
  { folder, force, json }: InitGithubCommand,
  { directory, scrubber }: { readonly directory: string; readonly scrubber: Scrubber },
): Promise<number> {
  const root = resolve(directory, folder);
  const file = join(root, WORKFLOW_FILE);
  const manifest = await manifestOf(root);
  const text = githubWorkflow(manifest.isOurs ? OWN_PROGRAM : INSTALLED_PROGRAM);
  if (force && (await isThere(file))) await replaceFile(file, text);
  else await writeNewFile(file, text, "replace it with --force, or name another folder");
  const missing = [
    ...((await isThere(join(root, ".git"))) ? [] : [NO_REPOSITORY]),
    ...(manifest.hasProgram ? [] : [NOT_INSTALLED]),
  ];
  const shown = json
    ? JSON.stringify({ schemaVersion: 1, file, missing })
    : [
        `wrote  ${printable(shortPath(directory, file))}`,
        ...missing.map((each) => `note   ${each}`),
      ].join("\n");
  process.stdout.write(`${scrubber.scrub(shown)}\n`);
  return EXIT.ok;
}

/** Without `--no-install`, npx would run whatever a registry has under that name. */
const INSTALLED_PROGRAM = "npx --no-install cascade-swarm";
const OWN_PROGRAM = "node interfaces/cli/bin.mjs";
const NO_REPOSITORY =
  "there is no .git here: GitHub reads workflows at the top of a repository only";
const NOT_INSTALLED =
  "package.json has no dependency cascade-swarm: add it, from where you have it, so that npm ci installs it";

const packageFile = z.object({
  name: z.string().nullish(),
  dependencies: z.record(z.string(), z.unknown()).nullish(),
  devDependencies: z.record(z.string(), z.unknown()).nullish(),
});

/** Whether the project is this program, or depends on it. */
async function manifestOf(
  root: string,
): Promise<{ readonly isOurs: boolean; readonly hasProgram: boolean }> {
  const { name, dependencies, devDependencies } = await readPackage(join(root, "package.json"));
  const isOurs = name === PACKAGE;
  const hasProgram = isOurs || Object.hasOwn({ ...dependencies, ...devDependencies }, PACKAGE);
  return { isOurs, hasProgram };
}

const PACKAGE = "cascade-swarm";

/** One that is absent or cannot be read names no dependency. */
async function readPackage(path: string): Promise<z.infer<typeof packageFile>> {
  try {
    return packageFile.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return {};
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}
