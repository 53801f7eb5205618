import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { StoredEvent } from "../../core/events.ts";
import type { RunId, StageId } from "../../core/ids.ts";
import { SHARD_COUNT } from "../../core/shard.ts";
import { readHistory } from "../../store/history.ts";
import { readLog } from "../../store/log-reader.ts";
import { encodeEvent } from "../../store/log-record.ts";
import { LogTrim } from "../../store/log-trim.ts";
import { openOpenRuns } from "../../store/open-runs.ts";
import { ARCHIVE_TIMES, openShardArchive, readTail } from "../../store/shard-archive.ts";
import { type LogAccess, takeLog } from "../../store/shard-log.ts";
import { openTestAccess } from "../support/log-access.ts";
import { startTestServer, testServerBinaries } from "../support/nats.ts";
import { openTestClock } from "../support/test-clock.ts";

const run = "r1" as RunId;
const event = (n: number, of = run): StoredEvent => ({
  run: of,
  n,
  atMs: 1,
  event: { type: "stage.succeeded", stage: `s${n}` as StageId },
});
const owner = (epoch: number, shard = 0) => ({
  shard,
  epoch,
  owner: `coordinator-${epoch}`,
  nonce: `nonce-${epoch}`,
});

const unexpected = (error: unknown): void => expect.unreachable(String(error));
const openTrim = (access: LogAccess) =>
  new LogTrim({ access, clock: access.clock, onError: unexpected });

async function take(access: LogAccess, epoch: number, shard = 0) {
  const tail = await readLog(access, shard);
  return takeLog(access, owner(epoch, shard), tail.lastSequence);
}

