import { mkdir, mkdtemp, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Steps } from "../../core/steps.ts";
import { type HostGit, openHostGit } from "./host-git.ts";
import { listProject } from "./project-files.ts";
import { findRepository, type ProjectRepository } from "./project-repository.ts";

/** A difference between two trees. */
export interface TreeChange {
  readonly path: string;
  /** As git writes them: 100644, 100755, 120000; "000000" where there is none. */
  readonly modeBefore: string;
  readonly modeAfter: string;
}

/** A file of a tree. */
export interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  /** Hash of its contents. */
  readonly id: string;
}

/** New contents by relative path; `null` deletes. */
export type Edits = Readonly<Record<string, string | null>>;

/**
 * A private copy of a project, in a repository of our own: the project's repository is only read, and its files are never written.
 * All that a fix is judged by comes from here.
 */
export interface Workspace extends AsyncDisposable {
  readonly project: string;
  /** Of the project itself. */
  readonly repository: ProjectRepository;
  /** Of the copy: a bare repository. */
  readonly gitDir: string;
  /** What was left out or ignored. */
  readonly notes: readonly string[];
  /** Hash of the tree as the project has it. */
  readonly baseTree: string;
  /** Hash of the tree with all fixes so far. */
  readonly headTree: string;
  /** Of the tree with all fixes so far, relative. */
  readonly paths: readonly string[];
  /** The text of a file of the tree with all fixes so far; undefined when there is none, or it is no text. */
  read(path: string): Promise<string | undefined>;
  /** Stores a tree: the present one with these edits. Answers its hash. @throws SwarmError `invalid-input` or `skill-failed` for a path that cannot be */
  treeWith(edits: Edits): Promise<string>;
  /** Unix time of all commits. */
  readonly atSeconds: number;
  /** Hashes of the tree as the project has it and of that after each fix. */
  trees(): readonly string[];
  entries(tree: string): Promise<readonly TreeEntry[]>;
  /** The contents of a file of a tree. */
  contents(tree: string, path: string): Promise<Buffer>;
  /** Stores the present tree with a patch applied. Answers its hash: the present one when it has the patch already. @throws SwarmError `invalid-input` */
  treeWithPatch(patch: string): Promise<string>;
  changes(from: string, to: string): Promise<readonly TreeChange[]>;
  patch(from: string, to: string): Promise<string>;
  /** A tree as a tar archive. */
  archive(tree: string): Promise<Uint8Array>;
  /** Puts a commit on the branch. Answers its hash. */
  commit(tree: string, message: string): Promise<string>;
  /** A worktree of the branch, for editing; it is thrown away. */
  openEditing(): Promise<{ readonly folder: string } & AsyncDisposable>;
}

/** Nothing that a project's `.gitattributes` says about files is done to them. */
const ATTRIBUTES =
  "* -text !eol !filter !ident !diff !merge !working-tree-encoding !export-ignore !export-subst\n";
const AUTHOR = { name: "Cascade", email: "cascade@localhost" };

/**
 * Copies a project, or opens the copy that an earlier attempt of the task made.
 * @throws SwarmError `path-not-found`, `limit-exceeded`, `path-unreadable`
 */
export async function openWorkspace(
  given: {
    readonly project: string;
    /** Where the private repository is made; it is removed at the end when no fix was committed. */
    readonly repository: string;
    readonly branch: string;
    readonly steps: Steps;
    /** Wall time. */
    readonly nowMs: number;
  },
  signal: AbortSignal,
): Promise<Workspace> {
  const project = await realFolder(given.project);
  const gitDir = given.repository;
  const git = openHostGit({ gitDir }, signal);
  const repository = await findRepository(project);
  let copied: Copied | undefined;
  const copy = async (): Promise<Copied> => {
    copied = await copyProject({ project, gitDir, repository, nowMs: given.nowMs }, signal);
    return copied;
  };
  const recorded = await given.steps.once("copy", copy);
  const isThere = copied !== undefined || (await hasTree(git, gitDir, recorded.tree));
  const { tree, notes, atSeconds } = isThere ? recorded : await copy();
  const { branch } = given;
  const parts = { git, gitDir, project, repository, baseTree: tree, branch, atSeconds };
  const workspace = new PrivateCopy(parts, notes);
  await workspace.start();
  return workspace;
}

type Copied = {
  readonly tree: string;
  readonly notes: readonly string[];
  /** Unix time of all commits, so that another attempt makes the same ones. */
  readonly atSeconds: number;
} & JsonObject;

