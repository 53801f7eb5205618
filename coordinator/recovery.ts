import type { Logger } from "pino";
import type { EventOf, StoredEvent } from "../core/events.ts";
import { isRunOutcome } from "../core/events.ts";
import type { RunId } from "../core/ids.ts";
import type { Plan } from "../core/plan.ts";
import { readHistory } from "../store/history.ts";
import type { LogTail } from "../store/log-reader.ts";
import { encodeEvent } from "../store/log-record.ts";
import type { OpenRuns } from "../store/open-runs.ts";
import type { LogAccess } from "../store/shard-log.ts";
import { mutedOrders, RunState } from "./run-state.ts";
import type { ShardOwner } from "./shard-owner.ts";

export interface RecoveryOptions {
  readonly access: LogAccess;
  readonly openRuns: OpenRuns;
  readonly logger: Logger;
  readonly loadPlan: (digest: string) => Promise<Plan>;
}

/**
 * Rebuilds the unfinished runs of a shard that was just taken: HISTORY and the tail of LOG, folded.
 * A run whose chain of events is broken is set aside and named; it holds up no other.
 * @returns the runs that go on, folded but not yet told to
 */
export async function recoverRuns(
  options: RecoveryOptions,
  owner: ShardOwner,
  tail: LogTail,
): Promise<readonly RunState[]> {
  const { openRuns, logger } = options;
  for (const damage of tail.damage) {
    logger.error(
      { event: "record.corrupt", shard: owner.shard, ...damage },
      "unreadable lines in LOG",
    );
  }
  const byRun = groupByRun(tail.events);
  const indexed = await openRuns.list(owner.shard);
  owner.archive?.adoptIndexed(indexed);
  for (const run of indexed) if (!byRun.has(run)) byRun.set(run, []);
  const recovered = await Promise.all(
    [...byRun].map(async ([run, events]) => {
      for (const stored of events) owner.archive?.adopt(stored, encodeEvent(stored));
      if (events.some((stored) => isRunOutcome(stored.event))) return undefined;
      return recoverRun(options, owner, run, events);
    }),
  );
  return recovered.filter((run) => run !== undefined);
}

async function recoverRun(
  options: RecoveryOptions,
  owner: ShardOwner,
  runId: RunId,
  tailEvents: readonly StoredEvent[],
): Promise<RunState | undefined> {
  const { access, logger, openRuns } = options;
  try {
    const events = await chain(access, owner.shard, runId, tailEvents);
    const last = events.at(-1);
    if (last === undefined || isRunOutcome(last.event)) {
      await openRuns.remove(owner.shard, runId);
      return undefined;
    }
    const created = events[0]?.event as EventOf<"run.started">;
    const run = new RunState(runId, await options.loadPlan(created.plan), created, mutedOrders);
    for (const stored of events) run.apply(stored);
    return run;
  } catch (error) {
    logger.error(
      { event: "run.quarantined", runId, err: error },
      "its record is broken; it is left as it is",
    );
    return undefined;
  }
}

/** The run's events from 1 to the last, each number once. @throws Error where a number is missing */
async function chain(
  access: LogAccess,
  shard: number,
  run: RunId,
  tailEvents: readonly StoredEvent[],
): Promise<readonly StoredEvent[]> {
  const needsHistory = tailEvents[0]?.n !== 1;
  const history = needsHistory ? (await readHistory(access, shard, run)).events : [];
  const byNumber = new Map<number, StoredEvent>();
  for (const stored of [...history, ...tailEvents]) byNumber.set(stored.n, stored);
  const events = [...byNumber.values()].sort((a, b) => a.n - b.n);
  for (const [index, stored] of events.entries()) {
    if (stored.n !== index + 1) throw new Error(`event ${index + 1} of run ${run} is missing`);
  }
  return events;
}

function groupByRun(events: readonly StoredEvent[]): Map<RunId, StoredEvent[]> {
  const byRun = new Map<RunId, StoredEvent[]>();
  for (const stored of events) {
    const known = byRun.get(stored.run);
    if (known === undefined) byRun.set(stored.run, [stored]);
    else known.push(stored);
  }
  return byRun;
}
