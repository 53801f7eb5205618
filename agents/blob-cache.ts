import type { Json } from "../core/json.ts";
import type { BlobRef } from "../core/value.ts";
import type { Blobs } from "../store/blobs.ts";

/** Parsed objects, the recently used ones kept: tasks of one stage often share them. */
export class BlobCache {
  readonly #blobs: Blobs;
  readonly #kept = new Map<string, { readonly content: Promise<Json>; readonly bytes: number }>();
  #bytes = 0;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  /** @throws SwarmError `record-corrupt` */
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
    const bytes = await this.#blobs.get(ref);
    return JSON.parse(Buffer.from(bytes).toString("utf8")) as Json;
  }

  #drop(name: string): void {
    this.#bytes -= this.#kept.get(name)?.bytes ?? 0;
    this.#kept.delete(name);
  }
}

const BYTES_KEPT = 33_554_432;
