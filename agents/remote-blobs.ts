import { createHash } from "node:crypto";
import type { NatsConnection } from "nats";
import {
  BLOB_PART_BYTES,
  type BlobAnswer,
  type BlobRequest,
  blobAnswer,
} from "../bus/blob-messages.ts";
import { failureOf, isUnheard } from "../bus/failures.ts";
import type { Link } from "../bus/link.ts";
import { decodeMessage, encodeMessage } from "../bus/messages.ts";
import { request } from "../bus/requests.ts";
import type { Clock } from "../core/clock.ts";
import { fromErrorRecord, SwarmError } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import { refuseOver } from "../core/limits.ts";
import { shardOf } from "../core/shard.ts";
import type { Subjects } from "../core/subjects.ts";
import type { BlobRef } from "../core/value.ts";
import type { Blobs } from "../store/blobs.ts";

/** Objects as agents reach them. */
export type RemoteBlobs = Pick<Blobs, "put" | "get">;

export interface RemoteBlobsOptions {
  readonly connection: NatsConnection;
  readonly link: Link;
  readonly subjects: Subjects;
  readonly agentId: AgentId;
  readonly clock: Clock;
}

const ANSWER_TIMEOUT_MS = 5_000;
/** A shard has an owner again within this time. */
const GIVE_UP_MS = 20_000;
const PAUSE_MS = 100;
/** The owner of the shard has changed this often in the midst of one object: something is wrong. */
const MOST_RESTARTS = 20;

/**
 * Objects as an agent has them: it has no right on the store, and asks the owner of the object's shard for each part.
 * What comes is what the name says, or an error.
 */
export function openRemoteBlobs(options: RemoteBlobsOptions): RemoteBlobs {
  const ask = async (body: BlobRequest): Promise<BlobAnswer> => {
    const answered = await askOwner(options, body);
    if (answered.status === "refused") throw fromErrorRecord(answered.error);
    return answered;
  };
  return {
    async put(bytes) {
      refuseOver("objectBytes", bytes.byteLength);
      const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const name = sha256(whole);
      const total = whole.byteLength;
      let from = 0;
      let restarts = 0;
      for (;;) {
        const data = whole.subarray(from, from + BLOB_PART_BYTES).toString("base64");
        const said = await ask({ v: 1, op: "put", name, bytes: total, from, data });
        if (said.status === "stored") return { name, bytes: total };
        if (said.status !== "next" || said.from > total) throw odd(name, said.status);
        if (said.from <= from && ++restarts > MOST_RESTARTS) throw odd(name, "no progress");
        from = said.from;
      }
    },
    async get(ref) {
      const parts: Buffer[] = [];
      let have = 0;
      for (;;) {
        const said = await ask({ v: 1, op: "get", name: ref.name, from: have });
        if (said.status !== "part") throw odd(ref.name, said.status);
        const part = Buffer.from(said.data, "base64");
        parts.push(part);
        have += part.byteLength;
        if (have >= said.bytes) break;
        if (part.byteLength === 0) throw odd(ref.name, "an empty part");
      }
      const whole = Buffer.concat(parts);
      if (sha256(whole) !== ref.name) throw corrupt(ref);
      return whole;
    },
  };
}

async function askOwner(options: RemoteBlobsOptions, body: BlobRequest): Promise<BlobAnswer> {
  const { connection, link, subjects, agentId, clock } = options;
  const subject = subjects.blob(shardOf(body.name), agentId);
  const payload = encodeMessage(body);
  const untilMs = clock.monotonicMs() + GIVE_UP_MS;
  for (;;) {
    try {
      const message = await request(connection, link, subject, payload, ANSWER_TIMEOUT_MS);
      return decodeMessage(blobAnswer, message.data);
    } catch (error) {
      const isLate = clock.monotonicMs() > untilMs;
      if (isLate || (!isUnheard(error) && failureOf(error) !== "unknown")) throw error;
    }
    await new Promise<void>((resolve) => void clock.schedule(PAUSE_MS, resolve));
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function odd(name: string, what: string): SwarmError {
  return new SwarmError("invalid-message", `object ${name.slice(0, 12)}…: ${what} was answered`);
}

function corrupt({ name, bytes }: BlobRef): SwarmError {
  return new SwarmError(
    "record-corrupt",
    `object ${name.slice(0, 12)}… (${bytes} bytes) holds other bytes`,
  );
}
