import type { AttemptState, RunFold } from "./run-fold.ts";

/** What a row of the timeline stands for. */
export type TimelineGrouping = "agent" | "stage";

export interface TimelineRow {
  readonly name: string;
  readonly bars: readonly TimelineBar[];
}

/** One attempt, or several that are too short to be told apart. Times are epoch milliseconds. */
export interface TimelineBar {
  readonly status: AttemptState["status"];
  /** When it could have begun: the wait until `startMs` was for an agent. */
  readonly readyMs: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attempts: readonly AttemptState[];
}

export interface Timeline {
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: readonly TimelineRow[];
  /** Rows that are not shown. */
  readonly hiddenRows: number;
}

const MOST_ROWS = 120;
/** Bars nearer to each other than this share of the time shown are drawn as one. */
const SHORTEST_SHARE = 1 / 1_000;
/** What no agent took: it was lost, or is still offered. */
const NOBODY = "no agent yet";

/** The attempts of a run in time. Pure. @param nowMs the end of what is under way */
export function timelineOf(fold: RunFold, grouping: TimelineGrouping, nowMs: number): Timeline {
  const fromMs = fold.startedMs;
  const toMs = Math.max(fold.endedMs ?? nowMs, fromMs + 1);
  const rows = new Map<string, TimelineBar[]>();
  for (const stage of fold.stages.values()) {
    const readyMs = new Map<number, number>();
    for (const attempt of stage.attempts) {
      const name = grouping === "stage" ? stage.id : (attempt.agent ?? NOBODY);
      const bar = barOf(attempt, {
        readyMs: readyMs.get(attempt.index) ?? stage.startedMs ?? attempt.offeredMs,
        toMs,
      });
      readyMs.set(attempt.index, attempt.retryAtMs ?? bar.endMs);
      const row = rows.get(name);
      if (row === undefined) rows.set(name, [bar]);
      else row.push(bar);
    }
  }
  const named = [...rows].map(([name, bars]) => ({
    name,
    bars: merged(bars, (toMs - fromMs) * SHORTEST_SHARE),
  }));
  if (grouping === "agent") named.sort((a, b) => byName(a.name, b.name));
  return {
    fromMs,
    toMs,
    rows: named.slice(0, MOST_ROWS),
    hiddenRows: Math.max(0, named.length - MOST_ROWS),
  };
}

function barOf(
  attempt: AttemptState,
  { readyMs, toMs }: { readonly readyMs: number; readonly toMs: number },
): TimelineBar {
  const startMs = attempt.startedMs ?? attempt.offeredMs;
  return {
    status: attempt.status,
    readyMs: Math.min(readyMs, startMs),
    startMs,
    endMs: Math.max(startMs, attempt.endedMs ?? toMs),
    attempts: [attempt],
  };
}

function merged(bars: readonly TimelineBar[], shortestMs: number): readonly TimelineBar[] {
  const result: TimelineBar[] = [];
  for (const bar of [...bars].sort((a, b) => a.startMs - b.startMs)) {
    const last = result.at(-1);
    const isShort = bar.endMs - bar.startMs < shortestMs;
    const isNear = last !== undefined && bar.startMs - last.endMs < shortestMs;
    if (last !== undefined && isShort && isNear && last.status === bar.status) {
      result[result.length - 1] = {
        ...last,
        endMs: Math.max(last.endMs, bar.endMs),
        attempts: [...last.attempts, ...bar.attempts],
      };
    } else result.push(bar);
  }
  return result;
}

function byName(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/** Bars that overlap stand under each other: the lane of each, and how many there are. Pure. */
export function lanesOf(bars: readonly TimelineBar[]): {
  readonly lanes: readonly number[];
  readonly count: number;
} {
  const ends: number[] = [];
  const lanes = bars.map(({ readyMs, startMs, endMs }) => {
    const begin = Math.min(readyMs, startMs);
    const free = ends.findIndex((end) => end <= begin);
    const lane = free === -1 ? ends.length : free;
    ends[lane] = endMs;
    return lane;
  });
  return { lanes, count: Math.max(1, ends.length) };
}

/** Moments to name on the axis: round ones, some six of them. Pure. */
export function ticksOf(spanMs: number): readonly number[] {
  const rough = spanMs / 6;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? rough;
  const ticks: number[] = [];
  for (let at = 0; at <= spanMs; at += step) ticks.push(at);
  return ticks;
}
