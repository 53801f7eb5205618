import { createHash } from "node:crypto";
import { type JetStreamClient, type ObjectInfo, type ObjectStore, StorageType } from "nats";
import { SwarmError } from "../core/errors.ts";
import { refuseOver } from "../core/limits.ts";
import type { Subjects } from "../core/subjects.ts";
import type { BlobRef } from "../core/value.ts";
import { RETENTION_TIMES } from "./retention.ts";

/** Objects named by their sha256: storing the same bytes twice is one object. */
export interface Blobs {
  put(bytes: Uint8Array): Promise<BlobRef>;
  /** @throws SwarmError `record-corrupt` when the object is missing or its bytes do not fit its name */
  get(ref: BlobRef): Promise<Uint8Array>;
  /** False when it is not there any more. */
  has(ref: BlobRef): Promise<boolean>;
}

export async function openBlobs(jetstream: JetStreamClient, subjects: Subjects): Promise<Blobs> {
  const store: ObjectStore = await jetstream.views.os(subjects.buckets.blob, {
    storage: StorageType.File,
  });
  return {
    async put(bytes) {
      refuseOver("objectBytes", bytes.byteLength);
      const name = createHash("sha256").update(bytes).digest("hex");
      const ref: BlobRef = { name, bytes: bytes.byteLength };
      const known = await store.info(name);
      if (known === null || known.deleted || isOld(known)) await store.putBlob({ name }, bytes);
      return ref;
    },
    async has({ name }) {
      const known = await store.info(name);
      return known !== null && !known.deleted;
    },
    async get(ref) {
      const bytes = await store.getBlob(ref.name);
      if (bytes === null) throw corrupt(ref, "is missing");
      const name = createHash("sha256").update(bytes).digest("hex");
      if (name !== ref.name) throw corrupt(ref, "holds other bytes");
      return bytes;
    },
  };
}

/**
 * Half the time after which a collection may take what nobody refers to: whoever stores an object anew makes it young,
 * and has as long to record that it is used.
 */
export const OBJECT_FRESH_MS = RETENTION_TIMES.objectGraceMs / 2;

function isOld({ mtime }: ObjectInfo): boolean {
  const storedAtMs = Date.parse(mtime);
  return !(Date.now() - storedAtMs < OBJECT_FRESH_MS);
}

function corrupt(ref: BlobRef, what: string): SwarmError {
  return new SwarmError(
    "record-corrupt",
    `object ${ref.name.slice(0, 12)}… (${ref.bytes} bytes) ${what}`,
  );
}
