import { join } from "node:path";
import { errorRecord, type Task } from "../bus/messages.ts";
import type { Clock } from "../core/clock.ts";
import { type ErrorRecord, SwarmError, toErrorRecord } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import type { BlobRef, Value } from "../core/value.ts";
import type { Execution } from "../machines/stage-worker.ts";
import { type BlobCache, withoutServer } from "./blob-cache.ts";
import { type CheckedOutput, pickedOutput, withBlobs } from "./inputs.ts";
import type { PeerTalk } from "./peer-talk.ts";
import type { RemoteBlobs } from "./remote-blobs.ts";
import type { Secrets } from "./secrets.ts";
import type { ContextData } from "./skill-context.ts";
import { runSkill, type SkillRunOptions } from "./skill-run.ts";
import { openSteps, type StepsOptions } from "./steps.ts";
import type { TaskBudgets } from "./task-budget.ts";
import type { TaskMemories } from "./task-memory.ts";
import type { LogBindings } from "./worker-messages.ts";

export interface ExecutionOptions extends SkillRunOptions, StepsOptions {
  readonly agentId: AgentId;
  readonly blobs: RemoteBlobs;
  readonly blobCache: BlobCache;
  readonly taskMemories: TaskMemories;
  readonly peerTalk: PeerTalk;
  readonly taskBudgets: TaskBudgets;
  readonly clock: Clock;
  /** Where skills keep results; undefined: nowhere. */
  readonly cacheFolder: string | undefined;
  readonly secrets: Secrets;
}

/**
 * Runs one attempt: loads and checks the inputs, runs the skill, checks the output. Never rejects.
 * @param controller aborted by whoever cancels the task, and here when its time is over
 */
export async function executeTask(
  options: ExecutionOptions,
  task: Task,
  controller: AbortController,
): Promise<Execution> {
  const startedMs = options.clock.monotonicMs();
  const elapsedMs = (): number => options.clock.monotonicMs() - startedMs;
  try {
    const made = await withTimeout(options.clock, task, controller, () =>
      outputOf(options, task, controller.signal),
    );
    return { status: "succeeded", ...made, durationMs: elapsedMs() };
  } catch (error) {
    return { status: "failed", error: outcomeOf(error, options.secrets), durationMs: elapsedMs() };
  }
}

async function outputOf(
  options: ExecutionOptions,
  task: Task,
  signal: AbortSignal,
): Promise<{ readonly output: Value; readonly scrubbed?: readonly string[] }> {
  const given = await withBlobs(task.inputs, options.blobCache);
  const { inputs, values } = await options.secrets.putInto(given);
  const context = {
    ...contextOf(options, task),
    ...(values.length === 0 ? {} : { secrets: values }),
  };
  const { skill, digest } = task;
  const budget = options.taskBudgets.of(task, signal);
  const order = {
    ...{ skill, digest, inputs, context },
    bindings: bindingsOf(task, options.agentId),
    steps: openSteps(options, task),
    askMemory: options.taskMemories.of(task, signal),
    askPeers: options.peerTalk.of(task),
    ...(budget === undefined ? {} : { budget }),
  };
  const output = withoutSecrets(
    options.secrets,
    pickedOutput(await runSkill(options, order, signal), task.outputs),
  );
  if (output.scrubbed !== undefined) {
    const { logger } = options;
    logger.warn({ event: "output.scrubbed", ...order.bindings, at: output.scrubbed });
  }
  const stored = await storedOutput(options, output);
  return output.scrubbed === undefined
    ? { output: stored }
    : { output: stored, scrubbed: output.scrubbed };
}

/** At most so many places are told; a file of secrets that was printed would have thousands. */
const PLACES_TOLD = 20;

/** Where a skill answers what it must not, the result says so and the run goes on: an echo of a header is no failure. */
function withoutSecrets(
  secrets: Secrets,
  output: CheckedOutput,
): CheckedOutput & { readonly scrubbed?: readonly string[] } {
  if (secrets.scrub(output.text) === output.text) return output;
  const { value, at } = secrets.scrubbed(output.value);
  return { value, text: JSON.stringify(value), scrubbed: at.slice(0, PLACES_TOLD) };
}

async function storedOutput(
  options: ExecutionOptions,
  { value, text }: CheckedOutput,
): Promise<Value> {
  if (Buffer.byteLength(text) <= LIMITS.inlineValueBytes) return { value };
  return { blob: await storedBlob(options.blobs, text) };
}

async function storedBlob(blobs: RemoteBlobs, text: string): Promise<BlobRef> {
  try {
    return await blobs.put(Buffer.from(text));
  } catch (error) {
    throw withoutServer("store the output", error);
  }
}

/** The record of a failure, in the form and within the limits that every reader accepts, whatever a skill threw. */
function outcomeOf(error: unknown, secrets: Secrets): ErrorRecord {
  const thrown = toErrorRecord(error);
  const said = (text: unknown): string => shortened(secrets.scrub(String(text)));
  const message = said(thrown.message);
  const hint = thrown.hint === undefined ? {} : { hint: said(thrown.hint) };
  const parsed = errorRecord.safeParse({ ...thrown, message, ...hint });
  return parsed.success ? parsed.data : { code: "skill-failed", message, disposition: "retry" };
}

/** Counted in UTF-16 units, of which each is at least one byte. */
function shortened(text: string): string {
  return text.slice(0, LIMITS.errorMessageBytes).toWellFormed();
}

/** Aborts when the task's time is over; does not wait for work that ignores it. */
export async function withTimeout<Result>(
  clock: Clock,
  { skill, timeoutMs }: { readonly skill: string; readonly timeoutMs: number },
  controller: AbortController,
  work: () => Promise<Result>,
): Promise<Result> {
  const { signal } = controller;
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  const cancelTimer = clock.schedule(timeoutMs, () =>
    controller.abort(
      new SwarmError("task-timeout", `${skill} took longer than ${timeoutMs} ms`, {
        disposition: "retry",
      }),
    ),
  );
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const working = work();
    working.catch(() => {}); // after a stop nobody waits for it any more
    return await Promise.race([working, stopped]);
  } finally {
    cancelTimer();
    signal.removeEventListener("abort", onAbort);
  }
}

function contextOf({ agentId, cacheFolder }: ExecutionOptions, task: Task): ContextData {
  const { run, stage, index, attempt, cascade, directory, models } = task;
  return {
    run: { runId: run, cascade, stageId: stage, index },
    attempt,
    agentId,
    directory,
    runFolder: join(directory, ".cascade", "runs", run),
    cacheFolder,
    ...(models === undefined ? {} : { wish: models }),
  };
}

/** The fields that each log line about a task carries. @param agentId of the agent that runs it */
export function bindingsOf(task: Task, agentId: AgentId): LogBindings {
  const { run, stage, index, attempt } = task;
  return { runId: run, stageId: stage, taskId: `${run}/${stage}/${index}`, agentId, attempt };
}
