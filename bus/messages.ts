import { z } from "zod";
import { ERROR_CODES, type ErrorCode, type ErrorRecord, SwarmError } from "../core/errors.ts";
import { type AgentId, isToken, type RunId, type StageId } from "../core/ids.ts";
import { FORBIDDEN_KEYS, type Json, type JsonObject } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import { MODEL_FEATURES } from "../core/model.ts";
import type { Lane, TopologyName } from "../core/plan.ts";
import { STEP_NAME } from "../core/steps.ts";
import type { Value } from "../core/value.ts";

/** What travels on the bus. Every message carries `v`; a reader of another version says so. */
const VERSION = 1;

const token = z.string().refine(isToken, "must be 1 to 64 letters, digits, hyphens or underscores");
const runId = token.transform((text) => text as RunId);
const stageId = token.transform((text) => text as StageId);
export const agentId = token.transform((text) => text as AgentId);
export const count = z.int().min(0);
const lane: z.ZodType<Lane> = z.enum(["light", "heavy", "sandbox"]);
const topology: z.ZodType<TopologyName> = z.enum(["mesh", "hierarchical", "star", "ring"]);
export const v = z.literal(VERSION);
/** Data is plain JSON because it came through `JSON.parse`; forbidden keys were refused there. */
export const json = z.custom<Json>((data) => data !== undefined);
const blobRef = z.object({ name: z.string().regex(/^[0-9a-f]{64}$/), bytes: count });
export const value: z.ZodType<Value> = z.union([
  z.object({ blob: blobRef }),
  z.object({ value: json }),
]);

const stepName = z.string().regex(STEP_NAME, "must name a step");

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
  retryAfterMs: z.number().exactOptional(),
});

/** Names one attempt at one task. */
export const taskName = z.object({
  run: runId,
  stage: stageId,
  index: count,
  attempt: z.int().min(1),
});
export type TaskName = z.infer<typeof taskName>;

/** The unit handed to an agent. `inputs` may hold blob pointers (`core/value.ts`), which the agent loads. */
export const task = taskName.extend({
  shard: count,
  /** Epoch of the owner that offers it; an answer with a lower one is ignored. */
  epoch: count,
  cascade: z.string(),
  skill: z.string(),
  /** The sha256 of the skill's folder that the run is pinned to. */
  digest: z.string().exactOptional(),
  lane,
  inputs: z.custom<JsonObject>((data) => typeof data === "object" && data !== null),
  /** What is kept of the output: from the name that it has then to the skill's own. */
  outputs: z.record(z.string(), z.string()).exactOptional(),
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
  /** Models are called for it only when the owner of its run's shard allows each call. */
  budgeted: z.literal(true).exactOptional(),
  /** What earlier attempts recorded; absent when that is nothing. */
  steps: z.array(z.object({ name: stepName, value })).exactOptional(),
  /** Of a stage with a swarm of its own: its members that were there, in the order that the topology goes by. */
  team: z.object({ topology, members: z.array(agentId) }).exactOptional(),
});
export type Task = z.infer<typeof task>;

/** Request to `agent.<agent>.task`, `lane.<lane>` or, from a peer, `peer.<from>.<to>.task`. */
export const offer = z.object({
  v,
  from: token,
  tasks: z.array(task).min(1),
  /** From a peer: the members that had no room, first to last, of which it is the last. */
  path: z.array(agentId).exactOptional(),
});
export type Offer = z.infer<typeof offer>;

/** Positions are those of `Offer.tasks`; each stands in exactly one list. */
export const offerAnswer = z.object({
  v,
  agent: agentId,
  accepted: z.array(count),
  busy: z.array(count),
  /** Tasks that another member took instead, and which. */
  handedOver: z.array(z.object({ position: count, agent: agentId })),
});
export type OfferAnswer = z.infer<typeof offerAnswer>;

const taskOutcome = z.intersection(
  taskName.extend({
    durationMs: z.number().min(0),
    /** The peer that handed the task over; absent when a coordinator offered it. */
    from: agentId.exactOptional(),
    /** Who ran it, when the lead of its branch delivers. */
    agent: agentId.exactOptional(),
  }),
  z.union([
    z.object({
      status: z.literal("succeeded"),
      output: value,
      scrubbed: z.array(z.string()).readonly().exactOptional(),
    }),
    z.object({ status: z.literal("failed"), error: errorRecord }),
  ]),
);
export type TaskOutcome = z.infer<typeof taskOutcome>;

