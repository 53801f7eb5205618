import { readFile, stat } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { parsePatch, type StructuredPatch } from "diff";
import { SwarmError } from "../core/errors.ts";
import { refuseOver } from "../core/limits.ts";

/** `type`, so that it is plain JSON. */
export type PatchedFile = {
  readonly file: string;
  /** In lines. */
  readonly added: number;
  readonly removed: number;
};

/** A unified diff as it is, or read from the file that is named. @throws SwarmError `path-not-found`, `limit-exceeded` */
export async function patchText(given: string): Promise<string> {
  if (!isAbsolute(given) || given.includes("\n")) return given;
  try {
    refuseOver("patchBytes", (await stat(given)).size);
    return await readFile(given, "utf8");
  } catch (error) {
    if (error instanceof SwarmError) throw error;
    throw new SwarmError("path-not-found", `${given} is to be a patch and cannot be read`, {
      cause: error,
    });
  }
}

/** What a unified diff changes. Pure. @throws SwarmError `invalid-input` when it is none */
export function filesOf(patch: string): readonly PatchedFile[] {
  return changesOf(patch).map(({ from, to, hunks }) => {
    const lines = hunks.flatMap((hunk) => hunk.lines);
    const count = (sign: string): number => lines.filter((line) => line.startsWith(sign)).length;
    return { file: to ?? from ?? "", added: count("+"), removed: count("-") };
  });
}

/** The part of a unified diff that is about one file. */
export interface PatchChange {
  /** Its name before; undefined when it is new. */
  readonly from: string | undefined;
  /** Its name afterwards; undefined when it is gone. */
  readonly to: string | undefined;
  readonly hunks: StructuredPatch["hunks"];
  /** As the library has it. */
  readonly whole: StructuredPatch;
}

/** The changes of a unified diff, by file. Pure. @throws SwarmError `invalid-input` when it is none; an empty text has none */
export function changesOf(patch: string): readonly PatchChange[] {
  const changes = parsed(patch).flatMap((whole) => {
    const { oldFileName, newFileName, hunks, isCreate, isDelete } = whole;
    const from = isCreate === true ? undefined : nameIn(oldFileName);
    const to = isDelete === true ? undefined : nameIn(newFileName);
    return from === undefined && to === undefined ? [] : [{ from, to, hunks, whole }];
  });
  if (changes.length === 0 && patch.trim() !== "") throw wrong("it names no file");
  return changes;
}

function parsed(patch: string): StructuredPatch[] {
  try {
    return parsePatch(patch);
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

function nameIn(side: string | undefined): string | undefined {
  return side === undefined || side === NONE ? undefined : side.replace(/^[ab]\//, "");
}

const NONE = "/dev/null";

function wrong(why: string): SwarmError {
  return new SwarmError("invalid-input", `/patch is no unified diff: ${why}`, {
    location: { pointer: "/patch" },
  });
}
