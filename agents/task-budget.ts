import { randomBytes } from "node:crypto";
import type { NatsConnection } from "nats";
import type { Logger } from "pino";
import {
  type BudgetAnswer,
  type BudgetQuestion,
  type BudgetRequest,
  budgetReply,
} from "../bus/budget-messages.ts";
import { failureOf, isUnheard } from "../bus/failures.ts";
import type { Link } from "../bus/link.ts";
import { decodeMessage, encodeMessage, type Task } from "../bus/messages.ts";
import { request } from "../bus/requests.ts";
import type { Clock } from "../core/clock.ts";
import { fromErrorRecord } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import type { CallBudget } from "../core/model.ts";
import type { Subjects } from "../core/subjects.ts";

export interface TaskBudgetsOptions {
  readonly connection: NatsConnection;
  readonly link: Link;
  readonly subjects: Subjects;
  readonly agentId: AgentId;
  readonly clock: Clock;
  readonly logger: Logger;
}

const ANSWER_TIMEOUT_MS = 2_000;
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/** Asks the owners of shards whether models may be called for tasks of their runs. */
export class TaskBudgets {
  readonly #options: TaskBudgetsOptions;

  constructor(options: TaskBudgetsOptions) {
    this.#options = options;
  }

  /**
   * Undefined for a task under no budget, for which nobody is asked.
   * @param signal of the task: while it is not aborted, a question is asked until it is answered
   */
  of(task: Task, signal: AbortSignal): CallBudget | undefined {
    if (task.budgeted !== true) return undefined;
    const asker = randomBytes(9).toString("base64url");
    let asked = 0;
    return {
      reserve: async ({ model, tokens, usd }) => {
        asked += 1;
        const id = `${asker}.${asked}`;
        const granted = await this.#ask(
          task,
          { op: "reserve", id, model, tokens: Math.ceil(tokens), usd },
          signal,
        );
        const day = granted.status === "granted" ? granted.day : undefined;
        return {
          settle: async (counted) => {
            const rest = day === undefined ? {} : { day };
            await this.#ask(task, { op: "settle", id, ...counted, ...rest }, signal);
          },
        };
      },
    };
  }

  /** The question has one id however often it is sent. */
  async #ask(
    task: Task,
    question: BudgetQuestion,
    signal: AbortSignal,
  ): Promise<Exclude<BudgetAnswer, { status: "full" | "refused" }>> {
    const { agentId } = this.#options;
    const { run, stage, index, attempt } = task;
    const sent = { v: 1, agent: agentId, task: { run, stage, index, attempt }, question } as const;
    let pauseMs = SHORTEST_PAUSE_MS;
    for (;;) {
      signal.throwIfAborted();
      const answer = await this.#answered(task, sent);
      if (answer?.status === "refused") throw fromErrorRecord(answer.error);
      if (answer !== undefined && answer.status !== "full") return answer;
      await this.#pause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  /** Undefined when nobody answered, or one who owned the shard before the task was offered. */
  async #answered(task: Task, body: BudgetRequest): Promise<BudgetAnswer | undefined> {
    const { connection, link, subjects, agentId, logger } = this.#options;
    const subject = subjects.budget(task.shard, agentId);
    try {
      const payload = encodeMessage(body);
      const message = await request(connection, link, subject, payload, ANSWER_TIMEOUT_MS);
      const { epoch, answer } = decodeMessage(budgetReply, message.data);
      return epoch >= task.epoch ? answer : undefined;
    } catch (error) {
      if (!isUnheard(error) && failureOf(error) !== "unknown") throw error;
      logger.debug({ event: "budget.unanswered", shard: task.shard, err: error });
      return undefined;
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
