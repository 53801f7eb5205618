import type { NatsConnection } from "nats";
import { encodeMessage } from "../bus/messages.ts";

/** Submits runs and learns of their ends with as little work of its own as possible. */
export interface Load {
  /** Resolves when the run has succeeded. */
  run(cascade: string, inputs: object): Promise<void>;
}

const PAYLOAD = "x".repeat(180);
export const CHAIN_INPUTS = { payload: PAYLOAD };
const SUBMIT_TIMEOUT_MS = 60_000;

export function openLoad(connection: NatsConnection): Load {
  const waiting = new Map<string, () => void>();
  const early = new Set<string>();
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
      const answer = await connection.request("cascade.submit", job, {
        timeout: SUBMIT_TIMEOUT_MS,
      });
      const { runId, error } = answer.json<{ runId: string; error?: { message: string } }>();
      if (error !== undefined) throw new Error(error.message);
      if (early.delete(runId)) return;
      await new Promise<void>((resolve) => waiting.set(runId, resolve));
    },
  };
}
