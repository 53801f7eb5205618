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

export function isBlobPointer(value: unknown): value is BlobPointer {
  return typeof value === "object" && value !== null && Object.hasOwn(value, BLOB_KEY);
}
