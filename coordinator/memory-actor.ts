import type { Msg, NatsConnection, Subscription } from "nats";
import pLimit, { type LimitFunction } from "p-limit";
import type { Logger } from "pino";
import { failureOf } from "../bus/failures.ts";
import { type MemoryAnswer, type MemoryRequest, memoryRequest } from "../bus/memory-messages.ts";
import { decodeMessage, encodeMessage } from "../bus/messages.ts";
import { answer } from "../bus/requests.ts";
import { refuseForged } from "../bus/sender.ts";
import { SwarmError, toErrorRecord } from "../core/errors.ts";
import { refuseOver } from "../core/limits.ts";
import {
  checkedMemoryKey,
  isDeclared,
  type MemorySpace,
  reservedKeyIn,
  type StageMemory,
} from "../core/memory.ts";
import type { PlanStage } from "../core/plan.ts";
import type { Subjects } from "../core/subjects.ts";
import type { Value } from "../core/value.ts";
import type { KeptEntry, Memory } from "../store/memory.ts";
import { bucketKey } from "../store/memory-key.ts";
import type { RunState } from "./run-state.ts";
import type { ShardOwner } from "./shard-owner.ts";

export interface MemoryActorOptions {
  readonly connection: NatsConnection;
  readonly subjects: Subjects;
  readonly logger: Logger;
  readonly memory: Memory;
}

/** A question of a task that may ask it. */
interface Asked {
  readonly owner: ShardOwner;
  readonly run: RunState;
  readonly stage: PlanStage;
  readonly declared: StageMemory;
  readonly space: MemorySpace;
  readonly request: MemoryRequest;
}

interface GivenWrite {
  readonly key: string;
  readonly value: Value | undefined;
  readonly expected?: number;
  readonly ttlMs?: number;
}

/**
 * The only way from tasks to the memory: it checks that the task is under way and that its stage declares the key.
 *
 * Here the write comes before its event, the other way round than everywhere else. Whether a write that expects a
 * revision succeeds is known only when the server has decided, so there is no fact to append before; and the event
 * orders nothing, so that no replay depends on it. What a crash between the two leaves is a write that nobody was told of:
 * the agent asks again with the same id, which the value carries on however often others write since, and the next owner
 * finds it, tells of it in the log and answers. Without an answer nothing counts as written.
 */
export class MemoryActor {
  readonly #options: MemoryActorOptions;
  /** Of keys that are being written. */
  readonly #turns = new Map<string, LimitFunction>();

  /** What was written last to those that others wait to write: who has seen less is told without asking the server. */
  readonly #latest = new Map<string, { readonly revision: number; readonly value?: Value }>();

  constructor(options: MemoryActorOptions) {
    this.#options = options;
  }

  /** Listens for what tasks of a shard's runs ask; whoever does not own it stays silent. */
  listen(owner: ShardOwner): Subscription {
    const { connection, subjects } = this.#options;
    return connection.subscribe(subjects.memoryOf(owner.shard), {
      callback: (error, message) => {
        if (error === null) void this.#receive(owner, message);
      },
    });
  }

