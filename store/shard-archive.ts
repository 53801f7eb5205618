import pLimit from "p-limit";
import type { Clock } from "../core/clock.ts";
import { isRunOutcome, type StoredEvent } from "../core/events.ts";
import type { RunId } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import { writeHistory } from "./history.ts";
import { type LogTail, readLog } from "./log-reader.ts";
import type { LogTrim } from "./log-trim.ts";
import type { OpenRun, OpenRuns } from "./open-runs.ts";
import type { LogAccess, ShardLog } from "./shard-log.ts";

/** When HISTORY takes events over, beside the end of a run. */
export const ARCHIVE_TIMES = {
  /** A run with this many events since its last part gets one. */
  eventsPerPart: 200,
  /** Length of a round: at its end a shard is checkpointed up to where LOG stood when it began, when LOG grew. */
  roundMs: 2_500,
} as const;

/**
 * Moves a shard's events from LOG to HISTORY, behind the hot path, and lets LOG forget what HISTORY holds.
 * It never loses: LOG is released only up to a point before which every event is in HISTORY
 * and every unfinished run is in the open-run index. That point lies a round back, so a run that ends within a round
 * costs one part of HISTORY and no entry of the index.
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
  /** Those runs of which that is so. */
  recentRuns(): readonly RunId[];
  /** Writes everything that was handed over, and releases it. */
  checkpoint(): Promise<void>;
  /** Ends the timer; waits for what is being written. */
  close(): Promise<void>;
}

export interface ArchiveOptions {
  readonly access: LogAccess;
  readonly clock: Clock;
  readonly log: ShardLog;
  readonly openRuns: OpenRuns;
  readonly trim: LogTrim;
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
  /** Number of the round in which the run came up. */
  readonly since: number;
  /** Number of the round in which the oldest of the lines came. */
  oldest: number;
}

/** What a new owner finds in LOG comes before the first round. */
const FOUND = 0;

/** A stretch of time between two checkpoints. */
interface Round {
  readonly number: number;
  /** What LOG has before this sequence was handed over before the round began, and nothing else was. */
  readonly from: number;
}

/** Requests of a shard's checkpoint that are under way at once: the hot path's own wait behind them. */
const CHECKPOINT_REQUESTS = 8;

