import { z } from "zod";
import { count, errorRecord, v } from "./messages.ts";

/** The sha256 of an object. */
const name = z.string().regex(/^[0-9a-f]{64}$/);

/** Request to `blob.<shard>.<agent>`. Data is base64. */
export const blobRequest = z.discriminatedUnion("op", [
  /** What of the object comes from byte `from` on. */
  z.object({ v, op: z.literal("get"), name, from: count }),
  /** A part of an object of `bytes` bytes in all; parts come in their order. */
  z.object({ v, op: z.literal("put"), name, bytes: count, from: count, data: z.base64() }),
]);
export type BlobRequest = z.infer<typeof blobRequest>;

export const blobAnswer = z.discriminatedUnion("status", [
  /** A part of an object of `bytes` bytes in all. */
  z.object({ v, status: z.literal("part"), bytes: count, data: z.base64() }),
  /** The next part is to begin at byte `from`: 0 for an owner that has heard nothing of it. */
  z.object({ v, status: z.literal("next"), from: count }),
  z.object({ v, status: z.literal("stored") }),
  z.object({ v, status: z.literal("refused"), error: errorRecord }),
]);
export type BlobAnswer = z.infer<typeof blobAnswer>;

/** Of an object, what travels in one message: with base64 and the rest under the 1 MiB that NATS carries. */
export const BLOB_PART_BYTES = 524_288;
