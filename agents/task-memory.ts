import { randomBytes } from "node:crypto";
import type { NatsConnection } from "nats";
import pLimit from "p-limit";
import type { Logger } from "pino";
import { failureOf, isUnheard } from "../bus/failures.ts";
import type { Link } from "../bus/link.ts";
import {
  type MemoryAnswer,
  type MemoryFinding,
  type MemoryQuestion,
  type MemoryRequest,
  memoryReply,
} from "../bus/memory-messages.ts";
import { decodeMessage, encodeMessage, type Task } from "../bus/messages.ts";
import { request } from "../bus/requests.ts";
import type { Clock } from "../core/clock.ts";
import { fromErrorRecord, SwarmError } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import type { Json } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import { reservedKeyIn } from "../core/memory.ts";
import type { Subjects } from "../core/subjects.ts";
import type { Value } from "../core/value.ts";
import { type BlobCache, withoutServer } from "./blob-cache.ts";
import type { RemoteBlobs } from "./remote-blobs.ts";
import type { AskMemory } from "./skill-memory.ts";

export interface TaskMemoriesOptions {
  readonly connection: NatsConnection;
  readonly link: Link;
  readonly subjects: Subjects;
  readonly agentId: AgentId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly blobs: RemoteBlobs;
  readonly blobCache: BlobCache;
}

const ANSWER_TIMEOUT_MS = 2_000;
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/** Asks the owners of shards for what tasks want of the memory: agents have no right on it themselves. */
export class TaskMemories {
  readonly #options: TaskMemoriesOptions;

  constructor(options: TaskMemoriesOptions) {
    this.#options = options;
  }

  /** @param signal of the task: while it is not aborted, a question is asked until it is answered */
  of(task: Task, signal: AbortSignal): AskMemory {
    const writer = randomBytes(9).toString("base64url");
    const oneByOne = pLimit(1);
    let asked = 0;
    const ask = async (question: MemoryQuestion): Promise<MemoryFinding> => {
      asked += 1;
      const id = `${writer}.${asked}`;
      return this.#finding(await this.#ask(task, id, await this.#withObject(question), signal));
    };
    return (question) =>
      question.op === "write" || question.op === "delete"
        ? oneByOne(() => ask(question))
        : ask(question);
  }

  /**
   * The request has one id however often it is sent, and the writes of a task go one after the other: so the memory can
   * tell whether one whose answer was lost was carried out.
   */
  async #ask(
    task: Task,
    id: string,
    question: MemoryRequest["question"],
    signal: AbortSignal,
  ): Promise<MemoryAnswer> {
    const { agentId } = this.#options;
    const { run, stage, index, attempt } = task;
    const name = { run, stage, index, attempt };
    const sent = { v: 1, id, agent: agentId, task: name, question } as const;
    let isAgain = false;
    let pauseMs = SHORTEST_PAUSE_MS;
    for (;;) {
      signal.throwIfAborted();
      const answer = await this.#answered(task, { ...sent, isAgain });
      if (answer !== undefined) return answer;
      isAgain = true;
      await this.#pause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  /** Undefined when nobody answered, or one who owned the shard before the task was offered. */
  async #answered(task: Task, body: MemoryRequest): Promise<MemoryAnswer | undefined> {
    const { connection, link, subjects, agentId, logger } = this.#options;
    const subject = subjects.memory(task.shard, agentId);
    try {
      const payload = encodeMessage(body);
      const message = await request(connection, link, subject, payload, ANSWER_TIMEOUT_MS);
      const { epoch, answer } = decodeMessage(memoryReply, message.data);
      return epoch >= task.epoch ? answer : undefined;
    } catch (error) {
      if (!isUnheard(error) && failureOf(error) !== "unknown") throw error;
      logger.debug({ event: "memory.unanswered", shard: task.shard, err: error });
      return undefined;
    }
  }

  async #finding(answer: MemoryAnswer): Promise<MemoryFinding> {
    if (answer.status === "refused") throw fromErrorRecord(answer.error);
    if (answer.status === "written" || answer.status === "listed") return answer;
    const { value, ...rest } = answer;
    return value === undefined ? rest : { ...rest, value: await this.#content(value) };
  }

  /** A copy: what one skill does to it is not seen by another. */
  async #content(value: Value): Promise<Json> {
    if ("value" in value) return value.value;
    const content = await this.#options.blobCache.json(value.blob);
    if (reservedKeyIn(content) !== undefined) {
      throw new SwarmError("record-corrupt", "an object of the memory has a reserved key");
    }
    return structuredClone(content);
  }

  async #withObject(question: MemoryQuestion): Promise<MemoryRequest["question"]> {
    if (question.op !== "write") return question;
    const { value, ...rest } = question;
    const text = JSON.stringify(value);
    if (Buffer.byteLength(text) <= LIMITS.inlineValueBytes) return { ...rest, value: { value } };
    try {
      return { ...rest, value: { blob: await this.#options.blobs.put(Buffer.from(text)) } };
    } catch (error) {
      throw withoutServer("store a value of the memory", error);
    }
  }

  /** Cut short by a reconnect, after which an answer may come. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { clock, link } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.schedule(ms, resolve);
    const forget = link.onReconnect(resolve);
    const stop = (): void => resolve();
    signal.addEventListener("abort", stop, { once: true });
    await promise;
    signal.removeEventListener("abort", stop);
    cancel();
    forget();
  }
}
