import { Worker } from "node:worker_threads";
import { fromErrorRecord, SwarmError, toErrorRecord } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { ContextData } from "./skill-context.ts";
import type { SkillDeclarations } from "./skill-loader.ts";
import type { AskMemory } from "./skill-memory.ts";
import type { AskPeers } from "./skill-peers.ts";
import type { FromWorker, RunOrder, ToWorker, WorkerAnswer } from "./worker-messages.ts";

export interface WorkerJob {
  /** Absolute path of the skill's entry module. */
  readonly module: string;
  readonly declarations: SkillDeclarations;
  readonly inputs: JsonObject;
  readonly context: ContextData;
  readonly log: RunOrder["log"];
  /** Log lines of the skill come here, NDJSON. */
  readonly onLogLine: (line: string) => void;
  readonly askMemory: AskMemory;
  readonly askPeers: AskPeers;
}

/** Worker threads for CPU work, kept warm, one job each at a time. */
export interface WorkerPool {
  /**
   * Runs a job. When `signal` aborts, the skill is told; if it does not end soon, its thread is ended.
   * @throws SwarmError of the skill, or `skill-crashed` when its thread died
   */
  run(job: WorkerJob, signal: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}

/** How long a skill may tidy up after it was told to stop. */
const STOP_GRACE_MS = 500;
const MEMORY_LIMIT_MIB = 1_024;

export function openWorkerPool(): WorkerPool {
  const idle: Worker[] = [];
  const all = new Set<Worker>();

  function start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MIB },
    });
    all.add(worker);
    worker.once("exit", () => {
      all.delete(worker);
      const position = idle.indexOf(worker);
      if (position >= 0) idle.splice(position, 1);
    });
    worker.on("error", () => {}); // each job listens for itself; an idle worker that dies is replaced when needed
    worker.unref();
    return worker;
  }

  function run(job: WorkerJob, signal: AbortSignal): Promise<unknown> {
    const worker = idle.pop() ?? start();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    let killTimer: NodeJS.Timeout | undefined;
    const onMessage = (message: FromWorker): void => {
      if (message.kind === "log") job.onLogLine(message.line);
      else if (message.kind === "ask") void passOn(message.id, job.askMemory(message.question));
      else if (message.kind === "ask-peers")
        void passOn(message.id, job.askPeers(message.question));
      else if (message.kind === "succeeded") settle(() => resolve(message.output));
      else settle(() => reject(fromErrorRecord(message.error)));
    };
    const onError = (error: Error): void => reject(crashed(error.message));
    const onExit = (code: number): void => settle(() => reject(crashed(`exit code ${code}`)));
    const onAbort = (): void => {
      post({ kind: "abort" });
      killTimer = setTimeout(() => void worker.terminate(), STOP_GRACE_MS);
    };
    /** To a thread that works for another job by then it is an answer to no question of its. */
    const passOn = async (
      question: number,
      asked: ReturnType<AskMemory | AskPeers>,
    ): Promise<void> => {
      const answer: WorkerAnswer = await asked.then(
        (finding) => ({ finding }),
        (error: unknown) => ({ error: toErrorRecord(error) }),
      );
      post({ kind: "answer", question, ...answer });
    };
    const post = (message: ToWorker): void => worker.postMessage(message);
    const settle = (finish: () => void): void => {
      clearTimeout(killTimer);
      signal.removeEventListener("abort", onAbort);
      worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      worker.unref();
      if (all.has(worker) && !signal.aborted) idle.push(worker);
      else void worker.terminate();
      finish();
    };
    worker.ref();
    worker.on("message", onMessage).on("error", onError).on("exit", onExit);
    signal.addEventListener("abort", onAbort, { once: true });
    const { module, declarations, inputs, context, log } = job;
    post({ kind: "run", module, declarations, inputs, context, log });
    if (signal.aborted) onAbort();
    return promise;
  }

  return {
    run,
    async close() {
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}

function crashed(why: string): SwarmError {
  return new SwarmError("skill-crashed", `the thread that ran the skill died: ${why}`, {
    disposition: "retry",
  });
}
