import { describe, expect, it } from "vitest";
import type { RunId } from "../../core/ids.ts";
import type { MemorySpace } from "../../core/memory.ts";
import { openBlobs } from "../../store/blobs.ts";
import { openMemory } from "../../store/memory.ts";
import type { LogAccess } from "../../store/shard-log.ts";
import { openTestAccess } from "../support/log-access.ts";
import { startTestServer, testServerBinaries } from "../support/nats.ts";
import { openTestClock } from "../support/test-clock.ts";

const everyone: MemorySpace = { kind: "global" };
const ofRun: MemorySpace = { kind: "run", run: "r1" as RunId };
const named: MemorySpace = { kind: "cascade", cascade: "refine", name: "style" };
const by = { person: "ada" };

async function open(access: LogAccess, clock = access.clock) {
  const blobs = await openBlobs(access.jetstream, access.subjects);
  return { blobs, memory: await openMemory({ ...access, clock }, blobs) };
}

describe.each(await testServerBinaries())("memory on %s", (binary) => {
  it("keeps the same key apart in each space, and every key that is a text", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const { memory } = await open(access);
    const keys = ["plain", "a.b", "a b/ü*>", "=2e", "..", "日本"];
    for (const key of keys) {
      for (const space of [everyone, ofRun, named]) {
        await memory.write({ space, key, value: { value: [space.kind, key] }, by });
      }
    }
    for (const space of [everyone, ofRun, named]) {
      const listed = await memory.list(space);
      expect(listed.map((entry) => entry.key).sort()).toEqual([...keys].sort());
      for (const key of keys) {
        const { entry } = await memory.read(space, key);
        expect(entry).toMatchObject({ space, key, by, value: { value: [space.kind, key] } });
      }
    }
    expect(await memory.list(undefined)).toHaveLength(18);
    expect((await memory.list(everyone, "a")).map(({ key }) => key)).toEqual(["a b/ü*>", "a.b"]);
    await expect(memory.read(everyone, "")).rejects.toThrow("cannot be a key");
    await expect(memory.read(everyone, "a\nb")).rejects.toThrow("cannot be a key");
    await expect(memory.read(everyone, "ü".repeat(65))).rejects.toThrow("memoryKeyBytes");
  });

  it("writes only while the key has the expected revision, deleted keys among them", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const { memory } = await open(access);
    const write = async (value: number | undefined, expected?: number) => {
      const end = await memory.write({
        space: everyone,
        key: "k",
        value: value === undefined ? undefined : { value },
        by,
        ...(expected === undefined ? {} : { expected }),
      });
      return end.status === "written" ? end.revision : undefined;
    };
    const first = (await write(1, 0)) ?? 0;
    expect(await write(2, 0)).toBeUndefined();
    const second = (await write(2, first)) ?? 0;
    expect(second).toBeGreaterThan(first);
    expect(await write(3, first)).toBeUndefined();
    const gone = (await write(undefined, second)) ?? 0;
    expect(await memory.read(everyone, "k")).toEqual({ revision: gone, entry: undefined });
    expect(await write(4, second)).toBeUndefined();
    expect(await write(4, gone)).toBeGreaterThan(gone);
    expect(await memory.list(everyone)).toMatchObject([{ key: "k", value: { value: 4 } }]);
  });

  it("loses and doubles no increment of eight writers", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const { memory } = await open(access);
    const increment = async (): Promise<void> => {
      for (;;) {
        const { revision, entry } = await memory.read(everyone, "count");
        const count = entry !== undefined && "value" in entry.value ? Number(entry.value.value) : 0;
        const value = { value: count + 1 };
        const write = { space: everyone, key: "count", value, by, expected: revision };
        if ((await memory.write(write)).status === "written") return;
      }
    };
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let turn = 0; turn < 100; turn++) await increment();
      }),
    );
    expect((await memory.read(everyone, "count")).entry?.value).toEqual({ value: 800 });
  });

  it("tells the last ten values with who wrote them", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const { memory } = await open(access);
    const author = { run: "r1", stage: "count", agent: "agent-1" };
    for (let value = 1; value <= 12; value++) {
      await memory.write({ space: ofRun, key: "k", value: { value }, by: author });
    }
    const last = await memory.write({ space: ofRun, key: "k", value: undefined, by });
    const history = await memory.history(ofRun, "k");
    expect(history.map((entry) => (entry.status === "kept" ? entry.value : entry.status))).toEqual([
      ...[4, 5, 6, 7, 8, 9, 10, 11, 12].map((value) => ({ value })),
      "deleted",
    ]);
    expect(history[0]?.by).toEqual(author);
    expect(history.at(-1)).toMatchObject({ by, revision: last.revision });
    expect(await memory.history(ofRun, "other")).toEqual([]);
  });

  it("carries out a write that is asked for again once, however often others wrote since", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const { memory } = await open(access);
    const write = (value: number, id?: string, expected?: number) =>
      memory.write({
        ...{ space: everyone, key: "k", value: { value }, by },
        ...(id === undefined ? {} : { id }),
        ...(expected === undefined ? {} : { expected }),
      });
    await write(1, "ann.1", 0);
    await write(2, "ann.2");
    for (let value = 3; value < 103; value++) await write(value, `bob.${value}`);
    for (let writer = 0; writer < 60; writer++) await write(103 + writer, `w${writer}.1`);
    const before = await memory.read(everyone, "k");
    const again = { status: "written", revision: before.revision };
    expect(await write(2, "ann.2")).toEqual(again);
    expect(await write(2, "ann.2", 1)).toEqual(again);
    expect(await memory.read(everyone, "k")).toEqual(before);
    expect(await write(3, "ann.3", 1)).toEqual({ status: "conflict", ...before });
    expect((await write(4, "ann.3")).revision).toBeGreaterThan(before.revision);
  });

  it("forgets a value when its time is over, and sweeps away nothing that was written since", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const clock = openTestClock();
    const { memory } = await open(access, clock);
    const write = (key: string, value: number | undefined, ttlMs?: number) =>
      memory.write({
        ...{ space: everyone, key, by },
        value: value === undefined ? undefined : { value },
        ...(ttlMs === undefined ? {} : { ttlMs }),
      });
    await write("short", 1, 1_000);
    await write("again", 1, 1_000);
    await write("long", 1);
    await write("deleted", 1);
    await write("deleted", undefined);
    await memory.write({ space: ofRun, key: "of-a-run", value: { value: 1 }, by });
    clock.advance(1_000);
    expect((await memory.read(everyone, "short")).entry).toBeUndefined();
    expect((await memory.list(everyone)).map(({ key }) => key)).toEqual(["long"]);
    await write("again", 2);
    expect(await memory.sweep()).toBe(1);
    expect(await memory.history(everyone, "short")).toEqual([]);
    expect(await memory.history(everyone, "again")).toHaveLength(2);
    expect(await memory.history(everyone, "deleted")).toHaveLength(2);
    expect((await memory.read(ofRun, "of-a-run")).entry).toBeDefined();
    clock.advance(31 * 86_400_000);
    expect(await memory.sweep()).toBe(2);
    expect((await memory.list(undefined)).map(({ key }) => key)).toEqual(["again", "long"]);
  });

  it("searches keys and values, those in objects too, and gives their content", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const { memory, blobs } = await open(access);
    const large = { text: `${"x".repeat(70_000)} Needle` };
    const blob = await blobs.put(Buffer.from(JSON.stringify(large)));
    await memory.write({ space: everyone, key: "large", value: { blob }, by });
    await memory.write({ space: everyone, key: "needles", value: { value: 1 }, by });
    await memory.write({
      space: everyone,
      key: "other",
      value: { value: { a: ["a NEEDLE"] } },
      by,
    });
    await memory.write({ space: everyone, key: "none", value: { value: "hay" }, by });
    const found = await memory.search(everyone, { text: "needle" });
    expect(found.map(({ key }) => key)).toEqual(["large", "needles", "other"]);
    expect(await memory.search(everyone, { prefix: "o", text: "needle" })).toHaveLength(1);
    expect(await memory.content({ blob })).toEqual(large);
  });

  it.each([
    ["no JSON", "{"],
    ["no envelope", '{"a":1}'],
    ["a reserved key", '{"v":1,"by":{},"atMs":1,"seen":[],"value":{"__proto__":{"a":1}}}'],
    ["a pointer", '{"v":1,"by":{},"atMs":1,"seen":[],"value":{"$blob":{"name":"a","bytes":1}}}'],
  ])("never uses what somebody else wrote: %s", async (_, text) => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const { memory } = await open(access);
    const kv = await access.jetstream.views.kv("cascade_memory", { bindOnly: true });
    await kv.put("global.k", text);
    await expect(memory.read(everyone, "k")).rejects.toMatchObject({ code: "record-corrupt" });
    expect(await memory.list(everyone)).toMatchObject([{ key: "k", status: "damaged" }]);
    await memory.write({ space: everyone, key: "k", value: { value: 1 }, by });
    expect((await memory.read(everyone, "k")).entry?.value).toEqual({ value: 1 });
  });

  it("tells every change from now on, also after the server was killed", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const { memory } = await open(access);
    await memory.write({ space: everyone, key: "a.before", value: { value: 0 }, by });
    const controller = new AbortController();
    const seen: unknown[] = [];
    const { promise: back, resolve } = Promise.withResolvers<void>();
    access.link.onReconnect(resolve);
    const watching = (async () => {
      for await (const entry of memory.watch(everyone, "a.", controller.signal)) {
        seen.push([entry.key, entry.status]);
        if (seen.length === 3) controller.abort();
      }
    })();
    await expect.poll(async () => (await consumersOf(access)).length).toBe(1);
    await memory.write({ space: everyone, key: "a.first", value: { value: 1 }, by });
    await memory.write({ space: everyone, key: "b.other", value: { value: 1 }, by });
    await expect.poll(() => seen).toHaveLength(1);
    await server.kill9();
    await server.restart();
    await back;
    await memory.write({ space: everyone, key: "a.second", value: { value: 2 }, by });
    await memory.write({ space: everyone, key: "a.second", value: undefined, by });
    await watching;
    expect(seen).toEqual([
      ["a.first", "kept"],
      ["a.second", "kept"],
      ["a.second", "deleted"],
    ]);
    expect(await consumersOf(access)).toEqual([]);
  });
});

async function consumersOf({ manager }: LogAccess) {
  return manager.consumers.list("KV_cascade_memory").next();
}
