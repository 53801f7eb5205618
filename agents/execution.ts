import { join } from "node:path";
import type { Logger } from "pino";
import type { Task } from "../bus/messages.ts";
import type { Clock } from "../core/clock.ts";
import { SwarmError, toErrorRecord } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import type { SkillCatalog, SkillManifest } from "../core/skill.ts";
import type { Value } from "../core/value.ts";
import type { Execution } from "../machines/stage-worker.ts";
import type { Blobs } from "../store/blobs.ts";
import type { BlobCache } from "./blob-cache.ts";
import { checkedInputs, checkedOutput, withBlobs } from "./inputs.ts";
import { type ContextData, openSkillContext } from "./skill-context.ts";
import { loadSkill } from "./skill-loader.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface ExecutionOptions {
  readonly agentId: AgentId;
  readonly skills: SkillCatalog;
  readonly blobs: Blobs;
  readonly blobCache: BlobCache;
  readonly workers: WorkerPool;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Log lines of worker threads, NDJSON, not scrubbed yet. */
  readonly writeLogLine: (line: string) => void;
}

/** Runs one attempt: loads and checks the inputs, runs the skill, checks the output. Never rejects. */
export async function executeTask(
  options: ExecutionOptions,
  task: Task,
  signal: AbortSignal,
): Promise<Execution> {
  const startedMs = options.clock.monotonicMs();
  const elapsedMs = (): number => options.clock.monotonicMs() - startedMs;
  try {
    const output = await withTimeout(options, task, signal, (limited) =>
      runSkill(options, task, limited),
    );
    return { status: "succeeded", output, durationMs: elapsedMs() };
  } catch (error) {
    const record = toErrorRecord(error);
    const message = record.message.slice(0, LIMITS.errorMessageBytes);
    return { status: "failed", error: { ...record, message }, durationMs: elapsedMs() };
  }
}

async function runSkill(
  options: ExecutionOptions,
  task: Task,
  signal: AbortSignal,
): Promise<Value> {
  const manifest = options.skills.find(task.skill);
  if (manifest?.entry === undefined) {
    throw new SwarmError("unknown-skill", `this agent has no code skill called ${task.skill}`);
  }
  const inputs = checkedInputs(manifest, await withBlobs(task.inputs, options.blobCache));
  const module = join(manifest.folder, manifest.entry);
  const context = contextOf(options.agentId, task);
  const logger = options.logger.child(bindingsOf(task));
  const output =
    manifest.lane === "heavy"
      ? await options.workers.run(
          {
            module,
            inputs,
            context,
            logLevel: options.logger.level,
            onLogLine: options.writeLogLine,
          },
          signal,
        )
      : await (await loadSkill(module))(inputs, openSkillContext(context, logger, signal));
  return storedOutput(options, manifest, output);
}

async function storedOutput(
  options: ExecutionOptions,
  manifest: SkillManifest,
  output: unknown,
): Promise<Value> {
  const checked = checkedOutput(manifest, output);
  const text = JSON.stringify(checked);
  if (text.length <= LIMITS.inlineValueBytes) return { value: checked };
  return { blob: await options.blobs.put(Buffer.from(text)) };
}

/** Runs `work` with a signal that also aborts when the task's time is over; does not wait for work that ignores it. */
async function withTimeout<Result>(
  options: ExecutionOptions,
  task: Task,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (error: Error): void => {
    controller.abort(error);
    reject(error);
  };
  const onAbort = (): void =>
    stop(new SwarmError("task-cancelled", "the task was cancelled", { disposition: "cancelled" }));
  const cancelTimer = options.clock.schedule(task.timeoutMs, () =>
    stop(
      new SwarmError("task-timeout", `${task.skill} took longer than ${task.timeoutMs} ms`, {
        disposition: "retry",
      }),
    ),
  );
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const working = work(controller.signal);
    working.catch(() => {}); // after a stop nobody waits for it any more
    return await Promise.race([working, stopped]);
  } finally {
    cancelTimer();
    signal.removeEventListener("abort", onAbort);
  }
}

function contextOf(agentId: AgentId, task: Task): ContextData {
  const { run, stage, index, attempt, cascade, directory } = task;
  return {
    run: { runId: run, cascade, stageId: stage, index },
    attempt,
    agentId,
    runFolder: join(directory, ".cascade", "runs", run),
  };
}

export function bindingsOf(task: Task) {
  const { run, stage, index, attempt } = task;
  return { runId: run, stageId: stage, taskId: `${run}/${stage}/${index}`, attempt };
}