async function copyProject(
  from: {
    readonly project: string;
    readonly gitDir: string;
    readonly repository: ProjectRepository;
    readonly nowMs: number;
  },
  signal: AbortSignal,
): Promise<Copied> {
  const { project, gitDir, repository, nowMs } = from;
  await rm(gitDir, { recursive: true, force: true });
  await mkdir(join(gitDir, "info"), { recursive: true });
  const git = openHostGit({ gitDir }, signal);
  await git.run(["init", "--quiet", "--bare", "--template=", "--initial-branch=base"]);
  await writeFile(join(gitDir, "info", "attributes"), ATTRIBUTES);
  const importing = openHostGit({ gitDir, workTree: project }, signal);
  const { paths, leftOut } = await listed(project, repository, importing, signal);
  const input = paths.map((path) => `${path}\0`).join("");
  await importing.run(["update-index", "--add", "-z", "--stdin"], { input });
  const refused = repository.kind === "none" ? repository.refused : undefined;
  const notes = [...(refused === undefined ? [] : [refused]), ...leftOut];
  const tree = await git.text(["write-tree"]);
  return { tree, notes, atSeconds: Math.floor(nowMs / 1_000) };
}

async function hasTree(git: HostGit, gitDir: string, tree: string): Promise<boolean> {
  try {
    if (!(await stat(gitDir)).isDirectory()) return false;
    await git.run(["cat-file", "-e", `${tree}^{tree}`]);
    return true;
  } catch (error) {
    if (error instanceof SwarmError || (error as NodeJS.ErrnoException).code === "ENOENT") {
      return false;
    }
    throw error;
  }
}

async function realFolder(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    throw new SwarmError("path-not-found", `${path} does not exist`);
  }
}

function listed(
  project: string,
  repository: ProjectRepository,
  importing: HostGit,
  signal: AbortSignal,
) {
  if (repository.kind === "none") return listProject(importing, { root: project, prefix: "" });
  const { gitDir, top } = repository;
  const own = openHostGit({ gitDir, workTree: top }, signal);
  return listProject(own, { root: project, prefix: relative(top, project) });
}

interface CopyParts {
  readonly git: HostGit;
  readonly gitDir: string;
  readonly project: string;
  readonly repository: ProjectRepository;
  readonly baseTree: string;
  readonly branch: string;
  readonly atSeconds: number;
}

class PrivateCopy implements Workspace {
  readonly project: string;
  readonly repository: ProjectRepository;
  readonly gitDir: string;
  readonly notes: readonly string[];
  readonly baseTree: string;
  headTree: string;
  paths: readonly string[] = [];
  readonly #git: HostGit;
  readonly #parts: CopyParts;
  readonly atSeconds: number;
  readonly #trees: string[] = [];
  #head = "";
  #modes: ReadonlyMap<string, string> = new Map();

  constructor(parts: CopyParts, notes: readonly string[]) {
    this.#parts = parts;
    this.#git = parts.git;
    this.gitDir = parts.gitDir;
    this.project = parts.project;
    this.repository = parts.repository;
    this.notes = notes;
    this.atSeconds = parts.atSeconds;
    this.baseTree = parts.baseTree;
    this.headTree = parts.baseTree;
  }

  async start(): Promise<void> {
    await this.#moveTo(this.baseTree, "The project as it is\n");
  }

  async read(path: string): Promise<string | undefined> {
    const mode = this.#modes.get(path);
    if (mode === undefined || mode === "120000") return undefined;
    const bytes = await this.contents(this.headTree, path);
    return bytes.includes(0) ? undefined : bytes.toString("utf8");
  }

  async treeWith(edits: Edits): Promise<string> {
    const index = join(this.gitDir, "candidate.index");
    await this.#git.run(["read-tree", this.headTree], { index });
    const entries: string[] = [];
    for (const [path, content] of Object.entries(edits)) {
      refusePath(path);
      const mode = this.#modes.get(path) ?? "100644";
      const entry =
        content === null ? `0 ${"0".repeat(40)}` : `${mode} ${await this.#stored(content)}`;
      entries.push(`${entry}\t${path}\0`);
    }
    await this.#git.run(["update-index", "-z", "--index-info"], { index, input: entries.join("") });
    return this.#git.text(["write-tree"], { index });
  }

