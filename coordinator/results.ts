import type { Msg, NatsConnection, Subscription } from "nats";
import type { Logger } from "pino";
import {
  decodeMessage,
  encodeMessage,
  type ResultAnswer,
  type ResultBatch,
  resultBatch,
  type TaskResult,
  type TaskStep,
} from "../bus/messages.ts";
import { answer } from "../bus/requests.ts";
import { refuseForged } from "../bus/sender.ts";
import type { ErrorRecord } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import type { Subjects } from "../core/subjects.ts";
import type { Outcome } from "../topology/strategies/measurement.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Measurements } from "./measurements.ts";
import type { RunState } from "./run-state.ts";
import type { ShardOwner } from "./shard-owner.ts";
import { skillCallOf } from "./task-queue.ts";

export interface ResultsOptions {
  readonly connection: NatsConnection;
  readonly subjects: Subjects;
  readonly logger: Logger;
  readonly dispatcher: Dispatcher;
  readonly measurements: Measurements;
  /** Records a failed attempt, with the time of the next one if there is one. */
  readonly fail: (run: RunState, failure: FailedAttempt) => void;
}

export interface FailedAttempt {
  readonly stage: number;
  readonly index: number;
  readonly attempt: number;
  readonly agent: AgentId | undefined;
  readonly from?: AgentId;
  readonly error: ErrorRecord;
}

/** Takes what agents deliver: the first outcome of a task is recorded, and answered once it is stored. */
export class Results {
  readonly #options: ResultsOptions;

  constructor(options: ResultsOptions) {
    this.#options = options;
  }

  /** Listens for the results of a shard; whoever does not own it stays silent. */
  listen(owner: ShardOwner): Subscription {
    const { connection, subjects } = this.#options;
    return connection.subscribe(subjects.resultsOf(owner.shard), {
      callback: (error, message) => {
        if (error === null) this.#receive(owner, message);
      },
    });
  }

  #receive(owner: ShardOwner, message: Msg): void {
    let batch: ResultBatch;
    try {
      batch = decodeMessage(resultBatch, message.data);
      refuseForged(message.subject.split(".").at(-1), batch.agent);
    } catch (error) {
      this.#options.logger.warn({ event: "message.refused", subject: message.subject, err: error });
      return;
    }
    const outcomes = this.take(owner, batch);
    owner.afterStored(() => {
      answer(message, encodeMessage({ v: 1, epoch: owner.log.epoch, outcomes }));
    });
  }

  /** Records what is new of a batch. */
  take(owner: ShardOwner, batch: ResultBatch): ResultAnswer["outcomes"] {
    return batch.results.map((result) => {
      const worker = result.status === "step" ? undefined : result.agent;
      return this.#takeOne(owner, worker ?? batch.agent, result);
    });
  }

  #takeOne(owner: ShardOwner, agent: AgentId, result: TaskResult): "recorded" | "stale" {
    const run = owner.runs.get(result.run);
    if (run === undefined || run.ended) return "stale";
    const task = run.task(result.stage, result.index);
    // A task that is queued or backing off after attempt 2 has issued attempts 1 and 2: either may still deliver.
    if (task === undefined || task.status === "succeeded" || task.status === "failed")
      return "stale";
    const issued = task.status === "offered" ? task.attempt : task.attempt - 1;
    if (result.attempt > issued) return "stale";
    if (result.status === "step") return this.#takeStep(owner, run, agent, result);
    const stage = run.position(result.stage);
    const { index, attempt, durationMs } = result;
    const from = result.from === undefined ? {} : { from: result.from };
    if (result.status === "succeeded") {
      this.#options.dispatcher.ended(run, stage, index, attempt);
      this.#measure(run, { stage, index, agent, outcome: { status: "succeeded", durationMs } });
      const { output, scrubbed } = result;
      owner.record(run, {
        type: "task.succeeded",
        stage: result.stage,
        index,
        attempt,
        agent,
        ...from,
        durationMs,
        output,
        ...(scrubbed === undefined ? {} : { scrubbed }),
      });
      return "recorded";
    }
    // An older attempt that failed changes nothing for the one that runs.
    if (task.status !== "offered" || attempt !== task.attempt) return "stale";
    this.#options.dispatcher.ended(run, stage, index);
    if (result.error.disposition === "retry")
      this.#measure(run, { stage, index, agent, outcome: { status: "failed" } });
    this.#options.fail(run, { stage, index, attempt, agent, ...from, error: result.error });
    return "recorded";
  }

  /** Of two attempts that record the same step, the newer holds; one that says it again is told the same. */
  #takeStep(
    owner: ShardOwner,
    run: RunState,
    agent: AgentId,
    { stage, index, attempt, name, value }: TaskStep,
  ): "recorded" | "stale" {
    const steps = run.steps(run.position(stage), index);
    const known = steps.find((step) => step.name === name);
    if (known?.attempt === attempt) return "recorded";
    if (known !== undefined && known.attempt > attempt) return "stale";
    if (known === undefined && steps.length >= LIMITS.stepsPerTask) return "stale";
    owner.record(run, { type: "task.step_recorded", stage, index, attempt, agent, name, value });
    return "recorded";
  }

  /** Of stages with a swarm, whose strategy may ask for it. What fails for good says nothing of the agent. */
  #measure(
    run: RunState,
    ended: {
      readonly stage: number;
      readonly index: number;
      readonly agent: AgentId;
      readonly outcome: Outcome;
    },
  ): void {
    const { stage, index, agent, outcome } = ended;
    if (run.stage(stage).swarm === undefined) return;
    this.#options.measurements.add(skillCallOf({ run, stage, index }).skill, agent, outcome);
  }
}
