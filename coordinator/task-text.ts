import type { JsonObject } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { ModelWish } from "../core/model.ts";
import type { PlanStage } from "../core/plan.ts";
import { BLOB_KEY, type BlobRef } from "../core/value.ts";
import type { Blobs } from "../store/blobs.ts";
import { nameOf, type PreparedTask } from "./dispatcher.ts";
import { skillCallOf } from "./task-queue.ts";

/**
 * The JSON of a `Task` message (`bus/messages.ts`). Inputs over the inline limit become an object that the
 * agent loads; then the text is there only when that is stored.
 */
export function taskText(
  prepared: PreparedTask,
  epoch: number,
  blobs: Blobs,
): string | Promise<string> {
  const inputs = JSON.stringify(prepared.inputs);
  if (inputs.length <= LIMITS.inlineValueBytes) return textWith(prepared, epoch, inputs);
  return blobs
    .put(Buffer.from(inputs))
    .then((ref) => textWith(prepared, epoch, JSON.stringify(pointerTo(ref))));
}

function textWith(prepared: PreparedTask, epoch: number, inputs: string): string {
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
    ...(team === undefined ? {} : { team }),
    ...(steps.length === 0 ? {} : { steps: steps.map(({ name, value }) => ({ name, value })) }),
  });
  return `${rest.slice(0, -1)},"inputs":${inputs}}`;
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
