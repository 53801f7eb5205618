import { relative, sep } from "node:path";
import { findRepository, git } from "../git.ts";

export interface Change {
  readonly commit: string;
  /** Seconds since 1970. */
  readonly timeS: number;
  readonly summary: string;
}

export type LineHistory =
  | { readonly status: "known"; readonly change: Change | undefined }
  | { readonly status: "unknown"; readonly reason: string };

/** A repository can name a program that makes text of its files, and commits to pass over: neither is asked for. */
const BLAME: readonly string[] = [
  "-c",
  "blame.ignoreRevsFile=",
  "blame",
  "--porcelain",
  "--no-progress",
  "--no-textconv",
];

/** Lines before and after the one that is asked for: what is beside it changed its meaning, too. */
const AROUND = 2;

/**
 * The newest commit that touched a line or those beside it; none when they are not committed yet.
 * @param root real path of the directory that `file` is relative to
 */
export async function newestChange(
  root: string,
  place: { readonly file: string; readonly line: number; readonly lastLine: number },
  signal: AbortSignal,
): Promise<LineHistory> {
  const repository = await findRepository(root);
  if ("reason" in repository) return { status: "unknown", reason: repository.reason };
  const prefix = relative(repository.top, root).replaceAll(sep, "/");
  const name = prefix === "" ? place.file : `${prefix}/${place.file}`;
  const first = Math.max(1, place.line - AROUND);
  const last = Math.min(place.lastLine, place.line + AROUND);
  const answer = await git(
    repository,
    [...BLAME, `-L${first},${last}`, "HEAD", "--", name],
    signal,
  );
  if ("reason" in answer) return { status: "unknown", reason: answer.reason };
  const changes = changesIn(answer.text).sort((a, b) => b.timeS - a.timeS);
  return { status: "known", change: changes[0] };
}

/** `git blame --porcelain` says all of a commit once, at its first line. */
function changesIn(text: string): Change[] {
  const changes: Change[] = [];
  let commit = "";
  let timeS = Number.NaN;
  for (const line of text.split("\n")) {
    const [, hash] = /^([0-9a-f]{40,64}) \d+ \d+/.exec(line) ?? [];
    if (hash !== undefined) commit = hash;
    else if (line.startsWith("committer-time "))
      timeS = Number(line.slice("committer-time ".length));
    else if (line.startsWith("summary ")) {
      changes.push({
        commit: commit.slice(0, 12),
        timeS,
        summary: line.slice("summary ".length, 200),
      });
    }
  }
  return changes;
}
