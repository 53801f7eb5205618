import type { StageId } from "../core/ids.ts";
import type { JsonObject } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { ModelWish } from "../core/model.ts";
import type { PlanStage } from "../core/plan.ts";
import { BLOB_KEY, type BlobRef } from "../core/value.ts";
import type { Blobs } from "../store/blobs.ts";
import { nameOf, type PreparedTask } from "./dispatcher.ts";
import type { RunState } from "./run-state.ts";
import { skillCallOf } from "./task-queue.ts";

/**
 * The JSON of a `Task` message (`bus/messages.ts`). Inputs over the inline limit become an object that the
 * agent loads; then the text is there only when that is stored.
 */
export function taskText(
  prepared: PreparedTask,
  epoch: number,
  { blobs, hasDayBudget }: { readonly blobs: Blobs; readonly hasDayBudget: boolean },
): string | Promise<string> {
  const inputs = JSON.stringify(prepared.inputs);
  if (inputs.length <= LIMITS.inlineValueBytes)
    return textWith(prepared, epoch, inputs, hasDayBudget);
  return blobs
    .put(Buffer.from(inputs))
    .then((ref) => textWith(prepared, epoch, JSON.stringify(pointerTo(ref)), hasDayBudget));
}

function textWith(
  prepared: PreparedTask,
  epoch: number,
  inputs: string,
  hasDayBudget: boolean,
): string {
  const { task, team } = prepared;
  const stage = task.run.stage(task.stage);
  const steps = task.run.steps(task.stage, task.index);
  const { skill, digest, lane, outputs } = skillCallOf(task);
  const rest = JSON.stringify({
    ...nameOf(task),
    shard: task.run.shard,
    epoch,
    cascade: task.run.plan.cascade,
    skill,
    ...(digest === undefined ? {} : { digest }),
    lane,
    ...(outputs === undefined ? {} : { outputs }),
    timeoutMs: stage.timeoutMs,
    directory: task.run.created.directory,
    ...modelsOf(stage),
    ...(hasDayBudget || limitsCalls(task.run, stage.id) ? { budgeted: true } : {}),
    ...(team === undefined ? {} : { team }),
    ...(steps.length === 0 ? {} : { steps: steps.map(({ name, value }) => ({ name, value })) }),
  });
  return `${rest.slice(0, -1)},"inputs":${inputs}}`;
}

/** A budget of time alone says nothing of single calls. */
function limitsCalls({ budget }: RunState, stage: StageId): boolean {
  return budget.of(stage).some((at) => {
    const { usd, tokens, calls } = budget.limit(at)?.limit ?? {};
    return usd !== undefined || tokens !== undefined || calls !== undefined;
  });
}

function modelsOf({ model, features, mayLeaveModelRoute }: PlanStage): {
  readonly models?: ModelWish;
} {
  const wish: ModelWish = {
    ...(model === undefined ? {} : { model }),
    ...(features === undefined ? {} : { features }),
    ...(mayLeaveModelRoute === true ? { mayLeaveRoute: true } : {}),
  };
  return Object.keys(wish).length === 0 ? {} : { models: wish };
}

function pointerTo(ref: BlobRef): JsonObject {
  return { [BLOB_KEY]: { ...ref, path: [] } };
}
