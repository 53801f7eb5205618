import { relative, sep } from "node:path";
import { z } from "zod";
import { argumentGroups } from "./child-process.ts";
import { findRepository, git } from "./git.ts";

const DAY_S = 86_400;

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
