import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import type { Logger } from "pino";
import type { Json } from "../core/json.ts";
import type { SkillCache } from "../core/skill.ts";

const KEY = /^[0-9a-f]{64}$/;
/** Entries are small; what is kept is bounded as a whole when an agent starts. */
const BYTES_KEPT = 268_435_456;
const PRUNE_EVERY_MS = 3_600_000;

/**
 * Where the results of skills are kept: in the cache folder of the person, not in the analysed directory, which could bring
 * results of its own. `CASCADE_RESULT_CACHE` names another folder, `off` none.
 */
export function resultCacheFolder(
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const named = env["CASCADE_RESULT_CACHE"];
  if (named === "off") return undefined;
  if (named !== undefined && named !== "") return named;
  const base = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  return join(base, "cascade-swarm", "results");
}

/** @param folder undefined for a cache that has nothing and keeps nothing */
export function openResultCache(folder: string | undefined, logger: Logger): SkillCache {
  if (folder === undefined) return { get: async () => undefined, put: async () => {} };
  let writes = 0;
  return {
    async get(key) {
      try {
        return JSON.parse(await readFile(fileOf(folder, key), "utf8")) as Json;
      } catch {
        return undefined; // not there, or cut off by a crash: the work is done again
      }
    },
    async put(key, value) {
      const file = fileOf(folder, key);
      const beside = `${file}.${process.pid}-${threadId}-${writes++}.part`;
      try {
        await mkdir(join(file, ".."), { recursive: true, mode: 0o700 });
        await writeFile(beside, JSON.stringify(value), { mode: 0o600 });
        await rename(beside, file);
      } catch (error) {
        logger.debug({ event: "cache.unwritten", err: error });
        await rm(beside, { force: true }).catch(() => {});
      }
    },
  };
}

function fileOf(folder: string, key: string): string {
  if (!KEY.test(key)) throw new Error("the key of a cached result is a sha256 in hex");
  return join(folder, key.slice(0, 2), `${key}.json`);
}

/** Removes the oldest results until the rest fits. Of several agents that start at once, one does it, once an hour. */
export async function pruneResultCache(
  folder: string,
  nowMs: number,
  bytesKept = BYTES_KEPT,
): Promise<void> {
  const marker = join(folder, "pruned");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const last = await stat(marker).catch(() => undefined);
  if (last !== undefined && nowMs - last.mtimeMs < PRUNE_EVERY_MS) return;
  await writeFile(marker, "");
  await utimes(marker, nowMs / 1_000, nowMs / 1_000);
  const entries = await listEntries(folder);
  entries.sort((a, b) => b.mtimeMs - a.mtimeMs);
  let bytes = 0;
  for (const entry of entries) {
    bytes += entry.bytes;
    if (bytes > bytesKept) await rm(entry.path, { force: true });
  }
}

async function listEntries(
  folder: string,
): Promise<{ readonly path: string; readonly bytes: number; readonly mtimeMs: number }[]> {
  const entries: { path: string; bytes: number; mtimeMs: number }[] = [];
  for (const name of await readdir(folder)) {
    if (!/^[0-9a-f]{2}$/.test(name)) continue;
    for (const file of await readdir(join(folder, name))) {
      const path = join(folder, name, file);
      const stats = await stat(path).catch(() => undefined); // another one prunes, too
      if (stats !== undefined) entries.push({ path, bytes: stats.size, mtimeMs: stats.mtimeMs });
    }
  }
  return entries;
}