describe.each(await testServerBinaries())("shard log on %s", (binary) => {
  it("keeps order and loses and doubles nothing while the server is killed, stopped and restarted", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const trouble = fc.constantFrom("none", "kill", "pause");
    const burst = fc.record({ events: fc.integer({ min: 1, max: 300 }), trouble });
    let shard = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(burst, { minLength: 1, maxLength: 4 }), async (bursts) => {
        const own = shard++;
        const log = await take(access, 1, own);
        const appended: Promise<void>[] = [];
        let back = Promise.resolve();
        let n = 0;
        for (const { events, trouble: how } of bursts) {
          for (let count = 0; count < events; count++) {
            n += 1;
            appended.push(log.append([event(n)]));
            if (count % 50 === 0) await new Promise(setImmediate);
          }
          if (how === "kill") {
            const { promise, resolve } = Promise.withResolvers<void>();
            back = promise;
            access.link.onReconnect(resolve);
            await server.kill9();
            await server.restart();
          } else if (how === "pause") {
            server.pause();
            await new Promise((resolve) => setTimeout(resolve, 20));
            server.resume();
          }
        }
        await Promise.all(appended);
        await back; // a read, unlike an append, is not asked again
        const { events, damage } = await readLog(access, own);
        expect(damage).toEqual([]);
        expect(events.map((stored) => stored.n)).toEqual(
          Array.from({ length: n }, (_, index) => index + 1),
        );
      }),
      { numRuns: 8 },
    );
  });

  it("takes an answer that was lost for what it was: stored once", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const lossy: LogAccess = { ...access, jetstream: loseFirstAnswers(access, 3) };
    const log = await take(lossy, 1);
    for (let n = 1; n <= 5; n++) await log.append([event(n)]);
    expect((await readLog(access, 0)).events.map((stored) => stored.n)).toEqual([1, 2, 3, 4, 5]);
  });

  it("stores nothing of an owner after its successor's OWNER record", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const first = await take(access, 1);
    await first.append([event(1)]);
    const second = await take(access, 2);
    await expect(first.append([event(2)])).rejects.toMatchObject({ code: "log-fenced" });
    await expect(first.append([event(3)])).rejects.toMatchObject({ code: "log-fenced" });
    await second.append([event(2)]);
    const tail = await readLog(access, 0);
    expect(tail.events.map((stored) => stored.n)).toEqual([1, 2]);
    expect(tail.epoch).toBe(2);
  });

  it("lets only one of two takers have the shard", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const { lastSequence } = await readLog(access, 0);
    const takers = [1, 2].map((epoch) => takeLog(access, owner(epoch), lastSequence));
    const settled = await Promise.allSettled(takers);
    expect(settled.map((result) => result.status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  it("purges LOG only of what HISTORY and the open-run index have", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const log = await take(access, 1);
    const openRuns = await openOpenRuns(access);
    const trim = openTrim(access);
    const archive = openShardArchive({
      access,
      clock: access.clock,
      log,
      openRuns,
      trim,
      openRunOf: () => ({ outstanding: 1 }),
      purgeDelayMs: 0,
      onError: unexpected,
    });
    const events = Array.from({ length: 450 }, (_, index) => event(index + 1));
    const lines = events.map(encodeEvent);
    for (const line of lines) await log.appendLines([line]);
    for (const [index, stored] of events.entries()) archive.add(stored, lines[index] ?? "");
    await archive.checkpoint();
    await archive.close();
    await trim.trim();
    const history = await readHistory(access, 0, run);
    expect(history).toEqual({ events, damagedParts: [] });
    expect((await readLog(access, 0)).events).toEqual(events.slice(-1));
    expect(await openRuns.list(0)).toEqual([run]);
  });

  it("forgets nothing when nothing comes before the sequence", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const log = await take(access, 1);
    expect(log.lastSequence).toBe(1);
    const trim = openTrim(access);
    trim.release(0, 1);
    await trim.trim();
    await log.append([event(1)]);
    expect((await readLog(access, 0)).epoch).toBe(1);
  });

  it("forgets a shard's records alone until every shard released some, then all before the hindmost", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);
    const logs = [];
    for (const shard of shards) logs.push(await take(access, 1, shard));
    for (const log of logs) await log.append([event(1)]);
    const held = async () => {
      const tails = await Promise.all(shards.map((shard) => readLog(access, shard)));
      return tails.map(({ epoch, events }) => [epoch, events.length]);
    };
    const trim = openTrim(access);
    trim.release(3, logs[3]?.lastSequence ?? 0);
    await trim.trim();
    const [owned, appended] = [1, SHARD_COUNT + 1];
    const first = (await access.manager.streams.info(access.subjects.streams.log)).state;
    expect([first.first_seq, first.messages]).toEqual([owned, 2 * SHARD_COUNT - 1]);
    for (const log of logs) trim.release(log.shard, log.lastSequence);
    await trim.trim();
    const { state } = await access.manager.streams.info(access.subjects.streams.log);
    expect([state.first_seq, state.messages]).toEqual([appended, SHARD_COUNT]);
    expect(await held()).toEqual(shards.map(() => [1, 1]));
    trim.leave(0); // another's now, and it may stand still there
    await logs[1]?.append([event(2)]);
    trim.release(1, logs[1]?.lastSequence ?? 0);
    await trim.trim();
    expect(await held()).toEqual(shards.map(() => [1, 1]));
  });

  it("moves the last record of a shard without news up, so that it does not hold up the others", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const log = await take(access, 1);
    await log.append([event(1)]);
    const clock = openTestClock();
    const trim = openTrim(access);
    const archive = openShardArchive({
      access,
      clock,
      log,
      openRuns: await openOpenRuns(access),
      trim,
      openRunOf: () => undefined,
      purgeDelayMs: 0,
      onError: unexpected,
    });
    for (let shard = 0; shard < SHARD_COUNT; shard++) trim.release(shard, 1);
    trim.isBehind(10_000); // another shard's last record
    clock.advance(ARCHIVE_TIMES.roundMs);
    await vi.waitFor(() => expect(log.lastSequence).toBe(3));
    expect(await readLog(access, 0)).toMatchObject({ epoch: 1, events: [event(1)], damage: [] });
    await archive.close();
  });

  it("archives at the end of a round what came before it, and spares runs that ended meanwhile the index", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const log = await take(access, 1);
    const openRuns = await openOpenRuns(access);
    const clock = openTestClock();
    const trim = openTrim(access);
    const [long, short, young] = ["r1", "r2", "r3"] as [RunId, RunId, RunId];
    const archive = openShardArchive({
      access,
      clock,
      log,
      openRuns,
      trim,
      openRunOf: (of) => (of === short ? undefined : { outstanding: 1 }),
      purgeDelayMs: 0,
      onError: unexpected,
    });
    const store = async (stored: StoredEvent): Promise<void> => {
      const line = encodeEvent(stored);
      await log.appendLines([line]);
      archive.add(stored, line);
    };
    const trimmedTo = async (sequence: number): Promise<void> => {
      await vi.waitFor(async () => {
        await trim.trim();
        const { state } = await access.manager.streams.info(access.subjects.streams.log);
        expect(state.first_seq).toBe(sequence);
      });
    };
    await store(event(1, long));
    await store(event(1, short));
    clock.advance(ARCHIVE_TIMES.roundMs); // covers the OWNER record, whose sequence is 1
    await vi.waitFor(async () => expect(await openRuns.checkpoint(0)).toBeDefined());
    expect(await openRuns.list(0)).toEqual([]);
    const output = { value: null };
    await store({ run: short, n: 2, atMs: 1, event: { type: "run.succeeded", output } });
    await store(event(1, young));
    await vi.waitFor(() => expect(archive.recent(short)).toBeUndefined());
    clock.advance(ARCHIVE_TIMES.roundMs);
    await trimmedTo(3); // the record handed over last when the round began stays
    expect(await openRuns.list(0)).toEqual([long]);
    expect((await readHistory(access, 0, long)).events).toEqual([event(1, long)]);
    expect((await readHistory(access, 0, young)).events).toEqual([]);
    expect(archive.recent(young)?.lines).toHaveLength(1);
    clock.advance(ARCHIVE_TIMES.roundMs);
    await trimmedTo(5);
    expect([...(await openRuns.list(0))].sort()).toEqual([long, young]);
    await archive.close();
  });

  it("lets a new owner begin at the last checkpoint, and reads everything after a restart of the server", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const log = await take(access, 1);
    const openRuns = await openOpenRuns(access);
    const archive = openShardArchive({
      access,
      clock: access.clock,
      log,
      openRuns,
      trim: openTrim(access),
      openRunOf: () => ({ outstanding: 1 }),
      purgeDelayMs: 3_600_000, // HISTORY is not synced yet: LOG keeps all
      onError: unexpected,
    });
    const store = async (n: number): Promise<void> => {
      const line = encodeEvent(event(n));
      await log.appendLines([line]);
      archive.add(event(n), line);
    };
    for (const n of [1, 2, 3]) await store(n);
    await archive.checkpoint();
    for (const n of [4, 5]) await store(n);
    await archive.close();
    const numbers = async (): Promise<number[]> => {
      const { events } = await readTail(access, openRuns, 0);
      return events.map((stored) => stored.n);
    };
    expect(await numbers()).toEqual([3, 4, 5]);
    expect((await readHistory(access, 0, run)).events.map((stored) => stored.n)).toEqual([1, 2, 3]);
    await server.kill9();
    await server.restart();
    await vi.waitFor(() => expect(access.link.connected).toBe(true), 5_000);
    expect(await numbers()).toEqual([1, 2, 3, 4, 5]);
  });

  it("names a damaged line and reads the rest", async () => {
    await using server = await startTestServer({ binary });
    await using access = await openTestAccess(server);
    const log = await take(access, 1);
    await log.appendLines([
      encodeEvent(event(1)),
      `${encodeEvent(event(2))}x`,
      encodeEvent(event(3)),
    ]);
    const tail = await readLog(access, 0);
    expect(tail.events.map((stored) => stored.n)).toEqual([1, 3]);
    expect(tail.damage).toEqual([{ sequence: tail.lastSequence, lines: [3] }]);
  });
});

/** Publishes for real, then answers with a time-out the first `count` times. */
function loseFirstAnswers(access: LogAccess, count: number): LogAccess["jetstream"] {
  let left = count;
  return new Proxy(access.jetstream, {
    get(target, property, receiver) {
      if (property !== "publish") return Reflect.get(target, property, receiver);
      return async (...args: Parameters<typeof target.publish>) => {
        const ack = await target.publish(...args);
        if (left-- > 0)
          throw Object.assign(new (await import("nats")).NatsError("TIMEOUT", "TIMEOUT"), {});
        return ack;
      };
    },
  });
}
