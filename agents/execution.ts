import { join } from "node:path";
import type { Logger } from "pino";
import { errorRecord, type Task } from "../bus/messages.ts";
import type { Clock } from "../core/clock.ts";
import { type ErrorRecord, SwarmError, toErrorRecord } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import type { JsonObject } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { SkillCatalog, SkillManifest } from "../core/skill.ts";
import type { BlobRef, Value } from "../core/value.ts";
import type { Execution } from "../machines/stage-worker.ts";
import type { Blobs } from "../store/blobs.ts";
import { type BlobCache, withoutServer } from "./blob-cache.ts";
import { checkedInputs, checkedOutput, withBlobs } from "./inputs.ts";
import { type ContextData, openSkillContext } from "./skill-context.ts";
import { loadSkill } from "./skill-loader.ts";
import type { LogBindings } from "./worker-messages.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface ExecutionOptions {
  readonly agentId: AgentId;
  readonly skills: SkillCatalog;
  readonly blobs: Blobs;
  readonly blobCache: BlobCache;
  readonly workers: WorkerPool;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where skills keep results; undefined: nowhere. */
  readonly cacheFolder: string | undefined;
  /** Log lines of worker threads, NDJSON, not scrubbed yet. */
  readonly writeLogLine: (line: string) => void;
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
    const output = await withTimeout(options, task, controller, () =>
      runSkill(options, task, controller.signal),
    );
    return { status: "succeeded", output, durationMs: elapsedMs() };
  } catch (error) {
    return { status: "failed", error: outcomeOf(error), durationMs: elapsedMs() };
  }
}

async function runSkill(
  options: ExecutionOptions,
  task: Task,
  signal: AbortSignal,
): Promise<Value> {
  const manifest = options.skills.find(task.skill);
  const refusal = options.skills.refusalOf(task.skill);
  if (refusal !== undefined) throw refusal;
  if (manifest?.entry === undefined) {
    throw new SwarmError("unknown-skill", `this agent has no code skill called ${task.skill}`);
  }
  if (manifest.lane === "sandbox") {
    throw new SwarmError("not-supported", `${task.skill} needs a sandbox, and this agent has none`);
  }
  const inputs = checkedInputs(manifest, await withBlobs(task.inputs, options.blobCache));
  const module = join(manifest.folder, manifest.entry);
  const run = manifest.lane === "heavy" ? runInWorker : runHere;
  return storedOutput(options, manifest, await run(options, task, module, inputs, signal));
}

async function runHere(
  options: ExecutionOptions,
  task: Task,
  module: string,
  inputs: JsonObject,
  signal: AbortSignal,
): Promise<unknown> {
  const skill = await loadSkill(module);
  const logger = options.logger.child(bindingsOf(task, options.agentId));
  return skill(inputs, openSkillContext(contextOf(options, task), logger, signal));
}

function runInWorker(
  options: ExecutionOptions,
  task: Task,
  module: string,
  inputs: JsonObject,
  signal: AbortSignal,
): Promise<unknown> {
  const { agentId, workers, logger, writeLogLine } = options;
  const log = { level: logger.level, bindings: bindingsOf(task, agentId) };
  const context = contextOf(options, task);
  return workers.run({ module, inputs, context, log, onLogLine: writeLogLine }, signal);
}

async function storedOutput(
  options: ExecutionOptions,
  manifest: SkillManifest,
  output: unknown,
): Promise<Value> {
  const { value, text } = checkedOutput(manifest, output);
  if (Buffer.byteLength(text) <= LIMITS.inlineValueBytes) return { value };
  return { blob: await storedBlob(options.blobs, text) };
}

async function storedBlob(blobs: Blobs, text: string): Promise<BlobRef> {
  try {
    return await blobs.put(Buffer.from(text));
  } catch (error) {
    throw withoutServer("store the output", error);
  }
}

/** The record of a failure, in the form and within the limits that every reader accepts, whatever a skill threw. */
function outcomeOf(error: unknown): ErrorRecord {
  const thrown = toErrorRecord(error);
  const message = shortened(String(thrown.message));
  const hint = thrown.hint === undefined ? {} : { hint: shortened(String(thrown.hint)) };
  const parsed = errorRecord.safeParse({ ...thrown, message, ...hint });
  return parsed.success ? parsed.data : { code: "skill-failed", message, disposition: "retry" };
}

/** Counted in UTF-16 units, of which each is at least one byte. */
function shortened(text: string): string {
  return text.slice(0, LIMITS.errorMessageBytes).toWellFormed();
}

/** Aborts when the task's time is over; does not wait for work that ignores it. */
async function withTimeout<Result>(
  options: ExecutionOptions,
  task: Task,
  controller: AbortController,
  work: () => Promise<Result>,
): Promise<Result> {
  const { signal } = controller;
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  const cancelTimer = options.clock.schedule(task.timeoutMs, () =>
    controller.abort(
      new SwarmError("task-timeout", `${task.skill} took longer than ${task.timeoutMs} ms`, {
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
  const { run, stage, index, attempt, cascade, directory } = task;
  return {
    run: { runId: run, cascade, stageId: stage, index },
    attempt,
    agentId,
    runFolder: join(directory, ".cascade", "runs", run),
    cacheFolder,
  };
}

/** The fields that each log line about a task carries. @param agentId of the agent that runs it */
export function bindingsOf(task: Task, agentId: AgentId): LogBindings {
  const { run, stage, index, attempt } = task;
  return { runId: run, stageId: stage, taskId: `${run}/${stage}/${index}`, agentId, attempt };
}
