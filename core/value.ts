import type { Json } from "./json.ts";

/** Names stored bytes by their content. `name` is the sha256 in hex, so equal content is stored once. */
export interface BlobRef {
  readonly name: string;
  readonly bytes: number;
}

/** A stage or task output: inline, or a reference to an object when it is over the inline limit. */
export type Value = { readonly value: Json } | { readonly blob: BlobRef };

/**
 * Stands inside task inputs for a value that the agent loads: the object, then the path into it.
 * The key is reserved: data that comes in with it is refused.
 */
export interface BlobPointer {
  readonly $blob: BlobRef & { readonly path: readonly (string | number)[] };
}

export const BLOB_KEY = "$blob";

/**
 * Stands inside task inputs for a secret: its value is put in by the agent that runs the skill, and by nobody else.
 * The key is reserved, too: data must not make an agent give away a secret.
 */
export interface SecretMarker {
  readonly $secret: {
    readonly name: string;
    /** What stands around it in the same text. */
    readonly before: string;
    readonly after: string;
  };
}

export const SECRET_KEY = "$secret";

export function isSecretMarker(value: unknown): value is SecretMarker {
  return typeof value === "object" && value !== null && Object.hasOwn(value, SECRET_KEY);
}

/** True for keys that data from outside must not hold, for they would mean something to us. */
export function isMarkerKey(key: string): boolean {
  return key === BLOB_KEY || key === SECRET_KEY;
}

export function isBlobPointer(value: unknown): value is BlobPointer {
  return typeof value === "object" && value !== null && Object.hasOwn(value, BLOB_KEY);
}