  async treeWithPatch(patch: string): Promise<string> {
    const index = join(this.gitDir, "candidate.index");
    await this.#git.run(["read-tree", this.headTree], { index });
    const apply = ["apply", "--cached", "--whitespace=nowarn"];
    try {
      await this.#git.run([...apply, "-"], { index, input: patch });
    } catch (error) {
      const reversed = [...apply, "--check", "--reverse", "-"];
      const isThere = await this.#git.run(reversed, { index, input: patch }).then(
        () => true,
        () => false,
      );
      if (isThere) return this.headTree;
      throw new SwarmError("invalid-input", `the patch does not fit: ${(error as Error).message}`, {
        cause: error,
      });
    }
    return this.#git.text(["write-tree"], { index });
  }

  #stored(content: string): Promise<string> {
    return this.#git.text(["hash-object", "-w", "--no-filters", "--stdin"], { input: content });
  }

  trees(): readonly string[] {
    return this.#trees;
  }

  async entries(tree: string): Promise<readonly TreeEntry[]> {
    const listing = (await this.#git.run(["ls-tree", "-r", "-z", tree])).toString("utf8");
    return listing.split("\0").flatMap((line) => {
      const [, mode = "", id = ""] = /^(\d+) \w+ ([\da-f]+)\t/.exec(line) ?? [];
      return line === "" ? [] : { path: line.slice(line.indexOf("\t") + 1), mode, id };
    });
  }

  contents(tree: string, path: string): Promise<Buffer> {
    return this.#git.run(["cat-file", "blob", `${tree}:${path}`]);
  }

  async changes(from: string, to: string): Promise<readonly TreeChange[]> {
    const raw = await this.#git.text(["diff-tree", "-r", "-z", "--raw", "--no-renames", from, to]);
    const fields = raw.split("\0").filter((field) => field !== "");
    const changes: TreeChange[] = [];
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [before = "", after = ""] = (fields[at] ?? "").slice(1).split(" ");
      changes.push({ path: fields[at + 1] ?? "", modeBefore: before, modeAfter: after });
    }
    return changes;
  }

  async patch(from: string, to: string): Promise<string> {
    const args = ["diff-tree", "-r", "-p", "--no-renames", "--full-index", "--no-color", from, to];
    return (await this.#git.run(args)).toString("utf8");
  }

  archive(tree: string): Promise<Uint8Array> {
    return this.#git.run(["archive", "--format=tar", tree]);
  }

  commit(tree: string, message: string): Promise<string> {
    return this.#moveTo(tree, message);
  }

  async #moveTo(tree: string, message: string): Promise<string> {
    const parents = this.#head === "" ? [] : ["-p", this.#head];
    const commit = await this.#git.text(["commit-tree", tree, ...parents], {
      input: message,
      env: commitEnvironment(this.atSeconds),
    });
    await this.#git.run(["update-ref", `refs/heads/${this.#parts.branch}`, commit]);
    if (this.#head === "") await this.#git.run(["update-ref", "refs/heads/base", commit]);
    this.#head = commit;
    this.headTree = tree;
    this.#trees.push(tree);
    this.#modes = new Map((await this.entries(tree)).map(({ path, mode }) => [path, mode]));
    this.paths = [...this.#modes.keys()];
    return commit;
  }

  async openEditing() {
    const parent = await realpath(await mkdtemp(join(tmpdir(), "cascade-edit-")));
    const folder = join(parent, "project");
    await this.#git.run(["worktree", "add", "--quiet", "--detach", folder, this.#head]);
    return {
      folder,
      // Only forgotten, not removed by git: what stands in it now may be somebody's program's.
      [Symbol.asyncDispose]: async () => {
        await rm(parent, { recursive: true, force: true });
        await rm(join(this.gitDir, "worktrees"), { recursive: true, force: true });
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.headTree !== this.baseTree) return;
    await rm(this.gitDir, { recursive: true, force: true });
  }
}

/** git leaves out such paths without a word. @throws SwarmError `invalid-input` */
function refusePath(path: string): void {
  const isPlain = path
    .split("/")
    .every((part) => part !== "" && part !== "." && part !== ".." && !/^\.git$/i.test(part));
  if (isPlain && !/[\0\n\\]/.test(path)) return;
  throw new SwarmError("invalid-input", `${JSON.stringify(path)} is no path of the project`);
}

/** Who commits, and when. @param atSeconds Unix time */
export function commitEnvironment(atSeconds: number): Readonly<Record<string, string>> {
  const at = `@${atSeconds} +0000`;
  return {
    GIT_AUTHOR_NAME: AUTHOR.name,
    GIT_AUTHOR_EMAIL: AUTHOR.email,
    GIT_AUTHOR_DATE: at,
    GIT_COMMITTER_NAME: AUTHOR.name,
    GIT_COMMITTER_EMAIL: AUTHOR.email,
    GIT_COMMITTER_DATE: at,
  };
}
