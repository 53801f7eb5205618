import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { argumentGroups, type Exit, runProgram } from "./child-process.ts";

const DAY_S = 86_400;
const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 64_000_000;

/** Commits that touched a file, merges not counted; null when git does not track it. */
export interface FileChurn {
  readonly commits90d: number;
  readonly commits365d: number;
}

/** The same for a list of files, in their order, as it travels from one skill to another. */
export const churnOfFiles = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("known"),
    /** Commits of the last 90 and 365 days; null for a file that git does not track. */
    commits: z.array(z.tuple([z.int().min(0), z.int().min(0)]).nullable()),
  }),
  z.object({ status: z.literal("unknown"), reason: z.string() }),
]);
export type ChurnOfFiles = z.infer<typeof churnOfFiles>;

export function churnFor(churn: Churn, files: readonly string[]): ChurnOfFiles {
  if (churn.status === "unknown") return churn;
  return {
    status: "known",
    commits: files.map((file) => {
      const known = churn.files.get(file);
      return known == null ? null : [known.commits90d, known.commits365d];
    }),
  };
}

/** @param files those that `given` was made for, in their order */
export function churnFrom(given: ChurnOfFiles, files: readonly string[]): Churn {
  if (given.status === "unknown") return given;
  return {
    status: "known",
    files: new Map(
      files.map((file, index) => {
        const commits = given.commits[index];
        return [file, commits == null ? null : { commits90d: commits[0], commits365d: commits[1] }];
      }),
    ),
  };
}

export type Churn =
  | { readonly status: "known"; readonly files: ReadonlyMap<string, FileChurn | null> }
  | { readonly status: "unknown"; readonly reason: string };

/**
 * Counts the commits of the last 90 and 365 days that touched each file.
 * @param root real path of the analysed directory
 * @param files relative to it
 * @param nowS seconds since the epoch
 */
export async function readChurn(
  root: string,
  files: readonly string[],
  options: { readonly nowS: number; readonly signal: AbortSignal },
): Promise<Churn> {
  const repository = await findRepository(root);
  if ("reason" in repository) return { status: "unknown", reason: repository.reason };
  const prefix = relative(repository.top, root).replaceAll(sep, "/");
  const nameInRepository = (file: string): string => (prefix === "" ? file : `${prefix}/${file}`);
  const tracked = new Set<string>();
  const commitTimes = new Map<string, number[]>();
  for (const group of argumentGroups(files.map(nameInRepository))) {
    const listed = await git(repository, ["ls-files", "-z", "--", ...group], options.signal);
    if ("reason" in listed) return { status: "unknown", reason: listed.reason };
    for (const name of listed.text.split("\0")) tracked.add(name);
    const log = await git(
      repository,
      [...LOG, `--since=${options.nowS - 365 * DAY_S}`, "--", ...group],
      options.signal,
    );
    if ("reason" in log) return { status: "unknown", reason: log.reason };
    readLog(log.text, commitTimes);
  }
  const churnOf = (name: string): FileChurn | null => {
    if (!tracked.has(name)) return null;
    const times = commitTimes.get(name) ?? [];
    const since = (days: number): number =>
      times.filter((timeS) => timeS >= options.nowS - days * DAY_S).length;
    return { commits90d: since(90), commits365d: since(365) };
  };
  return {
    status: "known",
    files: new Map(files.map((file) => [file, churnOf(nameInRepository(file))])),
  };
}

interface Repository {
  readonly top: string;
  readonly gitFolder: string;
}

interface Unknown {
  readonly reason: string;
}

/** Looks for `.git` in the directory and those above it; a linked worktree has a file there that names the folder. */
async function findRepository(root: string): Promise<Repository | Unknown> {
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

const LOG: readonly string[] = [
  "log",
  "--raw",
  "-z",
  "--format=%ct",
  "--no-merges",
  "--no-renames",
  "--no-ext-diff",
  "--no-textconv",
  "--no-show-signature",
  "--ignore-submodules=all",
];

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

async function git(
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

/**
 * `git log --raw -z` prints, each ended by NUL: the commit's time; then for each file a field that begins with `:`
 * and the file's name. So a name is known by its place, whatever is in it.
 */
function readLog(text: string, commitTimes: Map<string, number[]>): void {
  const fields = text.split("\0").values();
  let timeS = Number.NaN;
  for (const field of fields) {
    if (!field.trimStart().startsWith(":")) {
      if (field !== "") timeS = Number(field);
      continue;
    }
    const { value: file } = fields.next();
    if (file === undefined) return;
    const times = commitTimes.get(file) ?? [];
    times.push(timeS);
    commitTimes.set(file, times);
  }
}
