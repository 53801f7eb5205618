import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Json, JsonObject } from "../core/json.ts";
import type { SkillContext } from "../core/skill.ts";

export interface AnalysedOnce<Result extends Json> {
  readonly results: ReadonlyMap<string, Result>;
  /** How many of them came from the cache. */
  readonly cached: number;
}

export interface AnalysisRequest<Result extends Json> {
  /** All that a result follows from beside the file: the skill's code and configuration, its tool's version. */
  readonly identity: JsonObject;
  readonly sources: readonly { readonly file: string; readonly text: string }[];
  /** The skill's input `cache`; anything but false means that earlier results may be used. */
  readonly useCache: Json | undefined;
  /** Analyses files together; a file without an entry in the answer is not cached. */
  readonly analyse: (files: readonly string[]) => Promise<ReadonlyMap<string, Result>>;
}

/**
 * Analyses each file unless the same content under the same name was analysed before in the same way. A result must
 * follow from its file alone.
 */
export async function analyseOnce<Result extends Json>(
  request: AnalysisRequest<Result>,
  { cache, signal }: Pick<SkillContext, "cache" | "signal">,
): Promise<AnalysedOnce<Result>> {
  const { identity, sources, useCache, analyse } = request;
  const keys = new Map(sources.map(({ file, text }) => [file, keyOf(identity, file, text)]));
  const known = useCache === false ? new Map<string, Json>() : await cache.get([...keys.values()]);
  signal.throwIfAborted();
  const results = new Map<string, Result>();
  for (const [file, key] of keys) {
    const result = known.get(key);
    if (result !== undefined) results.set(file, result as Result);
  }
  const cached = results.size;
  const missing = [...keys.keys()].filter((file) => !results.has(file));
  const fresh = missing.length === 0 ? new Map<string, Result>() : await analyse(missing);
  const kept = new Map<string, Result>();
  for (const [file, result] of fresh) {
    results.set(file, result);
    const key = keys.get(file);
    if (key !== undefined) kept.set(key, result);
  }
  if (kept.size > 0) await cache.put(kept);
  return { results, cached };
}

function keyOf(identity: JsonObject, file: string, text: string): string {
  return createHash("sha256")
    .update(JSON.stringify([identity, file]))
    .update("\0")
    .update(text)
    .digest("hex");
}

const digests = new Map<string, Promise<string>>();

/** Tells one state of a skill's own code and configuration from another: its folder, what is in it, and what lies beside the skills. */
export function codeDigest(skillFolder: string): Promise<string> {
  let digest = digests.get(skillFolder);
  if (digest === undefined) {
    digest = digestOf(skillFolder, import.meta.dirname);
    digests.set(skillFolder, digest);
  }
  return digest;
}

async function digestOf(skillFolder: string, shared: string): Promise<string> {
  const hash = createHash("sha256");
  for (const [folder, recursive] of [
    [skillFolder, true],
    [shared, false],
  ] as const) {
    const entries = await readdir(folder, { withFileTypes: true, recursive });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
    for (const name of files.sort()) {
      hash.update(`\0${name}\0`).update(await readFile(join(folder, name)));
    }
  }
  return hash.digest("hex");
}
