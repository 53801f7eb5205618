import type { StoredEvent } from "../core/events.ts";
import type { RunId, StageId } from "../core/ids.ts";
import { SHARD_COUNT } from "../core/shard.ts";
import { readLog } from "../store/log-reader.ts";
import { type LogAccess, type ShardLog, takeLog } from "../store/shard-log.ts";
import { type Figure, figureOf } from "./statistics.ts";

const EVENTS_PER_ROUND = 20_000;
const ROUNDS = 5;
const WRITERS = [1, 100, 1_000];

/** Events a second that the log of all shards takes while so many writers each wait for their event to be stored. */
export async function benchLog(access: LogAccess): Promise<Readonly<Record<string, Figure>>> {
  const logs = await Promise.all(
    Array.from({ length: SHARD_COUNT }, async (_, shard) => {
      const { lastSequence, epoch } = await readLog(access, shard);
      return takeLog(
        access,
        { shard, epoch: epoch + 1, owner: "bench", nonce: "bench" },
        lastSequence,
      );
    }),
  );
  const figures: Record<string, Figure> = {};
  for (const writers of WRITERS) {
    const events = writers === 1 ? EVENTS_PER_ROUND / 10 : EVENTS_PER_ROUND;
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await rate(logs, writers, events));
    figures[String(writers)] = figureOf(rounds);
  }
  for (const log of logs) log.stop(new Error("measured"));
  return figures;
}

async function rate(logs: readonly ShardLog[], writers: number, events: number): Promise<number> {
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const log = logs[writer % logs.length];
      for (let n = 1; n <= events / writers; n++) await log?.append([eventOf(writer, n)]);
    }),
  );
  return events / ((performance.now() - startedMs) / 1_000);
}

function eventOf(writer: number, n: number): StoredEvent {
  const run = `bench-${writer}` as RunId;
  return { run, n, atMs: 0, event: { type: "stage.succeeded", stage: "stage" as StageId } };
}
