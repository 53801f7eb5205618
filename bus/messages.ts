import { z } from "zod";
import { ERROR_CODES, type ErrorCode, type ErrorRecord, SwarmError } from "../core/errors.ts";
import { type AgentId, isToken, type RunId, type StageId } from "../core/ids.ts";
import { FORBIDDEN_KEYS, type Json, type JsonObject } from "../core/json.ts";
import { MODEL_FEATURES } from "../core/model.ts";
import type { Lane } from "../core/plan.ts";
import type { Value } from "../core/value.ts";

/** What travels on the bus. Every message carries `v`; a reader of another version says so. */
const VERSION = 1;

const token = z.string().refine(isToken, "must be 1 to 64 letters, digits, hyphens or underscores");
const runId = token.transform((text) => text as RunId);
const stageId = token.transform((text) => text as StageId);
const agentId = token.transform((text) => text as AgentId);
const count = z.int().min(0);
const lane: z.ZodType<Lane> = z.enum(["light", "heavy", "sandbox"]);
const v = z.literal(VERSION);
/** Data is plain JSON because it came through `JSON.parse`; forbidden keys were refused there. */
const json = z.custom<Json>((data) => data !== undefined);
const blobRef = z.object({ name: z.string().regex(/^[0-9a-f]{64}$/), bytes: count });
const value: z.ZodType<Value> = z.union([z.object({ blob: blobRef }), z.object({ value: json })]);

const errorCodes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];
export const errorRecord: z.ZodType<ErrorRecord> = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  disposition: z.enum(["retry", "fail", "cancelled"]),
  hint: z.string().exactOptional(),
  location: z
    .object({
      file: z.string().exactOptional(),
      line: z.number().exactOptional(),
      column: z.number().exactOptional(),
      pointer: z.string().exactOptional(),
    })
    .exactOptional(),
});

/** Names one attempt at one task. */
const taskName = z.object({ run: runId, stage: stageId, index: count, attempt: z.int().min(1) });
export type TaskName = z.infer<typeof taskName>;

/** The unit handed to an agent. `inputs` may hold blob pointers (`core/value.ts`), which the agent loads. */
export const task = taskName.extend({
  shard: count,
  /** Epoch of the owner that offers it; an answer with a lower one is ignored. */
  epoch: count,
  cascade: z.string(),
  skill: z.string(),
  lane,
  inputs: z.custom<JsonObject>((data) => typeof data === "object" && data !== null),
  timeoutMs: z.int().min(1),
  directory: z.string(),
  /** Which models may answer for the skill; absent: `auto-select`. */
  models: z
    .object({
      model: z.string().exactOptional(),
      features: z.array(z.enum(MODEL_FEATURES)).exactOptional(),
      mayLeaveRoute: z.boolean().exactOptional(),
    })
    .exactOptional(),
  /** Members of the stage's mesh, when it has one: a full agent hands the task to a peer among them. */
  team: z.array(agentId).exactOptional(),
});
export type Task = z.infer<typeof task>;

/** Request to `agent.<agent>.task`, `lane.<lane>` or, from a peer, `peer.<from>.<to>.task`. */
export const offer = z.object({ v, from: token, tasks: z.array(task).min(1) });
export type Offer = z.infer<typeof offer>;

/** Positions are those of `Offer.tasks`; each stands in exactly one list. */
export const offerAnswer = z.object({
  v,
  agent: agentId,
  accepted: z.array(count),
  busy: z.array(count),
  /** Tasks that a peer took instead. */
  handedOver: z.array(z.object({ position: count, agent: agentId })),
});
export type OfferAnswer = z.infer<typeof offerAnswer>;

const taskResult = z.intersection(
  taskName.extend({
    durationMs: z.number().min(0),
    /** The peer that handed the task over; absent when a coordinator offered it. */
    from: agentId.exactOptional(),
  }),
  z.union([
    z.object({ status: z.literal("succeeded"), output: value }),
    z.object({ status: z.literal("failed"), error: errorRecord }),
  ]),
);
export type TaskResult = z.infer<typeof taskResult>;

/** Request to `result.<shard>.<agent>`, and the body of a result parked in INBOX. */
export const resultBatch = z.object({ v, agent: agentId, results: z.array(taskResult).min(1) });
export type ResultBatch = z.infer<typeof resultBatch>;

/** Answered after the append. `recorded`: it is the outcome; `stale`: there was one before, or the run is over. */
export const resultAnswer = z.object({
  v,
  epoch: count,
  outcomes: z.array(z.enum(["recorded", "stale"])),
});
export type ResultAnswer = z.infer<typeof resultAnswer>;

const slots = z.object({ light: count, heavy: count, sandbox: count });
export type Slots = z.infer<typeof slots>;

