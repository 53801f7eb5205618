import type { Task, TaskStep } from "../bus/messages.ts";
import { SwarmError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { LIMITS, refuseOver } from "../core/limits.ts";
import { STEP_NAME, type Steps } from "../core/steps.ts";
import { BLOB_KEY, type Value } from "../core/value.ts";
import { type BlobCache, withoutServer } from "./blob-cache.ts";
import { withBlobs } from "./inputs.ts";
import type { RemoteBlobs } from "./remote-blobs.ts";
import type { Secrets } from "./secrets.ts";

export interface StepsOptions {
  readonly blobs: RemoteBlobs;
  readonly blobCache: BlobCache;
  /** No secret is recorded. */
  readonly secrets: Secrets;
  /** Resolves when it is stored. */
  readonly recordStep: (task: Task, step: TaskStep) => Promise<void>;
}

/** The steps of one attempt, which begins with those that earlier attempts recorded. */
export function openSteps(options: StepsOptions, task: Task): Steps {
  const { run, stage, index, attempt } = task;
  const known = new Map<string, Promise<Json>>();
  for (const { name, value } of task.steps ?? []) {
    const content = loaded(options, value);
    content.catch(() => {}); // whoever asks for it hears of it
    known.set(name, content);
  }

  async function done(name: string, work: () => Promise<Json>): Promise<Json> {
    const content = await work();
    const value = await stored(options, content);
    await options.recordStep(task, { run, stage, index, attempt, status: "step", name, value });
    return content;
  }

  return {
    async once<T extends Json>(name: string, work: () => Promise<T>): Promise<T> {
      if (!STEP_NAME.test(name)) {
        throw new SwarmError("internal", `${JSON.stringify(name)} cannot name a step`);
      }
      let content = known.get(name);
      if (content === undefined) {
        refuseOver("stepsPerTask", known.size + 1);
        content = done(name, work);
        known.set(name, content);
        content.catch(() => known.delete(name)); // what failed is not recorded, and may be tried again
      }
      return (await content) as T;
    },
  };
}

function loaded({ blobCache }: StepsOptions, value: Value): Promise<Json> {
  if ("value" in value) return Promise.resolve(value.value);
  return withBlobs({ [BLOB_KEY]: { ...value.blob, path: [] } }, blobCache);
}

async function stored({ blobs, secrets }: StepsOptions, content: Json): Promise<Value> {
  const { value } = secrets.scrubbed(content);
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) <= LIMITS.stepInlineBytes) return { value };
  try {
    return { blob: await blobs.put(Buffer.from(text)) };
  } catch (error) {
    throw withoutServer("store a step", error);
  }
}
