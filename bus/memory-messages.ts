import { z } from "zod";
import { agentId, count, errorRecord, type json, taskName, v, value } from "./messages.ts";

const key = z.string().min(1);
const ttlMs = z.int().min(1);

/** What a task asks of the memory. A write names the revision that the key must have, if it must. */
const question = z.discriminatedUnion("op", [
  z.object({ op: z.literal("read"), key }),
  z.object({
    op: z.literal("write"),
    key,
    value,
    expected: count.exactOptional(),
    ttlMs: ttlMs.exactOptional(),
  }),
  z.object({ op: z.literal("delete"), key }),
  z.object({ op: z.literal("list"), prefix: z.string() }),
]);

/** Request to `memory.<shard>.<agent>`. */
export const memoryRequest = z.object({
  v,
  /** `<writer>.<n>`: the same however often it is sent. */
  id: z.string().regex(/^[\w-]{1,64}\.\d{1,15}$/),
  agent: agentId,
  task: taskName,
  /** It was sent before and not answered: it may have been carried out. */
  isAgain: z.boolean(),
  question,
});
export type MemoryRequest = z.infer<typeof memoryRequest>;

const answer = z.discriminatedUnion("status", [
  /** `value` is absent when nothing is kept there. */
  z.object({ status: z.literal("found"), revision: count, value: value.exactOptional() }),
  z.object({ status: z.literal("written"), revision: count }),
  /** The key has another revision than was expected: this one, with what is kept there now. */
  z.object({ status: z.literal("conflict"), revision: count, value: value.exactOptional() }),
  z.object({ status: z.literal("listed"), keys: z.array(z.string()) }),
  z.object({ status: z.literal("refused"), error: errorRecord }),
]);
export type MemoryAnswer = z.infer<typeof answer>;

/** Answered by the shard's owner after the append of what was written. */
export const memoryReply = z.object({ v, epoch: count, answer });

/** The same with values as skills see them, where objects are loaded: between an agent and its worker threads. */
export type MemoryQuestion =
  | Exclude<z.infer<typeof question>, { readonly op: "write" }>
  | {
      readonly op: "write";
      readonly key: string;
      readonly value: z.infer<typeof json>;
      readonly expected?: number;
      readonly ttlMs?: number;
    };
export type MemoryFinding =
  | Extract<MemoryAnswer, { readonly status: "written" | "listed" }>
  | {
      readonly status: "found" | "conflict";
      readonly revision: number;
      readonly value?: z.infer<typeof json>;
    };
