import pLimit from "p-limit";
import type { Clock } from "../core/clock.ts";
import { isRunOutcome, type StoredEvent } from "../core/events.ts";
import type { RunId } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import { writeHistory } from "./history.ts";
import { type LogTail, readLog } from "./log-reader.ts";
import type { OpenRun, OpenRuns } from "./open-runs.ts";
import type { LogAccess, ShardLog } from "./shard-log.ts";

/** When HISTORY takes events over, beside the end of a run. */
export const ARCHIVE_TIMES = {
  /** A run with this many events since its last part gets one. */
  eventsPerPart: 200,
  /** A shard is checkpointed this long after the last checkpoint, when LOG grew. */
  checkpointMs: 5_000,
} as const;

/**
 * Moves a shard's events from LOG to HISTORY, behind the hot path, and lets LOG forget what HISTORY holds.
 * It never loses: LOG is purged only up to a point before which every event is in HISTORY
 * and every unfinished run is in the open-run index.
 */
export interface ShardArchive {
  /** Hands over what was just appended. `line` is the event as LOG has it. */
  add(stored: StoredEvent, line: string): void;
  /** The same for what a new owner found in LOG: HISTORY may have it already, and gets it with the next checkpoint. */
  adopt(stored: StoredEvent, line: string): void;
  /** Says that the open-run index has these runs, as a new owner found it. */
  adoptIndexed(runs: readonly RunId[]): void;
  /** Lines of a run that HISTORY may not have yet; undefined when it has all of them. */
  recent(run: RunId): RecentLines | undefined;
  /** Writes everything, then purges LOG. */
  checkpoint(): Promise<void>;
  /** Ends the timer; waits for what is being written. */
  close(): Promise<void>;
}

export interface ArchiveOptions {
  readonly access: LogAccess;
  readonly clock: Clock;
  readonly log: ShardLog;
  readonly openRuns: OpenRuns;
  /** What the index says of an unfinished run; undefined when the shard does not hold it any more. */
  readonly openRunOf: (run: RunId) => OpenRun | undefined;
  /**
   * How long HISTORY must have held an event before LOG may forget it: 0 when the server syncs every write,
   * else twice its sync interval.
   */
  readonly purgeDelayMs: number;
  readonly onError: (error: unknown) => void;
}

/** Consecutive lines of a run, the first of which is event number `first`. */
export interface RecentLines {
  readonly first: number;
  readonly lines: readonly string[];
}

interface Recent extends RecentLines {
  first: number;
  lines: string[];
  bytes: number;
}

/** Requests of a shard's checkpoint that are under way at once: the hot path's own wait behind them. */
const CHECKPOINT_REQUESTS = 8;