/** A part of a task that runs on, recorded so that no attempt does it again. */
const taskStep = taskName.extend({ status: z.literal("step"), name: stepName, value });
export type TaskStep = z.infer<typeof taskStep>;

/** What an agent delivers of a task: an outcome, or a step on the way there. */
const taskResult = z.union([taskStep, taskOutcome]);
export type TaskResult = z.infer<typeof taskResult>;

/** Request to `result.<shard>.<agent>`, and the body of a result parked in INBOX. */
export const resultBatch = z.object({ v, agent: agentId, results: z.array(taskResult).min(1) });
export type ResultBatch = z.infer<typeof resultBatch>;

/** Request from a worker to its lead, `peer.<worker>.<lead>.result`; answered when all are stored. */
export const peerResults = z.object({
  v,
  from: agentId,
  results: z.array(z.object({ shard: count, epoch: count, result: taskOutcome })).min(1),
});
export type PeerResults = z.infer<typeof peerResults>;

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

/** Published by each coordinator with every renewal of its leases, and when it leaves. */
export const coordinatorHeartbeat = z.object({
  v,
  coordinator: token,
  status: z.enum(["serving", "gone"]),
  /** How many it owns. */
  shards: count,
});

/** Request to `agent.<agent>.control`. */
export const control = z.discriminatedUnion("command", [
  z.object({ v, command: z.literal("report") }),
  /** What takes longer than `withinMs` is given up; default: the agent's own time. */
  z.object({ v, command: z.literal("drain"), withinMs: count.exactOptional() }),
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
  /**
   * Begins with what an earlier run of this cascade did, under that run's plan: its stages that succeeded are taken over, but for
   * those named and all that need them. Inputs are that run's, but for those given.
   */
  rerun: z
    .strictObject({ run: runId, from: z.array(stageId).min(1).exactOptional() })
    .exactOptional(),
  /** Absolute directory that relative paths mean; default: the coordinator's, or that of the run that is begun with. */
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
  /** What was shown: `content` of the `stage.paused` event. An answer for other content is refused. */
  content: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
});

const by = z.string().min(1).max(100);
const reason = z.string().max(1_000);
/** Request to `control`: does something to a run, and is answered when that is stored. Strict: a typo is an error. */
export const runCommand = z.discriminatedUnion("command", [
  z.strictObject({ v, command: z.literal("cancel"), run: runId, by, reason }),
  z.strictObject({ v, command: z.literal("pause"), run: runId, by, reason }),
  z.strictObject({ v, command: z.literal("resume"), run: runId, by }),
  z.strictObject({ v, command: z.literal("approve"), ...approval.omit({ v: true }).shape }),
  z.strictObject({
    v,
    command: z.literal("signal"),
    run: runId,
    by,
    name: token,
    data: json.default(null),
    /** The same one counts once, so that a signal may be sent again when its answer is lost. */
    id: token,
  }),
]);
export type RunCommand = z.infer<typeof runCommand>;

/** `n`: number of the run's last event when it was stored. */
export const runCommandAnswer = z.union([
  z.object({ v, run: runId, n: count }),
  z.object({ error: errorRecord }),
]);

/** A task out of attempts, on the dead-letter list. */
export const deadTask = z.object({
  v,
  run: runId,
  stage: stageId,
  index: count,
  attempt: count,
  error: errorRecord,
});
export type DeadTask = z.infer<typeof deadTask>;

/** A job that could not be a run, on the dead-letter list. */
export const deadJob = z.object({
  v,
  error: errorRecord,
  /** As it came, in base64. */
  job: z.base64(),
});
export type DeadJob = z.infer<typeof deadJob>;

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

/** Request to `query.<shard>`: the events of a run after `after`, as many as fit one message; with `ends`, the first and the last. */
export const query = z.object({ v, run: runId, after: count, ends: z.boolean().exactOptional() });
export const queryAnswer = z.union([
  z.object({ v, events: z.array(publishedEvent), more: z.boolean() }),
  z.object({ error: errorRecord }),
]);

/** Request to `runs.<shard>`: the ids of its runs, the newest first; those that are older than `before`. */
export const listing = z.object({
  v,
  most: z.int().min(1).max(LIMITS.listedRuns),
  before: runId.exactOptional(),
});
export const listingAnswer = z.union([
  z.object({ v, runs: z.array(runId) }),
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
