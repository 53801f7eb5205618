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
const SUBMIT_TIMEOUT_MS = 10_000;
const RETRY_MS = 20;
const MISSED_MS = 250;

export function openLoad(connection: NatsConnection): Load {
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
      const job = encodeMessage({ cascade, inputs, directory: "/tmp" });
      const answer = await submit(connection, link, job);
      const { runId, error } = answer.json<{ runId: string; error?: { message: string } }>();
      if (error !== undefined) throw new Error(error.message);
      if (early.delete(runId)) return;
      await ended(connection, runId, waiting);
    },
  };
}

/** Nobody may answer while a process is being replaced: a client tries again. */
async function submit(connection: NatsConnection, link: Link, job: Uint8Array): Promise<Msg> {
  for (;;) {
    try {
      return await request(connection, link, "cascade.submit", job, SUBMIT_TIMEOUT_MS);
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
  }, MISSED_MS);
  await promise;
  clearInterval(timer);
  waiting.delete(runId);
}
