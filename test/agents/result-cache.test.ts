import { mkdtempDisposable, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { openResultCache, pruneResultCache, resultCacheFolder } from "../../agents/result-cache.ts";

const logger = pino({ level: "silent" });
const key = (digit: string): string => digit.repeat(64);
const temporary = () => mkdtempDisposable(join(tmpdir(), "result cache "));

describe("the cache of results", () => {
  it("has what was put, for everyone who uses the folder, and nothing else", async () => {
    await using folder = await temporary();
    const cache = openResultCache(join(folder.path, "made"), logger);
    await cache.put(key("a"), { findings: [1] });
    const other = openResultCache(join(folder.path, "made"), logger);
    expect([await other.get(key("a")), await other.get(key("b"))]).toEqual([
      { findings: [1] },
      undefined,
    ]);
  });

  it("takes an entry that was cut off for none, and replaces it", async () => {
    await using folder = await temporary();
    const cache = openResultCache(folder.path, logger);
    await cache.put(key("a"), { findings: [1] });
    await writeFile(join(folder.path, "aa", `${key("a")}.json`), '{"findings":[');
    expect(await cache.get(key("a"))).toBeUndefined();
    await cache.put(key("a"), { findings: [2] });
    expect(await cache.get(key("a"))).toEqual({ findings: [2] });
    expect(await readdir(join(folder.path, "aa"))).toEqual([`${key("a")}.json`]);
  });

  it("goes on without a folder that can be written", async () => {
    await using folder = await temporary();
    await writeFile(join(folder.path, "file"), "");
    const cache = openResultCache(join(folder.path, "file"), logger);
    await cache.put(key("a"), 1);
    expect(await cache.get(key("a"))).toBeUndefined();
  });

  it.each(["../../etc/passwd", "A".repeat(64), ""])("refuses the key %j", async (wrong) => {
    await using folder = await temporary();
    const cache = openResultCache(folder.path, logger);
    await expect(cache.put(wrong, 1)).rejects.toThrow("sha256");
  });

  it("forgets the oldest results when there are too many, once an hour", async () => {
    await using folder = await temporary();
    const cache = openResultCache(folder.path, logger);
    const large = "x".repeat(1_000);
    await cache.put(key("a"), large);
    await cache.put(key("b"), large);
    const [older, newer] = [key("a"), key("b")].map((name) =>
      join(folder.path, name.slice(0, 2), `${name}.json`),
    );
    await utimes(older ?? "", 1_000, 1_000);
    await pruneResultCache(folder.path, 10_000_000, 1_500);
    await expect(readFile(older ?? "")).rejects.toMatchObject({ code: "ENOENT" });
    expect((await readFile(newer ?? "")).length).toBe(large.length + 2);
    await cache.put(key("a"), large);
    await pruneResultCache(folder.path, 10_000_000 + 60_000, 1_500);
    expect(await cache.get(key("a"))).toBe(large);
  });
});

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
