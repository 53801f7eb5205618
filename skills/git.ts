import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { type Exit, runProgram } from "./child-process.ts";

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 64_000_000;

/** The repository that a directory is part of. */
export interface Repository {
  readonly top: string;
  readonly gitFolder: string;
}

export interface Unknown {
  readonly reason: string;
}

/** Looks for `.git` in the directory and those above it; a linked worktree has a file there that names the folder. */
export async function findRepository(root: string): Promise<Repository | Unknown> {
  for (let top = root; ; top = dirname(top)) {
    const entry = join(top, ".git");
    if (existsSync(entry)) return await openRepository(top, entry);
    if (top === dirname(top)) return { reason: "not in a git repository" };
  }
}

async function openRepository(top: string, entry: string): Promise<Repository | Unknown> {
  try {
    const gitFolder = (await stat(entry)).isDirectory() ? entry : await linkedFolder(top, entry);
    if (gitFolder === undefined || !existsSync(join(gitFolder, "HEAD"))) {
      return { reason: "its .git is not a git repository" };
    }
    const commonFile = join(gitFolder, "commondir");
    const common = existsSync(commonFile)
      ? resolve(gitFolder, (await readFile(commonFile, "utf8")).trim())
      : gitFolder;
    if (existsSync(join(common, "shallow"))) {
      return { reason: "the clone is shallow, so its history is incomplete" };
    }
    return { top, gitFolder };
  } catch (error) {
    return { reason: `its .git cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
}

async function linkedFolder(top: string, entry: string): Promise<string | undefined> {
  if (!(await stat(entry)).isFile()) return undefined;
  const target = /^gitdir: (.+?)\r?\n?$/.exec(await readFile(entry, "utf8"))?.[1];
  return target === undefined ? undefined : resolve(top, target);
}

/** A repository's own configuration may name programs; each way that reading the history could start one is closed. */
const HARDENED: readonly string[] = [
  "--no-pager",
  "--no-optional-locks",
  "--no-replace-objects",
  "--literal-pathspecs",
  ...[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.untrackedCache=false",
    "log.showSignature=false",
    "protocol.allow=never",
    "protocol.file.allow=never",
    "safe.bareRepository=explicit",
  ].flatMap((setting) => ["-c", setting]),
];

/** Asks git about the history. Nothing that the repository says can start a program or reach the network. */
export async function git(
  repository: Repository,
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly text: string } | Unknown> {
  const exit = await runProgram(
    "git",
    [`--git-dir=${repository.gitFolder}`, `--work-tree=${repository.top}`, ...HARDENED, ...args],
    {
      cwd: repository.top,
      env: gitEnvironment(),
      signal,
      timeoutMs: TIMEOUT_MS,
      maxOutputBytes: MAX_OUTPUT_BYTES,
    },
  );
  return exit.status === "exited" && exit.code === 0
    ? { text: exit.stdout.toString("utf8") }
    : { reason: reasonOf(exit) };
}

function gitEnvironment(): Record<string, string> {
  return {
    // A relative folder on PATH would let the repository bring its own git.
    PATH: (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute).join(delimiter),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_NO_LAZY_FETCH: "1",
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C",
  };
}

function reasonOf(exit: Exit): string {
  switch (exit.status) {
    case "missing":
      return "git is not installed";
    case "timed-out":
      return `git took longer than ${TIMEOUT_MS / 1_000} s`;
    case "output-too-large":
      return "git's answer is too large";
    case "killed":
      return `git was killed (${exit.signal})`;
    case "exited":
      return `git ended with code ${exit.code}: ${exit.stderr.trim().split("\n")[0] ?? ""}`;
    default:
      return exit satisfies never;
  }
}