  async #receive(owner: ShardOwner, message: Msg): Promise<void> {
    const { logger } = this.#options;
    let request: MemoryRequest;
    try {
      request = decodeMessage(memoryRequest, message.data);
      refuseForged(message.subject.split(".").at(-1), request.agent);
    } catch (error) {
      logger.warn({ event: "message.refused", subject: message.subject, err: error });
      return;
    }
    try {
      this.#answer(owner, message, await this.#carryOut(owner, request));
    } catch (error) {
      // Not known to have happened, so not answered: it is asked again.
      if (failureOf(error) === "unknown") logger.warn({ event: "memory.unknown", err: error });
      else this.#answer(owner, message, { status: "refused", error: toErrorRecord(named(error)) });
    }
  }

  /** What the memory has is stored; that something was written is told when it stands in the log, too. */
  #answer(owner: ShardOwner, message: Msg, given: MemoryAnswer): void {
    const send = (): void => {
      answer(message, encodeMessage({ v: 1, epoch: owner.log.epoch, answer: given }));
    };
    if (given.status === "written") owner.afterStored(send);
    else send();
  }

  async #carryOut(owner: ShardOwner, request: MemoryRequest): Promise<MemoryAnswer> {
    const asked = askedOf(owner, request);
    const { question } = request;
    switch (question.op) {
      case "read":
        refuseUndeclared(asked, "read", question.key);
        return this.#read(asked, question.key);
      case "write": {
        refuseUndeclared(asked, "write", question.key);
        if (question.expected !== undefined) refuseUndeclared(asked, "read", question.key);
        return this.#write(asked, { ...question, value: checkedValue(question.value) });
      }
      case "delete":
        refuseUndeclared(asked, "write", question.key);
        return this.#write(asked, { key: question.key, value: undefined });
      case "list":
        return this.#list(asked, question.prefix);
      default:
        return question satisfies never;
    }
  }

  async #read({ space }: Asked, key: string): Promise<MemoryAnswer> {
    const { revision, entry } = await this.#options.memory.read(space, key);
    return { status: "found", ...found(revision, entry) };
  }

  /** Writes of one key go one after the other, so that of many writers only one makes the server refuse. */
  #write(asked: Asked, given: GivenWrite): Promise<MemoryAnswer> {
    const name = bucketKey(asked.space, given.key);
    const turn = this.#turns.get(name) ?? pLimit(1);
    this.#turns.set(name, turn);
    return turn(() => this.#writeNow(asked, given, name)).finally(() => {
      if (turn.activeCount + turn.pendingCount > 0) return;
      this.#turns.delete(name);
      this.#latest.delete(name);
    });
  }

  async #writeNow(asked: Asked, given: GivenWrite, name: string): Promise<MemoryAnswer> {
    const { space, stage, declared, run, request } = asked;
    const { id, agent, isAgain } = request;
    const { key, value, expected } = given;
    const ttlMs = given.ttlMs ?? declared.ttlMs;
    if (ttlMs !== undefined) refuseOver("memoryTtlMs", ttlMs);
    const latest = this.#latest.get(name);
    const isLate = expected !== undefined && latest !== undefined && expected < latest.revision;
    if (isLate && !isAgain) return { status: "conflict", ...latest };
    const end = await this.#options.memory.write({
      ...{ space, id, key, value },
      by: { run: run.runId, stage: stage.id, agent },
      ...(ttlMs === undefined ? {} : { ttlMs }),
      ...(expected === undefined ? {} : { expected }),
    });
    const { revision } = end;
    if (end.status === "conflict") return { status: "conflict", ...found(revision, end.entry) };
    if (!isAgain) this.#latest.set(name, { revision, ...(value === undefined ? {} : { value }) });
    refuseEnded(asked.owner, run);
    asked.owner.record(run, {
      ...{ type: "memory.written", stage: stage.id, key, scope: space.kind, revision },
      ...(value === undefined ? { isDeletion: true } : {}),
      agent,
    });
    return { status: "written", revision };
  }

  async #list({ space, declared }: Asked, prefix: string): Promise<MemoryAnswer> {
    const entries = await this.#options.memory.list(space, prefix);
    const keys = entries.filter(({ status, key }) => {
      return status === "kept" && isDeclared(declared.read, key);
    });
    return { status: "listed", keys: keys.map(({ key }) => key) };
  }
}

/** @throws SwarmError `memory-denied` for a task that is not under way and for a stage without a memory */
function askedOf(owner: ShardOwner, request: MemoryRequest): Asked {
  const { task } = request;
  const run = owner.runs.get(task.run);
  if (run === undefined) throw denied(`the run ${task.run} is over`);
  refuseEnded(owner, run);
  const state = run.task(task.stage, task.index);
  if (state === undefined || state.status === "succeeded" || state.status === "failed") {
    throw denied(`the task ${task.run}/${task.stage}/${task.index} is over`);
  }
  const stage = run.stage(run.position(task.stage));
  const declared = stage.memory;
  if (declared === undefined) {
    throw denied(`the stage ${stage.id} declares no keys of the memory`, HINT);
  }
  return { owner, run, stage, declared, space: spaceOf(declared, run), request };
}

const HINT = "add `memory: {read_keys: […], write_keys: […]}` to the stage";

function refuseUndeclared({ stage, declared }: Asked, right: "read" | "write", key: string): void {
  checkedMemoryKey(key);
  if (isDeclared(declared[right], key)) return;
  const known = declared[right].join(", ");
  const may = known === "" ? `it may ${right} none` : `it may ${right}: ${known}`;
  throw denied(`the stage ${stage.id} may not ${right} ${JSON.stringify(key)} (${may})`, HINT);
}

function refuseEnded(owner: ShardOwner, run: RunState): void {
  if (run.ended || run.abandoned || owner.runs.get(run.runId) !== run) {
    throw denied(`the run ${run.runId} is over`);
  }
}

function found(revision: number, entry: KeptEntry | undefined) {
  return { revision, ...(entry === undefined ? {} : { value: entry.value }) };
}

function named(error: unknown): unknown {
  if (failureOf(error) !== "storage-full") return error;
  const message = "the server has no room for what the memory is to keep";
  return new SwarmError("storage-full", message, { disposition: "retry", cause: error });
}

function denied(message: string, hint?: string): SwarmError {
  return new SwarmError("memory-denied", message, hint === undefined ? {} : { hint });
}

function checkedValue(value: Value): Value {
  if ("blob" in value) return value;
  const reserved = reservedKeyIn(value.value);
  if (reserved !== undefined) {
    throw new SwarmError("invalid-message", `a value has the reserved key ${reserved}`);
  }
  refuseOver("inlineValueBytes", Buffer.byteLength(JSON.stringify(value.value)));
  return value;
}

/** Where the stage's memory is, for this run. */
export function spaceOf({ space }: StageMemory, run: RunState): MemorySpace {
  return space.kind === "run" ? { kind: "run", run: run.runId } : space;
}
