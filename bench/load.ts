import { randomUUID } from "node:crypto";
import type { Msg, NatsConnection } from "nats";
import { failureOf } from "../bus/failures.ts";
import { followLink, type Link } from "../bus/link.ts";
import { encodeMessage } from "../bus/messages.ts";
import { request } from "../bus/requests.ts";
import type { RunId } from "../core/ids.ts";
import { shardOf } from "../core/shard.ts";

/** Submits runs and learns of their ends with as little work of its own as possible. */
export interface Load {
  /** Resolves when the run has succeeded. */
  run(cascade: string, inputs: object): Promise<void>;
}

const PAYLOAD = "x".repeat(180);
export const CHAIN_INPUTS = { payload: PAYLOAD };
const RETRY_MS = 20;

/** When a load takes a message for lost: short where processes are killed, long where they are only busy. */
export interface Patience {
  readonly submitMs: number;
  readonly eventMs: number;
}

export const PATIENT: Patience = { submitMs: 10_000, eventMs: 5_000 };
/** Jobs carry a key then, so that one whose answer was lost may be sent again. */
export const IMPATIENT: Patience = { submitMs: 500, eventMs: 250 };

export function openLoad(connection: NatsConnection, patience: Patience = PATIENT): Load {
  const waiting = new Map<string, () => void>();
  const early = new Set<string>();
  const link = followLink(connection);
  connection.subscribe("cascade.events.*._.run-succeeded", {
    callback: (error, message) => {
      if (error !== null) return;
      const run = message.subject.split(".")[2] ?? "";
      const resolve = waiting.get(run);
      if (resolve === undefined) early.add(run);
      else {
        waiting.delete(run);
        resolve();
      }
    },
  });
  return {
    async run(cascade, inputs) {
      const key = patience === PATIENT ? {} : { key: randomUUID() };
      const job = encodeMessage({ cascade, inputs, directory: "/tmp", ...key });
      const answer = await submit(connection, link, job, patience.submitMs);
      const { runId, error } = answer.json<{ runId: string; error?: { message: string } }>();
      if (error !== undefined) throw new Error(error.message);
      if (early.delete(runId)) return;
      await ended(connection, runId, waiting, patience.eventMs);
    },
  };
}

/** Nobody may answer while a process is being replaced: a client tries again. */
async function submit(
  connection: NatsConnection,
  link: Link,
  job: Uint8Array,
  timeoutMs: number,
): Promise<Msg> {
  for (;;) {
    try {
      return await request(connection, link, "cascade.submit", job, timeoutMs);
    } catch (error) {
      if (failureOf(error) !== "unknown") throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** The event of the run's end, or, when that was missed while the connection was away, its history. */
async function ended(
  connection: NatsConnection,
  runId: string,
  waiting: Map<string, () => void>,
  missedMs: number,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.set(runId, resolve);
  const question = encodeMessage({ v: 1, run: runId, after: 0 });
  const subject = `cascade.query.${shardOf(runId as RunId)}`;
  const timer = setInterval(() => {
    connection.request(subject, question, { timeout: RETRY_MS * 10 }).then(
      (message) => {
        if (message.string().includes('"run.succeeded"')) resolve();
      },
      () => {}, // asked again
    );
  }, missedMs);
  await promise;
  clearInterval(timer);
  waiting.delete(runId);
}
