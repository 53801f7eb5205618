import type { JetStreamClient, JsMsg } from "nats";
import type { Logger } from "pino";
import { failureOf } from "../bus/failures.ts";
import { type DeadJob, encodeMessage } from "../bus/messages.ts";
import { SwarmError, toErrorRecord } from "../core/errors.ts";
import type { Subjects } from "../core/subjects.ts";

const AGAIN_AFTER_MS = 1_000;

export interface StoredJob {
  /** The stored message that brought the job. */
  readonly message: JsMsg;
  /** What goes to the dead-letter list. */
  readonly body: Uint8Array;
  readonly queue: string;
}

/** A stored job that cannot be a run goes to the dead-letter list with its reason; one that may later comes again. */
export async function refuseJob(
  edge: {
    readonly jetstream: JetStreamClient;
    readonly subjects: Subjects;
    readonly logger: Logger;
  },
  { message, body, queue }: StoredJob,
  error: unknown,
): Promise<void> {
  const { jetstream, subjects, logger } = edge;
  const sequence = message.seq;
  if (error instanceof SwarmError && error.disposition === "fail") {
    const record = toErrorRecord(error);
    const job = Buffer.from(body).toString("base64");
    const dead: DeadJob = { v: 1, error: record, job };
    try {
      await jetstream.publish(subjects.deadJob(queue), encodeMessage(dead));
      message.ack();
      logger.warn({ event: "job.refused", sequence, error: record });
      return;
    } catch (deadError) {
      logger.error({ event: "job.postponed", sequence, err: deadError }, "no dead letter stored");
    }
  } else {
    logger.error({ event: "job.postponed", sequence, err: error });
  }
  const waitMs = error instanceof SwarmError ? error.retryAfterMs : undefined;
  message.nak(waitMs ?? AGAIN_AFTER_MS);
}

/** Why a submitted job was not taken, for its sender: what passes says so, and that the job may be sent again. */
export function submitError(error: unknown): SwarmError {
  if (error instanceof SwarmError) return error;
  const { message } = error as Error;
  const passes = { disposition: "retry", hint: "send the job again", cause: error } as const;
  switch (failureOf(error)) {
    case "unknown":
      return new SwarmError("broker-unavailable", `the job was not stored: ${message}`, passes);
    case "storage-full":
      return new SwarmError("storage-full", `the job was not stored: ${message}`, passes);
    default:
      return new SwarmError("internal", `the job was not taken: ${message}`, { cause: error });
  }
}