export function openShardArchive(options: ArchiveOptions): ShardArchive {
  const { access, clock, log } = options;
  const recent = new Map<RunId, Recent>();
  /** Points of LOG that may be purged, each at its time. */
  const purgeable: { readonly sequence: number; readonly atMs: number }[] = [];
  /** Runs in the open-run index, and what it says of each, as far as we wrote it. */
  const indexed = new Map<RunId, string>();
  const writing = new Map<RunId, Promise<void>>();
  let grown = false;
  let closed = false;
  let checkpointing: Promise<void> | undefined;
  let cancelTimer = clock.schedule(ARCHIVE_TIMES.checkpointMs, onTimer);

  function add(stored: StoredEvent, line: string): void {
    const entry = adopt(stored, line);
    const full =
      entry.lines.length >= ARCHIVE_TIMES.eventsPerPart || entry.bytes >= LIMITS.messageBatchBytes;
    const ended = isRunOutcome(stored.event);
    if (ended || full) write(stored.run, ended).catch(options.onError);
  }

  function adopt(stored: StoredEvent, line: string): Recent {
    grown = true;
    let entry = recent.get(stored.run);
    if (entry === undefined) {
      entry = { first: stored.n, lines: [], bytes: 0 };
      recent.set(stored.run, entry);
    }
    entry.lines.push(line);
    entry.bytes += line.length;
    return entry;
  }

  /** Writes the run's lines so far; those that come meanwhile wait for the next part. */
  function write(run: RunId, ended: boolean): Promise<void> {
    const before = writing.get(run) ?? Promise.resolve();
    const next = before.catch(() => {}).then(() => writeOnce(run, ended));
    writing.set(run, next);
    const forget = (): void => {
      if (writing.get(run) === next) writing.delete(run);
    };
    next.then(forget, forget);
    return next;
  }

  async function writeOnce(run: RunId, ended: boolean): Promise<void> {
    const entry = recent.get(run);
    if (entry === undefined) return;
    const taken = takePart(entry);
    if (taken.length === 0) return;
    await writeHistory(access, log.shard, { run, first: entry.first, lines: taken });
    entry.first += taken.length;
    entry.lines.splice(0, taken.length);
    entry.bytes = entry.lines.reduce((sum, line) => sum + line.length, 0);
    if (entry.lines.length > 0) return writeOnce(run, ended);
    if (ended) {
      recent.delete(run);
      if (indexed.delete(run)) await options.openRuns.remove(log.shard, run);
    }
  }

  async function checkpointOnce(): Promise<void> {
    const sequence = log.lastSequence;
    grown = false;
    try {
      const atOnce = pLimit(CHECKPOINT_REQUESTS);
      await atOnce.map(recent.keys(), async (run) => {
        const state = options.openRunOf(run);
        if (state !== undefined) await index(run, state);
        await write(run, state === undefined);
      });
    } catch (error) {
      grown = true; // what is left is for the next one
      throw error;
    }
    await options.openRuns.putCheckpoint(log.shard, { sequence, server: serverOf(access) });
    purgeable.push({ sequence, atMs: clock.monotonicMs() + options.purgeDelayMs });
    await purge();
  }

  async function index(run: RunId, state: OpenRun): Promise<void> {
    const text = JSON.stringify(state);
    const known = indexed.get(run);
    if (known === text) return;
    indexed.set(run, text); // before it is written: should the run end meanwhile, the entry goes after it
    try {
      await options.openRuns.put(log.shard, run, state);
    } catch (error) {
      indexed.set(run, known ?? "");
      throw error;
    }
  }

  async function purge(): Promise<void> {
    let sequence = 0;
    while (purgeable[0] !== undefined && purgeable[0].atMs <= clock.monotonicMs()) {
      sequence = purgeable.shift()?.sequence ?? sequence;
    }
    if (sequence > 0) await log.purgeBefore(sequence);
  }

  function checkpoint(): Promise<void> {
    checkpointing ??= checkpointOnce().finally(() => {
      checkpointing = undefined;
    });
    return checkpointing;
  }

  function onTimer(): void {
    if (closed) return;
    const work = grown ? checkpoint() : purge();
    work.catch(options.onError).finally(() => {
      if (!closed) cancelTimer = clock.schedule(ARCHIVE_TIMES.checkpointMs, onTimer);
    });
  }

  return {
    add,
    adopt: (stored, line) => void adopt(stored, line),
    adoptIndexed(runs) {
      for (const run of runs) indexed.set(run, "");
    },
    recent: (run) => recent.get(run),
    checkpoint,
    async close() {
      closed = true;
      cancelTimer();
      await Promise.allSettled([checkpointing, ...writing.values()]);
    },
  };
}

/**
 * What LOG holds of a shard that HISTORY and the open-run index may not have: all of it after a restart of the server,
 * else what came since the last checkpoint.
 */
export async function readTail(
  access: LogAccess,
  openRuns: OpenRuns,
  shard: number,
): Promise<LogTail> {
  const checkpoint = await openRuns.checkpoint(shard);
  const isTrusted = checkpoint?.server === serverOf(access);
  return readLog(access, shard, isTrusted ? checkpoint.sequence : 1);
}

function serverOf({ connection }: LogAccess): string {
  return connection.info?.server_id ?? "";
}

/** As many lines as fit one message, from the oldest. */
function takePart(entry: Recent): readonly string[] {
  let bytes = 0;
  let count = 0;
  for (const line of entry.lines) {
    bytes += Buffer.byteLength(line) + 1;
    if (count > 0 && bytes > LIMITS.messageBatchBytes) break;
    count += 1;
  }
  return entry.lines.slice(0, count);
}
