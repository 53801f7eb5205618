import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import { refuseOver } from "../../core/limits.ts";
import { SECRET_FILE } from "../gemini-megacontext/pack.ts";
import { readText } from "../source-file.ts";
import { isTestFile } from "../test-files.ts";

/** What somebody proposes: the whole of a file, or a text in it and what takes its place. */
export type Change =
  | { readonly path: string; readonly content: string }
  | { readonly path: string; readonly find: string; readonly replace: string };

/** A file before and after. */
export interface DraftedFile {
  /** Relative to the project, with `/`. */
  readonly file: string;
  /** Undefined: there is none. */
  readonly before: string | undefined;
  /** Undefined: it is gone. */
  readonly after: string | undefined;
}

interface DraftOrder {
  /** Real path of the project. */
  readonly root: string;
  readonly mayChangeTests: boolean;
}

/**
 * Works out what the files would be after all changes; those that stay as they are, are left out.
 * @throws SwarmError `invalid-input` with the place of the change that cannot be made, `limit-exceeded`
 */
export async function draft(
  changes: readonly Change[],
  { root, mayChangeTests }: DraftOrder,
  signal: AbortSignal,
): Promise<readonly DraftedFile[]> {
  const files = new Map<string, { readonly before: string | undefined; readonly after: string }>();
  for (const [index, change] of changes.entries()) {
    signal.throwIfAborted();
    const refuse = (why: string): never => {
      const pointer = `/changes/${index}`;
      const message = `${pointer}: ${JSON.stringify(change.path)} ${why}`;
      throw new SwarmError("invalid-input", message, { location: { pointer } });
    };
    const file = change.path.replace(/^\.\//, "");
    const problem = problemOfPath(file);
    if (problem !== undefined) refuse(problem);
    const known = files.get(file) ?? (await present(root, file, refuse));
    if (known.before !== undefined && isTestFile(file) && !mayChangeTests) {
      refuse("is a test, and tests may only be added; change_tests allows more");
    }
    const after = changed(change, known.after, refuse);
    refuseOver("draftFileBytes", Buffer.byteLength(after));
    files.set(file, { before: known.before, after });
  }
  return [...files]
    .map(([file, sides]) => ({ file, ...sides }))
    .filter(({ before, after }) => before !== after)
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Why no change may go to a file of a project, as far as its name tells; undefined: it may. */
export function problemOfPath(file: string): string | undefined {
  const parts = file.split("/");
  if (/[\p{Cc}\p{Cf}\p{Cs}"\\]/u.test(file)) return "has a character that no patch can name";
  if (file === "" || file.startsWith("/") || parts.some((part) => part === "..")) {
    return "must be relative and stay in the project";
  }
  if (parts.some((part) => part === "" || part === ".")) return "must be written as it is";
  const foreign = parts.find((part) => CLOSED_FOLDERS.has(part.toLowerCase()));
  if (foreign !== undefined) return `lies in ${foreign}`;
  return SECRET_FILE.test(file) ? "may hold a secret" : undefined;
}

const CLOSED_FOLDERS: ReadonlySet<string> = new Set([
  ...[".git", ".hg", ".svn", "node_modules", ".venv", ".cascade"],
]);

type Refuse = (why: string) => never;

/** The file as it is; a new one has no text before. */
async function present(
  root: string,
  file: string,
  refuse: Refuse,
): Promise<{ readonly before: string | undefined; readonly after: string }> {
  const folder = await firstMissing(root, file, refuse);
  if (folder !== undefined) return { before: undefined, after: "" };
  const source = await readText(root, file);
  if (source.status !== "source") return refuse(`cannot be changed: ${source.reason}`);
  return { before: source.text, after: source.text };
}

/** The first part of the path that is not there; links on the way are refused, for they may lead anywhere. */
async function firstMissing(
  root: string,
  file: string,
  refuse: Refuse,
): Promise<string | undefined> {
  const parts = file.split("/");
  for (const [index] of parts.entries()) {
    const path = parts.slice(0, index + 1).join("/");
    const entry = await lstat(join(root, path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      return refuse(`cannot be looked at (${error.code})`);
    });
    if (entry === undefined) return path;
    if (entry.isSymbolicLink()) return refuse("is, or lies behind, a symbolic link");
    const isLast = index === parts.length - 1;
    if (!isLast && !entry.isDirectory()) return refuse(`${path} is no folder`);
  }
  return undefined;
}

function changed(change: Change, text: string, refuse: Refuse): string {
  if ("content" in change) return change.content;
  const at = text.indexOf(change.find);
  if (at === -1) return refuse("does not hold the text of `find`");
  if (text.includes(change.find, at + 1)) {
    return refuse("holds the text of `find` more than once; more of what is around tells which");
  }
  return text.slice(0, at) + change.replace + text.slice(at + change.find.length);
}
