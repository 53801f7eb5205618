import { join, relative } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import type { AcceptedFix } from "../../core/repairs.ts";
import { type HostGit, openHostGit } from "./host-git.ts";
import { commitEnvironment, type Workspace } from "./workspace.ts";

interface BranchOrder {
  readonly workspace: Workspace;
  readonly branch: string;
  readonly fixes: readonly AcceptedFix[];
  readonly messageOf: (fix: AcceptedFix) => string;
}

/**
 * Makes a branch of the project's own repository with one commit for each fix, on top of its HEAD. Files, index and HEAD stay as they
 * are: it is done on objects alone.
 * @throws SwarmError `not-supported` as `requireCommitted` does, or when another branch has the name
 */
export async function branchOfFixes(
  order: BranchOrder,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { workspace, branch, fixes, messageOf } = order;
  const { git, prefix } = ownRepository(workspace, signal);
  const index = join(workspace.gitDir, "branch.index");
  const reference = `refs/heads/${branch}`;
  const commits: string[] = [];
  let parent = await git.text(["rev-parse", "--verify", "HEAD^{commit}"]);
  await git.run(["read-tree", parent], { index });
  const trees = workspace.trees();
  for (const [at, fix] of fixes.entries()) {
    const [from = "", to = ""] = [trees[at], trees[at + 1]];
    const entries: string[] = [];
    for (const { path, modeAfter } of await workspace.changes(from, to)) {
      const isGone = modeAfter === "000000";
      const blob = isGone ? "0".repeat(40) : await stored(git, await workspace.contents(to, path));
      entries.push(`${isGone ? "0" : modeAfter} ${blob}\t${prefix}${path}\0`);
    }
    await git.run(["update-index", "-z", "--index-info"], { index, input: entries.join("") });
    const tree = await git.text(["write-tree"], { index });
    const env = commitEnvironment(workspace.atSeconds);
    parent = await git.text(["commit-tree", tree, "-p", parent], { input: messageOf(fix), env });
    commits.push(parent);
  }
  const present = await git.text(["for-each-ref", "--format=%(objectname)", reference]);
  if (present === parent) return commits; // an attempt before this one made it
  if (present !== "") {
    throw new SwarmError("not-supported", `the project has another branch ${branch}`);
  }
  await git.run(["update-ref", reference, parent, "0".repeat(40)]);
  return commits;
}

function stored(git: HostGit, contents: Buffer): Promise<string> {
  return git.text(["hash-object", "-w", "--no-filters", "--stdin"], { input: contents });
}

/**
 * A branch of fixes is only worth something on top of what the fixes were tried with: all files that HEAD has must be as HEAD has them.
 * @throws SwarmError `not-supported`, with the first file that is not
 */
export async function requireCommitted(workspace: Workspace, signal: AbortSignal): Promise<void> {
  const { git, prefix } = ownRepository(workspace, signal);
  const below = prefix === "" ? [] : ["--", prefix];
  const committed = await git.run(["ls-tree", "-r", "-z", "HEAD", ...below]).catch(() => {
    throw refused("its repository has no commit yet");
  });
  const present = new Map(
    (await workspace.entries(workspace.baseTree)).map(({ path, id }) => [path, id]),
  );
  for (const line of committed.toString("utf8").split("\0")) {
    const [, type, id] = /^\d+ (\w+) ([\da-f]+)\t/.exec(line) ?? [];
    const path = line.slice(line.indexOf("\t") + 1 + prefix.length);
    if (type !== "blob" || workspace.notes.some((note) => note.startsWith(JSON.stringify(path)))) {
      continue;
    }
    if (present.get(path) !== id) throw refused(`${path} is not as it was committed`);
  }
}

function ownRepository(workspace: Workspace, signal: AbortSignal) {
  const { repository, project } = workspace;
  if (repository.kind === "none") throw refused("the project has no repository");
  const git = openHostGit({ gitDir: repository.gitDir }, signal);
  const below = relative(repository.top, project);
  return { git, prefix: below === "" ? "" : `${below}/` };
}

function refused(why: string): SwarmError {
  return new SwarmError("not-supported", `no branch can be made: ${why}`, {
    hint: "commit or stash, or use apply: apply or none",
  });
}