/** Published by each agent; `gone` is said by the supervisor that saw the process end. */
export const heartbeat = z.object({
  v,
  agent: agentId,
  host: z.string(),
  status: z.enum(["serving", "draining", "gone"]),
  slots,
  busy: slots,
  skills: z.array(z.string()),
});
export type Heartbeat = z.infer<typeof heartbeat>;

/** Request to `agent.<agent>.control`. */
export const control = z.discriminatedUnion("command", [
  z.object({ v, command: z.literal("report") }),
  z.object({ v, command: z.literal("drain") }),
  z.object({ v, command: z.literal("cancel"), tasks: z.array(taskName) }),
]);
export type Control = z.infer<typeof control>;

/** Answer to every control request: what the agent holds, running or with its result not yet confirmed. */
export const controlAnswer = z.object({ v, heartbeat, tasks: z.array(taskName) });
export type ControlAnswer = z.infer<typeof controlAnswer>;

/** Addressed to the worker actors of a stage, `stage.<run>.<stage>`, on whatever agents they run. */
export const stageMessage = z.object({ v, kind: z.literal("cancel") });

/** What a person publishes to `jobs` or sends to `submit`. Strict: a typo is an error that names its place. */
export const job = z.strictObject({
  cascade: z.string().min(1),
  inputs: z.record(z.string(), json).exactOptional(),
  /** The same key never makes a second run. */
  key: z.string().min(1).max(256).exactOptional(),
  /** A cascade's YAML text, instead of a registered one; `cascade` then names it in messages. */
  definition: z.string().exactOptional(),
  /** Absolute directory that relative paths mean; default: the coordinator's. */
  directory: z.string().startsWith("/", "must be an absolute path").exactOptional(),
});
export type Job = z.infer<typeof job>;

export const submitAnswer = z.union([
  z.object({ runId, status: z.enum(["accepted", "known"]) }),
  z.object({ error: errorRecord }),
]);

/** Durable word to the owner of a shard, `inbox.<shard>.job.<author>`: a job that another coordinator took in. */
export const handedOverJob = z.object({ v, runId, job });

/** Durable word to the owner of a shard, `inbox.<shard>.cancel.<author>`. */
export const cancelRequest = z.object({ v, run: runId, reason: z.string().max(1_000) });

/** Durable word to the owner of a shard, `inbox.<shard>.approval.<author>`: a person's answer to a stage that waits. */
export const approval = z.object({
  v,
  run: runId,
  stage: stageId,
  approved: z.boolean(),
  by: z.string().min(1).max(100),
  comment: z.string().max(1_000).exactOptional(),
});

/** Published to `events.<run>.<stage>.<type>` after each append, and listed by `query`. */
export const publishedEvent = z.object({
  v,
  run: runId,
  n: z.int().min(1),
  atMs: z.number(),
  type: z.string(),
  data: z.custom<JsonObject>((data) => typeof data === "object" && data !== null),
});
export type PublishedEvent = z.infer<typeof publishedEvent>;

/** Request to `query.<shard>`: the events of a run after `after`, as many as fit one message. */
export const query = z.object({ v, run: runId, after: count });
export const queryAnswer = z.union([
  z.object({ v, events: z.array(publishedEvent), more: z.boolean() }),
  z.object({ error: errorRecord }),
]);

const decoder = new TextDecoder("utf-8", { fatal: true });
/** A quick look before the slow walk over every key; an escaped spelling also has a backslash-u. */
const MAY_HOLD_FORBIDDEN_KEY = /__proto__|constructor|prototype|\\u/;

export function encodeMessage(message: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(message)); // faster than a TextEncoder for the short texts that most are
}

/**
 * Reads and checks a message.
 * @throws SwarmError with `code` (default `invalid-message`) that points at the first thing wrong
 */
export function decodeMessage<Message>(
  schema: z.ZodType<Message>,
  bytes: Uint8Array,
  code: ErrorCode = "invalid-message",
): Message {
  let data: unknown;
  try {
    const text = decoder.decode(bytes);
    data = MAY_HOLD_FORBIDDEN_KEY.test(text)
      ? JSON.parse(text, refuseForbiddenKeys)
      : JSON.parse(text);
  } catch (error) {
    if (error instanceof ForbiddenKey) throw new SwarmError(code, error.message);
    throw new SwarmError(code, `not JSON: ${(error as Error).message}`, { cause: error });
  }
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const pointer = `/${(issue?.path ?? []).map(String).join("/")}`;
  throw new SwarmError(code, `${pointer}: ${issue?.message ?? "does not fit"}`, {
    location: { pointer },
  });
}

function refuseForbiddenKeys(key: string, data: unknown): unknown {
  if (FORBIDDEN_KEYS.has(key)) {
    throw new ForbiddenKey(`the key ${JSON.stringify(key)} is not allowed`);
  }
  return data;
}

class ForbiddenKey extends Error {}
