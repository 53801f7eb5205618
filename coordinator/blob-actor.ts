import { createHash } from "node:crypto";
import type { Msg, NatsConnection, Subscription } from "nats";
import type { Logger } from "pino";
import {
  BLOB_PART_BYTES,
  type BlobAnswer,
  type BlobRequest,
  blobRequest,
} from "../bus/blob-messages.ts";
import { failureOf } from "../bus/failures.ts";
import { decodeMessage, encodeMessage } from "../bus/messages.ts";
import { answer } from "../bus/requests.ts";
import { SwarmError, toErrorRecord } from "../core/errors.ts";
import { refuseOver } from "../core/limits.ts";
import type { Subjects } from "../core/subjects.ts";
import type { Blobs } from "../store/blobs.ts";

export interface BlobActorOptions {
  readonly connection: NatsConnection;
  readonly subjects: Subjects;
  readonly logger: Logger;
  readonly blobs: Blobs;
}

interface Upload {
  readonly parts: Buffer[];
  bytes: number;
}

/** Objects that agents read part by part are kept until others need the room. */
const KEPT_BYTES = 67_108_864;
/** Of objects that are not complete yet, all together: the oldest of them begins anew. */
const UPLOAD_BYTES = 536_870_912;

/**
 * The only way from agents to objects. An object is named by its hash, so that an agent can neither change one nor pass one off
 * as another; what it is not complete yet is kept here, and begins anew when the shard changes hands.
 */
export class BlobActor {
  readonly #options: BlobActorOptions;
  readonly #kept = new Map<string, Promise<Uint8Array>>();
  readonly #uploads = new Map<string, Upload>();
  #keptBytes = 0;
  #uploadBytes = 0;

  constructor(options: BlobActorOptions) {
    this.#options = options;
  }

  /** Listens for what agents ask of a shard's objects; whoever does not own it stays silent. */
  listen(shard: number): Subscription {
    const { connection, subjects } = this.#options;
    return connection.subscribe(subjects.blobsOf(shard), {
      callback: (error, message) => {
        if (error === null) void this.#receive(message);
      },
    });
  }

  async #receive(message: Msg): Promise<void> {
    const { logger } = this.#options;
    try {
      const request = decodeMessage(blobRequest, message.data);
      const agent = message.subject.split(".").at(-1) ?? "";
      const said =
        request.op === "get" ? await this.#part(request) : await this.#take(agent, request);
      answer(message, encodeMessage(said));
    } catch (error) {
      // Not known to have happened, so not answered: it is asked again.
      if (failureOf(error) === "unknown") {
        logger.warn({ event: "blob.unknown", err: error });
        return;
      }
      logger.warn({ event: "message.refused", subject: message.subject, err: error });
      const refused: BlobAnswer = { v: 1, status: "refused", error: toErrorRecord(named(error)) };
      answer(message, encodeMessage(refused));
    }
  }

  async #part({ name, from }: Extract<BlobRequest, { op: "get" }>): Promise<BlobAnswer> {
    const bytes = await this.#load(name);
    const part = bytes.subarray(from, from + BLOB_PART_BYTES);
    const data = Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString("base64");
    return { v: 1, status: "part", bytes: bytes.byteLength, data };
  }

  #load(name: string): Promise<Uint8Array> {
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const loading = this.#options.blobs.get({ name, bytes: 0 });
    this.#kept.set(name, loading);
    loading.then(
      (bytes) => void this.#keep(name, bytes.byteLength),
      () => void this.#kept.delete(name),
    );
    return loading;
  }

  async #keep(newest: string, bytes: number): Promise<void> {
    this.#keptBytes += bytes;
    for (const [name, loading] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES || name === newest) return;
      this.#kept.delete(name);
      this.#keptBytes -= (await loading).byteLength;
    }
  }

  async #take(
    agent: string,
    { name, bytes, from, data }: Extract<BlobRequest, { op: "put" }>,
  ): Promise<BlobAnswer> {
    refuseOver("objectBytes", bytes);
    const key = `${agent}/${name}`;
    const upload = this.#uploads.get(key) ?? { parts: [], bytes: 0 };
    if (from !== upload.bytes) return { v: 1, status: "next", from: upload.bytes };
    const part = Buffer.from(data, "base64");
    const have = upload.bytes + part.byteLength;
    if (have < bytes) {
      if (part.byteLength === 0) throw new SwarmError("invalid-message", "an empty part");
      upload.parts.push(part);
      upload.bytes = have;
      this.#remember(key, upload, part.byteLength);
      return { v: 1, status: "next", from: have };
    }
    this.#forget(key);
    const whole = Buffer.concat([...upload.parts, part]);
    if (have > bytes || sha256(whole) !== name) {
      throw new SwarmError("invalid-message", `the parts of ${name.slice(0, 12)}… are not it`);
    }
    await this.#options.blobs.put(whole);
    return { v: 1, status: "stored" };
  }

  #remember(key: string, upload: Upload, more: number): void {
    this.#uploads.delete(key);
    this.#uploads.set(key, upload); // last in order: heard of most recently
    this.#uploadBytes += more;
    for (const other of this.#uploads.keys()) {
      if (this.#uploadBytes <= UPLOAD_BYTES || other === key) break;
      this.#forget(other);
    }
  }

  #forget(key: string): void {
    this.#uploadBytes -= this.#uploads.get(key)?.bytes ?? 0;
    this.#uploads.delete(key);
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What the server refused, in words of ours. */
function named(error: unknown): Error {
  if (error instanceof SwarmError) return error;
  const code = failureOf(error) === "storage-full" ? "storage-full" : "broker-unavailable";
  const why = error instanceof Error ? error.message : String(error);
  return new SwarmError(code, `the object store refuses: ${why}`, {
    disposition: "retry",
    cause: error,
  });
}