export function openShardArchive(options: ArchiveOptions): ShardArchive {
  const { access, clock, log } = options;
  const recent = new Map<RunId, Recent>();
  /** Points of LOG that may be released, each at its time. */
  const releasable: { readonly sequence: number; readonly atMs: number }[] = [];
  /** Runs in the open-run index, and what it says of each, as far as we wrote it. */
  const indexed = new Map<RunId, string>();
  const writing = new Map<RunId, Promise<void>>();
  /** Sequence of the record whose lines were handed over last; those of all records before it were, too. */
  let handedOver = log.lastSequence;
  let round: Round = { number: FOUND + 1, from: handedOver };
  /** Sequence of the last checkpoint. */
  let covered = 0;
  /** Whether the last record of LOG, which it never forgets, has events: such as the OWNER record has none. */
  let lastHasEvents = false;
  let closed = false;
  let checkpointing: Promise<void> | undefined;
  let cancelTimer = clock.schedule(ARCHIVE_TIMES.roundMs, onTimer);

  function add(stored: StoredEvent, line: string): void {
    handedOver = log.lastSequence;
    lastHasEvents = true;
    const entry = keep(stored, line, round.number);
    const full =
      entry.lines.length >= ARCHIVE_TIMES.eventsPerPart || entry.bytes >= LIMITS.messageBatchBytes;
    const ended = isRunOutcome(stored.event);
    if (ended || full) write(stored.run, ended).catch(options.onError);
  }

  function keep(stored: StoredEvent, line: string, number: number): Recent {
    let entry = recent.get(stored.run);
    if (entry === undefined) {
      entry = { first: stored.n, lines: [], bytes: 0, since: number, oldest: number };
      recent.set(stored.run, entry);
    }
    if (entry.lines.length === 0) entry.oldest = number;
    entry.lines.push(line);
    entry.bytes += line.length;
    return entry;
  }

  /** Writes the run's lines so far; those that come meanwhile wait for the next part. */
  function write(run: RunId, ended: boolean): Promise<void> {
    const before = writing.get(run) ?? Promise.resolve();
    const settled = before.catch(() => {}); // whoever asked for that part hears of its failure
    const next = settled.then(() => writeOnce(run, ended));
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

  /** Brings into HISTORY and the index whatever was handed over before `to` began. */
  async function checkpointOnce(to: Round): Promise<void> {
    const atOnce = pLimit(CHECKPOINT_REQUESTS);
    const due = [...recent].filter(([, entry]) => entry.since < to.number);
    await atOnce.map(due, async ([run, entry]) => {
      const state = options.openRunOf(run);
      if (state !== undefined) await index(run, state);
      if (entry.oldest < to.number) await write(run, state === undefined);
    });
    await options.openRuns.putCheckpoint(log.shard, {
      sequence: to.from,
      server: serverOf(access),
    });
    covered = to.from;
    releasable.push({ sequence: to.from, atMs: clock.monotonicMs() + options.purgeDelayMs });
    release();
  }

  /** Begins the next round, and answers it. */
  function nextRound(): Round {
    round = { number: round.number + 1, from: handedOver };
    return round;
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

  function release(): void {
    let sequence = 0;
    while (releasable[0] !== undefined && releasable[0].atMs <= clock.monotonicMs()) {
      sequence = releasable.shift()?.sequence ?? sequence;
    }
    if (sequence > 0 && !closed) options.trim.release(log.shard, sequence);
  }

  /**
   * An empty record takes the place of a last one that LOG must not forget: so LOG forgets a shard's finished runs also when
   * nothing happens any more, and they may be collected.
   */
  async function moveUp(): Promise<void> {
    await log.appendLines([]);
    handedOver = log.lastSequence;
    lastHasEvents = false;
  }

  function checkpoint(to: Round): Promise<void> {
    checkpointing ??= checkpointOnce(to).finally(() => {
      checkpointing = undefined;
    });
    return checkpointing;
  }

  function onTimer(): void {
    if (closed) return;
    onRound()
      .catch(options.onError)
      .finally(() => {
        if (!closed) cancelTimer = clock.schedule(ARCHIVE_TIMES.roundMs, onTimer);
      });
  }

  async function onRound(): Promise<void> {
    const ended = round;
    const isIdle = nextRound().from === ended.from;
    if (ended.from > covered) await checkpoint(ended);
    else release();
    const keepsEvents = lastHasEvents && covered === handedOver;
    if (isIdle && (keepsEvents || options.trim.isBehind(log.lastSequence))) await moveUp();
  }

  return {
    add,
    adopt: (stored, line) => void keep(stored, line, FOUND),
    adoptIndexed(runs) {
      for (const run of runs) indexed.set(run, "");
    },
    recent: (run) => recent.get(run),
    recentRuns: () => [...recent.keys()],
    async checkpoint() {
      await checkpointing?.catch(() => {}); // it covers less, and has told of its failure
      await checkpoint(nextRound());
    },
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
  return readLog(access, shard, await tailSequence(access, openRuns, shard));
}

/** Where what a new owner reads of a shard's LOG begins. */
export async function tailSequence(
  access: Pick<LogAccess, "connection">,
  openRuns: OpenRuns,
  shard: number,
): Promise<number> {
  const checkpoint = await openRuns.checkpoint(shard);
  const isTrusted = checkpoint?.server === serverOf(access);
  return isTrusted ? checkpoint.sequence : 1;
}

function serverOf({ connection }: Pick<LogAccess, "connection">): string {
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
