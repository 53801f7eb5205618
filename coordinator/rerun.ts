import type { PublishedEvent } from "../bus/messages.ts";
import { SwarmError } from "../core/errors.ts";
import type { EventOf, RunEvent, StoredEvent } from "../core/events.ts";
import type { RunId, StageId } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import type { Plan } from "../core/plan.ts";
import { didYouMean } from "../language/nearest.ts";
import { mutedOrders, RunState } from "./run-state.ts";

/** What a rerun knows as decided from its beginning. */
export type Reused = EventOf<"stage.reused"> | EventOf<"stage.skipped">;

/** An event as it was published is the one that was stored. */
export function storedEvent({ run, n, atMs, type, data }: PublishedEvent): StoredEvent {
  return { run, n, atMs, event: { type, ...data } as unknown as RunEvent };
}

/**
 * The stages of an earlier run that its rerun takes over: those that succeeded or were skipped, do not come after one that is done
 * again, and are not among the last. Pure.
 * @param from stages that are done again; default: those that did not succeed
 * @throws SwarmError `invalid-job` for an unknown stage, and when nothing would be left to do
 */
export function reusedStages(
  plan: Plan,
  events: readonly StoredEvent[],
  from?: readonly StageId[],
): readonly Reused[] {
  const former = folded(plan, events);
  const again = new Set(from?.map((stage) => positionOf(former, stage)) ?? undone(former));
  if (again.size === 0) {
    throw new SwarmError("invalid-job", `every stage of ${former.runId} succeeded`, {
      hint: "name the stage to begin again from",
      location: { pointer: "/rerun/from" },
    });
  }
  const reused: Reused[] = [];
  for (const [index, stage] of plan.stages.entries()) {
    const isBehind = stage.needs.some((need) => again.has(need));
    const entry = isBehind || stage.isFinal === true ? undefined : reusable(former, index);
    if (again.has(index) || entry === undefined) again.add(index);
    else reused.push(entry);
  }
  return reused;
}

function folded(plan: Plan, events: readonly StoredEvent[]): RunState {
  const [first] = events;
  if (first?.event.type !== "run.started") throw new Error("a run that was never started");
  const run = new RunState(first.run, plan, first.event, mutedOrders);
  for (const stored of events) run.apply(stored);
  return run;
}

function positionOf(former: RunState, stage: StageId): number {
  const index = former.positionOf(stage);
  if (index !== undefined) return index;
  const known = former.plan.stages.map(({ id }) => id);
  throw new SwarmError("invalid-job", `${former.plan.cascade} has no stage ${stage}`, {
    hint: didYouMean(stage, known),
    location: { pointer: "/rerun/from" },
  });
}

function undone(former: RunState): readonly number[] {
  return former.plan.stages.flatMap((stage, index) => {
    const outcome = former.outcome(index);
    return stage.isFinal === true || outcome === "succeeded" || outcome === "skipped"
      ? []
      : [index];
  });
}

/** Undefined when the stage is done again. What is too large for one event of the log is. */
function reusable(former: RunState, index: number): Reused | undefined {
  const { id: stage } = former.stage(index);
  const outcome = former.outcome(index);
  if (outcome === "skipped") return { type: "stage.skipped", stage, why: "reused" };
  const outputs = former.outputs(index);
  if (outcome !== "succeeded" || outputs === undefined) return undefined;
  if (Buffer.byteLength(JSON.stringify(outputs)) > LIMITS.messageBatchBytes) return undefined;
  const from: RunId = former.runId;
  return { type: "stage.reused", stage, from, outputs };
}
