import {
  AckPolicy,
  type ConsumerMessages,
  type JsMsg,
  type Msg,
  nanos,
  type Subscription,
} from "nats";
import type { Logger } from "pino";
import { decodeMessage, encodeMessage, type Job, job as jobSchema } from "../bus/messages.ts";
import { answer } from "../bus/requests.ts";
import type { Clock } from "../core/clock.ts";
import { SwarmError, toErrorRecord } from "../core/errors.ts";
import { newRunId, parseRunId, type RunId, runIdOfJob } from "../core/ids.ts";
import { refuseOver } from "../core/limits.ts";
import type { JobKeys } from "../store/job-keys.ts";
import type { LogAccess } from "../store/shard-log.ts";
import { refuseJob, submitError } from "./refuse-job.ts";

export interface IntakeOptions {
  readonly access: LogAccess;
  readonly keys: JobKeys;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomBytes: (size: number) => Uint8Array;
  /**
   * Makes the run, or finds that it is there; resolves when that is stored.
   * `isNew`: nobody can have made it before, so that nothing needs to be looked up.
   */
  readonly createRun: (request: {
    readonly runId: RunId;
    readonly job: Job;
    readonly isNew: boolean;
  }) => Promise<"accepted" | "known">;
}

const ACK_WAIT_MS = 30_000;
const IN_FLIGHT = 1_000;
const QUEUE_GROUP = "coordinators";

export interface Intake {
  /** Takes no more jobs. */
  stop(): void;
}

/** Takes jobs from the JOBS stream and from requests to `submit`. */
export async function openIntake(options: IntakeOptions): Promise<Intake> {
  const messages = await consumeJobs(options);
  const submits = serveSubmit(options);
  return {
    stop() {
      messages.stop();
      submits.unsubscribe();
    },
  };
}

function serveSubmit(options: IntakeOptions): Subscription {
  const { connection, subjects } = options.access;
  return connection.subscribe(subjects.submit, {
    queue: QUEUE_GROUP,
    callback: (error, message) => {
      if (error === null) void takeSubmit(options, message);
    },
  });
}

async function takeSubmit(options: IntakeOptions, message: Msg): Promise<void> {
  try {
    const job = readJob(message.data);
    const fresh = newRunId(options.clock.wallMs(), options.randomBytes);
    const runId = await claimedRunId(options, job, message.data, fresh);
    const status = await options.createRun({ runId, job, isNew: runId === fresh });
    answer(message, encodeMessage({ runId, status }));
  } catch (error) {
    const refused = submitError(error);
    answer(message, encodeMessage({ error: toErrorRecord(refused) }));
    const event = refused.disposition === "retry" ? "job.postponed" : "job.refused";
    options.logger.warn({ event, err: refused });
  }
}

async function consumeJobs(options: IntakeOptions): Promise<ConsumerMessages> {
  const { manager, jetstream, subjects } = options.access;
  await manager.consumers.add(subjects.streams.jobs, {
    durable_name: "intake",
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: IN_FLIGHT,
  });
  const consumer = await jetstream.consumers.get(subjects.streams.jobs, "intake");
  return consumer.consume({
    max_messages: IN_FLIGHT / 2,
    callback: (message) => void takeJob(options, message),
  });
}

async function takeJob(options: IntakeOptions, message: JsMsg): Promise<void> {
  try {
    const job = readJob(message.data);
    if (job.definition !== undefined) {
      throw new SwarmError("invalid-job", "a published job names a registered cascade", {
        location: { pointer: "/definition" },
        hint: "send a definition as a request to the submit subject",
      });
    }
    const storedAtMs = Math.floor(message.info.timestampNanos / 1_000_000);
    const own = runIdOfJob(message.seq, storedAtMs);
    const runId = await claimedRunId(options, job, message.data, own);
    const isNew = runId === own && !message.redelivered;
    await options.createRun({ runId, job, isNew });
    message.ack();
  } catch (error) {
    const { jetstream, subjects } = options.access;
    const queue = message.subject === subjects.jobs ? undefined : message.subject.split(".").at(-1);
    const stored = { message, body: message.data, queue: queue ?? "default" };
    await refuseJob({ jetstream, subjects, logger: options.logger }, stored, error);
  }
}

function readJob(bytes: Uint8Array): Job {
  refuseOver("jobBytes", bytes.byteLength);
  return decodeMessage(jobSchema, bytes, "invalid-job");
}

async function claimedRunId(
  options: IntakeOptions,
  job: Job,
  body: Uint8Array,
  fresh: RunId,
): Promise<RunId> {
  return job.key === undefined ? fresh : parseRunId(await options.keys.claim(job.key, body, fresh));
}
