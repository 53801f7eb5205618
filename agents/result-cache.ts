import { mkdir, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Logger } from "pino";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Json } from "../core/json.ts";
import type { SkillCache } from "../core/skill.ts";

const KEY = /^[0-9a-f]{64}$/;
/** What is kept is bounded as a whole when an agent starts. */
const BYTES_KEPT = 268_435_456;
const PRUNE_EVERY_MS = 3_600_000;
/** How long one agent waits while another one writes. */
const BUSY_MS = 5_000;
/** The number in the name is that of the tables below: another shape is another file. */
const DATABASE = "results-1.sqlite";
const TABLES = `
  pragma journal_mode = wal;
  pragma synchronous = normal;
  create table if not exists result (key text primary key, value text not null, written_ms integer not null) strict;
  create index if not exists result_by_age on result (written_ms);
  create table if not exists pruned (id integer primary key check (id = 1), at_ms integer not null) strict;
`;
const TAKE_TURN = `
  insert into pruned values (1, ?1)
  on conflict do update set at_ms = ?1 where at_ms <= ?1 - ?2
`;
const DROP_OLDEST = `
  delete from result where key in (
    select key from (
      select key, sum(length(key) + length(value)) over (order by written_ms desc, key) as bytes from result
    ) where bytes > ?
  )
`;

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

/** Connections of this thread: opening one for each task would cost more than the task's lookups. */
const caches = new Map<string, SkillCache>();

/** @param folder undefined for a cache that has nothing and keeps nothing */
export function resultCacheOf(folder: string | undefined, logger: Logger): SkillCache {
  if (folder === undefined) return { get: async () => new Map(), put: async () => {} };
  const cache = caches.get(folder) ?? openResultCache(folder, { logger, clock: systemClock });
  caches.set(folder, cache);
  return cache;
}

/**
 * One SQLite file for all agents of the machine: with a file a result, making the files took longer than many an analysis.
 * Whatever fails costs only the use of the cache, for it may forget anything at any time.
 */
export function openResultCache(
  folder: string,
  { logger, clock }: { readonly logger: Logger; readonly clock: Pick<Clock, "wallMs"> },
): SkillCache {
  let open = openDatabase;
  let opened: Promise<DatabaseSync> | undefined;
  const attempt = async (work: (database: DatabaseSync) => void): Promise<void> => {
    let database: DatabaseSync | undefined;
    try {
      opened ??= open(folder);
      database = await opened;
      work(database);
    } catch (error) {
      logger.debug({ event: "cache.unusable", err: error });
      if (isBroken(error)) {
        open = replaceDatabase;
        database?.close();
        opened = undefined;
      } else if (database === undefined) {
        opened = undefined; // the next task tries again
      }
    }
  };
  return {
    async get(keys) {
      const checked = keys.map(checkKey);
      const found = new Map<string, Json>();
      await attempt((database) => {
        const select = database.prepare("select value from result where key = ?");
        for (const key of checked) {
          const row = select.get(key);
          if (row !== undefined) found.set(key, JSON.parse(String(row["value"])) as Json);
        }
      });
      return found;
    },
    async put(results) {
      const rows = [...results].map(
        ([key, value]) => [checkKey(key), JSON.stringify(value)] as const,
      );
      await attempt((database) => {
        const insert = database.prepare("insert or replace into result values (?, ?, ?)");
        inTransaction(database, () => {
          for (const [key, value] of rows) insert.run(key, value, clock.wallMs());
        });
      });
    },
  };
}

/** Removes the oldest results until the rest fits. Of several agents that start at once, one does it, once an hour. */
export async function pruneResultCache(
  folder: string,
  nowMs: number,
  bytesKept = BYTES_KEPT,
): Promise<void> {
  const database = await openDatabase(folder);
  try {
    if (database.prepare(TAKE_TURN).run(nowMs, PRUNE_EVERY_MS).changes === 0) return;
    database.prepare(DROP_OLDEST).run(bytesKept);
  } finally {
    database.close();
  }
}

/** @throws an error of SQLite or of the file system; a file that is no database is replaced */
async function openDatabase(folder: string): Promise<DatabaseSync> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    return openTables(folder);
  } catch (error) {
    if (!isBroken(error)) throw error;
    return replaceDatabase(folder);
  }
}

async function replaceDatabase(folder: string): Promise<DatabaseSync> {
  for (const suffix of ["-wal", "-shm", ""]) {
    await rm(join(folder, `${DATABASE}${suffix}`), { force: true });
  }
  return openTables(folder);
}

function openTables(folder: string): DatabaseSync {
  const database = new DatabaseSync(join(folder, DATABASE), { timeout: BUSY_MS });
  try {
    database.exec(TABLES);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** https://www.sqlite.org/rescode.html: SQLITE_CORRUPT and SQLITE_NOTADB. */
function isBroken(error: unknown): boolean {
  const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return code === 11 || code === 26;
}

function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec("begin immediate");
  try {
    work();
    database.exec("commit");
  } catch (error) {
    if (database.isTransaction) database.exec("rollback");
    throw error;
  }
}

function checkKey(key: string): string {
  if (!KEY.test(key)) throw new Error("the key of a cached result is a sha256 in hex");
  return key;
}
