import { failureOf } from "../bus/failures.ts";
import { SwarmError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { BlobRef } from "../core/value.ts";
import type { RemoteBlobs } from "./remote-blobs.ts";

const BYTES_KEPT = 33_554_432;

/** Parsed objects, the recently used ones kept: tasks of one stage often share them. */
export class BlobCache {
  readonly #blobs: RemoteBlobs;
  readonly #kept = new Map<string, { readonly content: Promise<Json>; readonly bytes: number }>();
  #bytes = 0;

  constructor(blobs: RemoteBlobs) {
    this.#blobs = blobs;
  }

  /**
   * The content, shared with other tasks: not to be changed.
   * @throws SwarmError `record-corrupt` or `broker-unavailable`
   */
  json(ref: BlobRef): Promise<Json> {
    const known = this.#kept.get(ref.name);
    if (known !== undefined) {
      this.#kept.delete(ref.name);
      this.#kept.set(ref.name, known); // last in order: used most recently
      return known.content;
    }
    const content = this.#load(ref);
    this.#kept.set(ref.name, { content, bytes: ref.bytes });
    this.#bytes += ref.bytes;
    content.catch(() => this.#drop(ref.name));
    for (const name of this.#kept.keys()) {
      if (this.#bytes <= BYTES_KEPT || name === ref.name) break;
      this.#drop(name);
    }
    return content;
  }

  async #load(ref: BlobRef): Promise<Json> {
    const bytes = await this.#blobs.get(ref).catch((error: unknown) => {
      throw withoutServer("load an input", error);
    });
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as Json;
  }

  #drop(name: string): void {
    this.#bytes -= this.#kept.get(name)?.bytes ?? 0;
    this.#kept.delete(name);
  }
}

/** @param what could not be done with an object. Answers errors of ours as they are, others as those of the server. */
export function withoutServer(what: string, error: unknown): SwarmError {
  if (error instanceof SwarmError) return error;
  const code = failureOf(error) === "storage-full" ? "storage-full" : "broker-unavailable";
  const reason = error instanceof Error ? error.message : String(error);
  return new SwarmError(code, `cannot ${what}: ${reason}`, { disposition: "retry", cause: error });
}
