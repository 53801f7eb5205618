import {
  AckPolicy,
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  nanos,
} from "nats";
import type { Logger } from "pino";
import {
  approval as approvalMessage,
  cancelRequest,
  decodeMessage,
  encodeMessage,
  handedOverJob,
  type Job,
  resultBatch,
} from "../bus/messages.ts";
import { refuseForged } from "../bus/sender.ts";
import { SwarmError } from "../core/errors.ts";
import type { RunId } from "../core/ids.ts";
import type { InboxKind, Subjects } from "../core/subjects.ts";
import type { Approval } from "./pauses.ts";
import { refuseJob } from "./refuse-job.ts";
import type { Results } from "./results.ts";
import type { ShardOwner } from "./shard-owner.ts";

export interface InboxOptions {
  readonly jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly subjects: Subjects;
  readonly logger: Logger;
  readonly results: Results;
  readonly cancel: (owner: ShardOwner, run: RunId, reason: string) => void;
  readonly approve: (owner: ShardOwner, run: RunId, answer: Approval) => void;
  readonly createRun: (owner: ShardOwner, run: RunId, job: Job) => Promise<void>;
}

const ACK_WAIT_MS = 5_000;

/** Reads what was durably told to the owner of a shard while it was away. Acknowledged only after the append. */
export async function openInbox(
  options: InboxOptions,
  owner: ShardOwner,
): Promise<ConsumerMessages> {
  const { jetstream, manager, subjects, logger } = options;
  const durable = `owner-${owner.shard}`;
  await manager.consumers.add(subjects.streams.inbox, {
    durable_name: durable,
    filter_subject: subjects.inboxOf(owner.shard),
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: 1_000,
  });
  const consumer = await jetstream.consumers.get(subjects.streams.inbox, durable);
  return consumer.consume({
    max_messages: 100,
    callback: (message) => {
      try {
        takeMessage(options, owner, message);
      } catch (error) {
        logger.warn({ event: "message.refused", subject: message.subject, err: error });
        message.term();
      }
    },
  });
}

/** Takes one message and acknowledges it when everything that follows from it is stored. */
function takeMessage(options: InboxOptions, owner: ShardOwner, message: JsMsg): void {
  const kind = message.subject.split(".").at(-2) as InboxKind;
  const stored = (): void => owner.afterStored(() => message.ack());
  switch (kind) {
    case "result": {
      const batch = decodeMessage(resultBatch, message.data);
      refuseForged(message.subject.split(".").at(-1), batch.agent);
      options.results.take(owner, batch);
      stored();
      return;
    }
    case "cancel": {
      const { run, reason } = decodeMessage(cancelRequest, message.data);
      options.cancel(owner, run, reason);
      stored();
      return;
    }
    case "approval": {
      const { run, ...answer } = decodeMessage(approvalMessage, message.data);
      options.approve(owner, run, answer);
      stored();
      return;
    }
    case "job": {
      const { runId, job } = decodeMessage(handedOverJob, message.data);
      // It was answered as accepted: a time-out here must not lose it.
      const refused = { message, body: encodeMessage(job), queue: "default" };
      options
        .createRun(owner, runId, job)
        .then(stored, (error: unknown) => refuseJob(options, refused, error));
      return;
    }
    default:
      kind satisfies never;
      throw new SwarmError("invalid-message", `nobody reads ${message.subject}`);
  }
}
