import { appendFile, mkdtempDisposable, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Worker } from "node:worker_threads";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { openResultCache, pruneResultCache, resultCacheFolder } from "../../agents/result-cache.ts";
import type { Json } from "../../core/json.ts";

const logger = pino({ level: "silent" });
const key = (digit: string): string => digit.repeat(64);
const temporary = () => mkdtempDisposable(join(tmpdir(), "result cache "));
const cacheIn = (folder: string, wallMs = 1_000) =>
  openResultCache(folder, { logger, clock: { wallMs: () => wallMs } });
const one = (digit: string, value: Json) => new Map([[key(digit), value]]);

describe("the cache of results", () => {
  it("has what was put, for everyone who uses the folder, and nothing else", async () => {
    await using folder = await temporary();
    const results = new Map<string, Json>([
      [key("a"), { findings: [1] }],
      [key("c"), "text"],
    ]);
    await cacheIn(join(folder.path, "made")).put(results);
    const other = cacheIn(join(folder.path, "made"));
    expect(await other.get([key("a"), key("b"), key("c")])).toEqual(results);
  });

  it("has the newest of two results", async () => {
    await using folder = await temporary();
    const cache = cacheIn(folder.path);
    await cache.put(one("a", 1));
    await cache.put(one("a", 2));
    expect(await cache.get([key("a")])).toEqual(one("a", 2));
  });

  it("starts anew over a file that is no database", async () => {
    await using folder = await temporary();
    await writeFile(join(folder.path, "results-1.sqlite"), "no database ".repeat(1_000));
    const cache = cacheIn(folder.path);
    await cache.put(one("a", 1));
    expect(await cache.get([key("a")])).toEqual(one("a", 1));
  });

  it("has nothing of a file that is damaged while it is open, and starts anew", async () => {
    await using folder = await temporary();
    const cache = cacheIn(folder.path);
    for (const digit of "abcdef") await cache.put(one(digit, digit.repeat(20_000)));
    await damage(join(folder.path, "results-1.sqlite"));
    const other = cacheIn(folder.path);
    expect(await other.get([key("a"), key("b")])).toEqual(new Map());
    await other.put(one("a", 3));
    expect(await other.get([key("a")])).toEqual(one("a", 3));
  });

  it("goes on without a folder that can be written", async () => {
    await using folder = await temporary();
    await writeFile(join(folder.path, "file"), "");
    const cache = cacheIn(join(folder.path, "file"));
    await cache.put(one("a", 1));
    expect(await cache.get([key("a")])).toEqual(new Map());
  });

  it("is there again when the folder can be written again", async () => {
    await using folder = await temporary();
    const path = join(folder.path, "cache");
    await writeFile(path, "");
    const cache = cacheIn(path);
    await cache.put(one("a", 1));
    await rm(path);
    await cache.put(one("a", 2));
    expect(await cache.get([key("a")])).toEqual(one("a", 2));
  });

  it.each(["../../etc/passwd", "A".repeat(64), ""])("refuses the key %j", async (wrong) => {
    await using folder = await temporary();
    const cache = cacheIn(folder.path);
    await expect(cache.put(new Map([[wrong, 1]]))).rejects.toThrow("sha256");
    await expect(cache.get([wrong])).rejects.toThrow("sha256");
  });

  it("forgets the oldest results when there are too many, once an hour", async () => {
    await using folder = await temporary();
    const large = "x".repeat(1_000);
    await cacheIn(folder.path, 1_000).put(one("a", large));
    await cacheIn(folder.path, 2_000).put(one("b", large));
    const cache = cacheIn(folder.path, 3_000);
    const both = [key("a"), key("b")];
    await pruneResultCache(folder.path, 10_000_000, 1_500);
    expect([...(await cache.get(both)).keys()]).toEqual([key("b")]);
    await cache.put(one("a", large));
    await pruneResultCache(folder.path, 10_000_000 + 60_000, 1_500);
    expect([...(await cache.get(both)).keys()]).toEqual(both);
    await pruneResultCache(folder.path, 10_000_000 + 3_600_000, 1_500);
    expect([...(await cache.get(both)).keys()]).toEqual([key("a")]);
  });

  it("loses nothing to agents that write at the same time", async () => {
    await using folder = await temporary();
    const digits = ["1", "2", "3", "4"];
    await Promise.all(digits.map((digit) => writeFromThread(folder.path, digit)));
    const keys = digits.flatMap((digit) => keysOf(digit));
    expect([...(await cacheIn(folder.path).get(keys)).keys()]).toEqual(keys);
  });
});

const WRITES = 50;
const PAGE_BYTES = 4_096;

function keysOf(digit: string): string[] {
  return Array.from({ length: WRITES }, (_, n) => `${n}`.padStart(63, "0") + digit);
}

async function writeFromThread(folder: string, digit: string): Promise<void> {
  const cacheModule = new URL("../../agents/result-cache.ts", import.meta.url).href;
  const program = `
    const { workerData } = require("node:worker_threads");
    import(workerData.cacheModule).then(async ({ openResultCache }) => {
      const logger = { debug: ({ err }) => { throw err; } };
      const cache = openResultCache(workerData.folder, { logger, clock: { wallMs: Date.now } });
      for (const key of workerData.keys) await cache.put(new Map([[key, 1]]));
    });
  `;
  const worker = new Worker(program, {
    eval: true,
    workerData: { cacheModule, folder, keys: keysOf(digit) },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  worker.once("error", reject).once("exit", () => resolve());
  await promise;
}

/** Overwrites all pages but the first, which says what the tables are. */
async function damage(path: string): Promise<void> {
  const database = new DatabaseSync(path);
  database.exec("pragma wal_checkpoint(truncate)");
  database.close();
  const { size } = await stat(path);
  await truncate(path, PAGE_BYTES);
  await appendFile(path, Buffer.alloc(size - PAGE_BYTES, 0xff));
}

describe("where results are kept", () => {
  it.each([
    [{ HOME: "/home/p" }, "/home/p/.cache/cascade-swarm/results"],
    [{ HOME: "/home/p", XDG_CACHE_HOME: "/x" }, "/x/cascade-swarm/results"],
    [{ HOME: "/home/p", CASCADE_RESULT_CACHE: "/r" }, "/r"],
    [{ HOME: "/home/p", CASCADE_RESULT_CACHE: "off" }, undefined],
  ])("%j: %s", (env, folder) => {
    expect(resultCacheFolder(env)).toBe(folder);
  });
});
