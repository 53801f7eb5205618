import pLimit from "p-limit";
import type { StoredEvent } from "../core/events.ts";
import type { RunId } from "../core/ids.ts";
import { archivedRuns, historyEnds, readHistory } from "../store/history.ts";
import { decodeEvent } from "../store/log-record.ts";
import type { RecentLines } from "../store/shard-archive.ts";
import type { LogAccess } from "../store/shard-log.ts";
import type { ShardOwner } from "./shard-owner.ts";

/** Reads of HISTORY at once: however many ask, the runs that are being carried out come first. */
const READS_AT_ONCE = 4;

/**
 * What is stored of runs. HISTORY is read only for what is not in memory, a few runs at a time, and once for all who
 * ask for the same run meanwhile.
 */
export class RunReader {
  readonly #access: LogAccess;
  readonly #atOnce = pLimit(READS_AT_ONCE);
  readonly #reading = new Map<RunId, Promise<readonly StoredEvent[]>>();

  constructor(access: LogAccess) {
    this.#access = access;
  }

  /** The stored events of a run after number `after`, in order; undefined when there is no such run. */
  async eventsAfter(
    owner: ShardOwner,
    run: RunId,
    after: number,
  ): Promise<readonly StoredEvent[] | undefined> {
    const recent = owner.archive?.recent(run);
    if (recent !== undefined && recent.first <= after + 1) return linesAfter(recent, after);
    const live = owner.runs.get(run);
    if (live !== undefined && live.n <= after) return [];
    const known = new Map((await this.#history(owner, run)).map((event) => [event.n, event]));
    for (const event of linesAfter(owner.archive?.recent(run), 0)) known.set(event.n, event);
    if (known.size === 0) return live === undefined ? undefined : [];
    return [...known.values()].sort((a, b) => a.n - b.n).filter((event) => event.n > after);
  }

  /** The ids of runs that are known here, the newest first. @param before only older ones */
  async list(
    owner: ShardOwner,
    { most, before }: { readonly most: number; readonly before?: RunId },
  ): Promise<readonly RunId[]> {
    const archived = await archivedRuns(this.#access, owner.shard);
    const recent = owner.archive?.recentRuns() ?? [];
    const runs = [...new Set([...archived, ...recent, ...owner.runs.keys()])];
    // Ids begin with the time, so they sort by age.
    return runs
      .filter((run) => before === undefined || run < before)
      .sort((a, b) => (a < b ? 1 : -1))
      .slice(0, most);
  }

  /** The first and the last event of a run; undefined when there is no such run. */
  async ends(owner: ShardOwner, run: RunId): Promise<readonly StoredEvent[] | undefined> {
    const isLive = owner.runs.has(run) || owner.archive?.recent(run) !== undefined;
    const stored = isLive ? undefined : await historyEnds(this.#access, owner.shard, run);
    if (stored !== undefined) return stored;
    const events = await this.eventsAfter(owner, run, 0);
    if (events === undefined) return undefined;
    const [first] = events;
    const last = events.at(-1);
    if (first === undefined || last === undefined) return [];
    return first === last ? [first] : [first, last];
  }

  async has(owner: ShardOwner, run: RunId): Promise<boolean> {
    return owner.runs.has(run) || (await this.eventsAfter(owner, run, 0)) !== undefined;
  }

  /** What HISTORY has of a run and, before that is read, the memory: what moves from here to there is in either. */
  #history(owner: ShardOwner, run: RunId): Promise<readonly StoredEvent[]> {
    const known = this.#reading.get(run);
    if (known !== undefined) return known;
    const recent = linesAfter(owner.archive?.recent(run), 0);
    const reading = this.#atOnce(async () => {
      const { events } = await readHistory(this.#access, owner.shard, run);
      return [...events, ...recent];
    });
    this.#reading.set(run, reading);
    const forget = (): void => void this.#reading.delete(run);
    reading.then(forget, forget);
    return reading;
  }
}

function linesAfter(recent: RecentLines | undefined, after: number): readonly StoredEvent[] {
  if (recent === undefined) return [];
  const events = recent.lines.slice(Math.max(0, after + 1 - recent.first)).map(decodeEvent);
  return events.filter((event) => event !== undefined);
}
