import { randomUUID } from "node:crypto";
import { link, lstat, mkdir, open, readFile, realpath, rename, rm } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, sep } from "node:path";
import { z } from "zod";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { parseInputs } from "../skill-inputs.ts";

const fileInputs = z.object({
  path: z.string().min(1),
  text: z.string(),
  replace: z.boolean().nullish(),
});

/** Writes one file into the directory of the run. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const { path: given, text, replace } = parseInputs(fileInputs, inputs);
  const parts = partsOf(given);
  context.signal.throwIfAborted();
  try {
    const path = await placeOf(await realpath(context.directory), parts, given);
    const changed = await write(path, text, { given, mayReplace: replace === true });
    return { path, bytes: Buffer.byteLength(text), changed };
  } catch (error) {
    throw asSwarmError(error, given);
  }
}

/** The path in its parts. @throws SwarmError `not-allowed` */
function partsOf(given: string): readonly string[] {
  const path = normalize(given);
  const parts = path.split(sep);
  if (isAbsolute(path) || given.includes("\0") || parts.includes("..") || parts.at(-1) === "")
    throw refused(given, "it must be the path of a file below the directory of the run");
  if (parts.some((part) => part.startsWith(".")))
    throw refused(given, "names that begin with a dot are not written");
  return parts;
}

/** The absolute path; folders on the way to it are made, and none of them may be a link. */
async function placeOf(root: string, parts: readonly string[], given: string): Promise<string> {
  let folder = root;
  for (const part of parts.slice(0, -1)) {
    folder = join(folder, part);
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    if (!(await lstat(folder)).isDirectory())
      throw refused(given, "a link or a file stands on the way to it");
  }
  return join(root, ...parts);
}

/** Whether anything was changed. A file that is there already is left alone unless it may be replaced. */
async function write(
  path: string,
  text: string,
  { given, mayReplace }: { readonly given: string; readonly mayReplace: boolean },
): Promise<boolean> {
  const now = await lstat(path).catch(() => undefined);
  if (now !== undefined && !now.isFile()) throw refused(given, "something else stands there");
  if (now !== undefined && (await readFile(path, "utf8")) === text) return false;
  if (now !== undefined && !mayReplace) throw taken(given);
  const beside = join(dirname(path), `.${randomUUID()}.part`);
  try {
    {
      await using handle = await open(beside, "wx");
      await handle.writeFile(text);
      await handle.sync();
    }
    if (mayReplace) await rename(beside, path);
    else await link(beside, path); // fails when a file came there meanwhile
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw taken(given);
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
}

function refused(given: string, why: string): SwarmError {
  return new SwarmError("not-allowed", `${JSON.stringify(given)} is not written: ${why}`);
}

function taken(given: string): SwarmError {
  return new SwarmError("invalid-input", `${given} is there already, with another text`, {
    hint: "give another path, or set `replace: true`",
  });
}

function asSwarmError(error: unknown, given: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof SwarmError || code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  return new SwarmError(
    code === "ENOSPC" ? "storage-full" : "path-unreadable",
    `${given} cannot be written (${code})`,
    { cause: error },
  );
}
