import { applyPatch, reversePatch } from "diff";
import { SwarmError } from "../../core/errors.ts";
import { problemOfPath } from "../draft-changes/draft.ts";
import { changesOf, type PatchChange } from "../patch-text.ts";

type Texts = ReadonlyMap<string, string>;

/**
 * The texts of a project with a patch applied; those that have it already stay as they are. Pure.
 * @param texts by file, relative
 * @throws SwarmError `invalid-input` when it is no patch, does not fit, or leads out of the project
 */
export function withPatch(texts: Texts, patch: string): Texts {
  const changes = changesOf(patch);
  try {
    return applied(texts, changes);
  } catch (error) {
    if (hasAlready(texts, changes)) return texts;
    throw error;
  }
}

function hasAlready(texts: Texts, changes: readonly PatchChange[]): boolean {
  const back = changes.map(({ from, to, hunks, whole }) => ({
    ...{ from: to, to: from, hunks },
    whole: reversePatch(whole),
  }));
  try {
    applied(texts, back.reverse());
    return true;
  } catch {
    return false; // it fits neither way, which the caller says
  }
}

function applied(texts: Texts, changes: readonly PatchChange[]): Texts {
  const patched = new Map(texts);
  for (const { from, to, whole } of changes) {
    const name = to ?? from ?? "";
    const problem = problemOfPath(name);
    if (problem !== undefined) throw wrong(`${JSON.stringify(name)} ${problem}`);
    const before = from === undefined ? "" : patched.get(from);
    if (before === undefined) throw wrong(`${JSON.stringify(from)} is no text file of the project`);
    if (from === undefined && patched.has(name)) {
      throw wrong(`${JSON.stringify(name)} is there already`);
    }
    const after = applyPatch(before, whole);
    if (after === false) throw wrong(`it does not fit ${JSON.stringify(name)}`);
    if (from !== undefined && from !== to) patched.delete(from);
    if (to !== undefined) patched.set(to, after);
  }
  return patched;
}

function wrong(why: string): SwarmError {
  return new SwarmError("invalid-input", `/patch cannot be applied: ${why}`, {
    location: { pointer: "/patch" },
  });
}
