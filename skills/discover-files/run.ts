import { opendir, realpath, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { churnFor, readChurn } from "../churn.ts";
import type { NotAnalysed } from "../finding.ts";
import type { SetApart } from "../generated-code.ts";
import { analysesOf, languageOf, NOT_SOURCE, readSource, readText } from "../source-file.ts";
import { makeBatches, type SizedFile } from "./batches.ts";
import { type Walked, walk } from "./walk.ts";

/** Generated, but `security-scan` reads it for the advisories of its packages. */
const ADVISED_LOCK_FILE = "package-lock.json";
/** Files that are read at the same time. */
const READERS = 16;

/** Lists what there is to analyse below `path`. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const place = await openPlace(textInput(inputs, "path"));
  const limits = {
    batchSize: countInput(inputs, "batch_size") ?? 40,
    batches: countInput(inputs, "batches"),
  };
  const { found, sources, texts, notAnalysed } = await look(place, context.signal);
  const leftOut = [...found.notAnalysed, ...notAnalysed].sort(byFile);
  const churn = await readChurn(
    place.root,
    sources.map(({ file }) => file),
    { nowS: Math.floor(Date.now() / 1_000), signal: context.signal },
  );
  const batches = makeBatches(sources, texts, limits).map((batch) => ({
    ...batch,
    churn: churnFor(churn, batch.files),
  }));
  const languages = countLanguages([...sources, ...leftOut]);
  const countApart = (reason: SetApart): Json => countByKind(leftOut, reason);
  const leftOutFiles = leftOut.filter(({ file }) => !file.endsWith("/")).length;
  context.logger.info(
    {
      event: "files.discovered",
      files: sources.length,
      batches: batches.length,
      notAnalysed: leftOut.length,
    },
    "files discovered",
  );
  return {
    root: place.root,
    batches,
    languages,
    analyses: Object.fromEntries(
      Object.keys(languages).map((language) => [language, analysesOf(language)]),
    ),
    set_apart: { generated: countApart("generated"), vendored: countApart("vendored") },
    not_analysed: leftOut,
    total_files: sources.length + texts.length + leftOutFiles,
    text_files: texts.length,
    analysable_files: sources.length,
    analysable_bytes: sources.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Folders of built or foreign code are looked into only when there is nothing else, as in a published package. */
async function look(place: Place, signal: AbortSignal): Promise<Looked> {
  const { root, file } = place;
  if (file !== undefined) {
    const found = { files: [file], notAnalysed: [] };
    return { found, ...(await readAll(root, found.files, signal)) };
  }
  const found = await walk(root, signal);
  const read = await readAll(root, found.files, signal);
  const isApart = ({ file: name, reason }: NotAnalysed): boolean =>
    name.endsWith("/") && (reason === "generated" || reason === "vendored");
  if (read.sources.length > 0 || !found.notAnalysed.some(isApart)) return { found, ...read };
  const all = await walk(root, signal, () => undefined);
  return { found: all, ...(await readAll(root, all.files, signal)) };
}

interface Looked extends Awaited<ReturnType<typeof readAll>> {
  readonly found: Walked;
}

interface Place {
  readonly root: string;
  /** Set when the path is a single file. */
  readonly file?: string;
}

async function openPlace(path: string): Promise<Place> {
  try {
    const real = await realpath(path);
    const stats = await stat(real);
    if (stats.isFile()) return { root: dirname(real), file: basename(real) };
    if (!stats.isDirectory()) {
      throw new SwarmError("path-unreadable", `${path} is neither a directory nor a plain file`);
    }
    await (await opendir(real)).close();
    return { root: real };
  } catch (error) {
    throw error instanceof SwarmError ? error : placeError(path, error);
  }
}

function placeError(path: string, error: unknown): SwarmError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new SwarmError("path-not-found", `${path} does not exist`, {
      hint: "give the path of a directory or file; relative paths mean the directory where the job was made",
      cause: error,
    });
  }
  return new SwarmError("path-unreadable", `${path} cannot be read (${code ?? String(error)})`, {
    hint: "check the permissions of the directory",
    cause: error,
  });
}

async function readAll(
  root: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<{ sources: SizedFile[]; texts: SizedFile[]; notAnalysed: NotAnalysed[] }> {
  const sources: SizedFile[] = [];
  const texts: SizedFile[] = [];
  const notAnalysed: NotAnalysed[] = [];
  const readNext = async (queue: Iterator<string>): Promise<void> => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) {
      signal.throwIfAborted();
      const file = next.value;
      const source = await readSource(root, file);
      if (source.status === "source") sources.push({ file, bytes: source.bytes });
      else if (source.reason !== NOT_SOURCE && file !== ADVISED_LOCK_FILE) {
        notAnalysed.push({ file, reason: source.reason });
      } else {
        const text = await readText(root, file);
        if (text.status === "source") texts.push({ file, bytes: text.bytes });
        else notAnalysed.push({ file, reason: text.reason });
      }
    }
  };
  const queue = files.values();
  await Promise.all(Array.from({ length: READERS }, () => readNext(queue)));
  return { sources: sources.sort(byFile), texts: texts.sort(byFile), notAnalysed };
}

function byFile(a: { readonly file: string }, b: { readonly file: string }): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : 0;
}

function countLanguages(files: readonly { readonly file: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { file } of files) {
    const language = file.endsWith("/") ? undefined : languageOf(file);
    if (language !== undefined) counts[language] = (counts[language] ?? 0) + 1;
  }
  return counts;
}

/** What lies in a folder that is set apart is not looked at, so folders count for themselves. */
function countByKind(leftOut: readonly NotAnalysed[], reason: SetApart): Json {
  const entries = leftOut.filter((each) => each.reason === reason);
  const folders = entries.filter(({ file }) => file.endsWith("/")).length;
  return { files: entries.length - folders, folders };
}

function textInput(inputs: JsonObject, name: string): string {
  const given = inputs[name];
  if (typeof given === "string" && given !== "" && !given.includes("\0")) return given;
  throw new SwarmError("invalid-input", `${name} must be a path`, {
    location: { pointer: `/${name}` },
  });
}

function countInput(inputs: JsonObject, name: string): number | undefined {
  const given = inputs[name] ?? undefined;
  if (given === undefined) return undefined;
  if (typeof given === "number" && Number.isInteger(given) && given >= 1) return given;
  throw new SwarmError("invalid-input", `${name} must be an integer of at least 1`, {
    location: { pointer: `/${name}` },
  });
}
