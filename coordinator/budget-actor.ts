import type { Msg, NatsConnection, Subscription } from "nats";
import pLimit from "p-limit";
import type { Logger } from "pino";
import {
  type BudgetAnswer,
  type BudgetQuestion,
  type BudgetRequest,
  budgetRequest,
} from "../bus/budget-messages.ts";
import { failureOf } from "../bus/failures.ts";
import { decodeMessage, encodeMessage } from "../bus/messages.ts";
import { answer } from "../bus/requests.ts";
import { refuseForged } from "../bus/sender.ts";
import { type Budget, type BudgetDecision, decideCall } from "../core/budget.ts";
import type { Reservation } from "../core/budget-account.ts";
import type { Clock } from "../core/clock.ts";
import { SwarmError, toErrorRecord } from "../core/errors.ts";
import type { Subjects } from "../core/subjects.ts";
import type { DayBudgets } from "../store/day-budgets.ts";
import type { RunState } from "./run-state.ts";
import type { ShardOwner } from "./shard-owner.ts";

export interface BudgetActorOptions {
  readonly connection: NatsConnection;
  readonly subjects: Subjects;
  readonly logger: Logger;
  readonly clock: Clock;
  /** What all runs together may spend in a day of UTC; undefined: as much as they like. */
  readonly perDay: PerDay | undefined;
}

export interface PerDay {
  readonly limit: Budget;
  readonly days: DayBudgets;
}

type Reserve = Extract<BudgetQuestion, { readonly op: "reserve" }>;
type Settle = Extract<BudgetQuestion, { readonly op: "settle" }>;

/**
 * Allows calls of models, one by one, before they are made: the owner of a run's shard decides by what the log has reserved and
 * spent, appends the reservation and only then answers. So a wave of calls cannot get more than the budget holds, and the next
 * owner knows what this one gave away.
 */
export class BudgetActor {
  readonly #options: BudgetActorOptions;
  /** A day's record is written by one at a time here, and by CAS against other coordinators. */
  readonly #dayTurn = pLimit(1);

  constructor(options: BudgetActorOptions) {
    this.#options = options;
  }

  /** Listens for what agents ask for the runs of a shard; whoever does not own it stays silent. */
  listen(owner: ShardOwner): Subscription {
    const { connection, subjects } = this.#options;
    return connection.subscribe(subjects.budgetOf(owner.shard), {
      callback: (error, message) => {
        if (error === null) void this.#receive(owner, message);
      },
    });
  }

  async #receive(owner: ShardOwner, message: Msg): Promise<void> {
    const { logger } = this.#options;
    let request: BudgetRequest;
    try {
      request = decodeMessage(budgetRequest, message.data);
      refuseForged(message.subject.split(".").at(-1), request.agent);
    } catch (error) {
      logger.warn({ event: "message.refused", subject: message.subject, err: error });
      return;
    }
    try {
      const { question } = request;
      const given =
        question.op === "reserve"
          ? await this.#reserve(owner, request, question)
          : await this.#settle(owner, request, question);
      if (given !== undefined) this.#answer(owner, message, given);
    } catch (error) {
      // Not known to have happened, so not answered: it is asked again.
      if (failureOf(error) === "unknown") logger.warn({ event: "budget.unknown", err: error });
      else this.#answer(owner, message, { status: "refused", error: toErrorRecord(error) });
    }
  }

  #answer(owner: ShardOwner, message: Msg, given: BudgetAnswer): void {
    const send = (): void => {
      answer(message, encodeMessage({ v: 1, epoch: owner.log.epoch, answer: given }));
    };
    if (given.status === "granted" || given.status === "settled") owner.afterStored(send);
    else send();
  }

  async #reserve(
    owner: ShardOwner,
    request: BudgetRequest,
    question: Reserve,
  ): Promise<BudgetAnswer | undefined> {
    const { perDay } = this.#options;
    if (perDay === undefined) return this.#reserveInRun(owner, request, question);
    return this.#dayTurn(() => this.#reserveInDay(owner, request, question, perDay));
  }

  /** Decided and recorded without a pause in between: of two that ask at once, the second sees what the first got. */
  #reserveInRun(
    owner: ShardOwner,
    request: BudgetRequest,
    question: Reserve,
    day?: string,
  ): BudgetAnswer {
    const run = runOf(owner, request);
    const known = run.budget.reservation(question.id);
    if (known !== undefined) return grantedFor(known.day);
    const decision = decisionIn(run, request, question);
    if (decision.status !== "granted") return answerOf(decision);
    const { stage, index, attempt } = request.task;
    const { id, model, tokens, usd } = question;
    owner.record(run, {
      ...{ type: "budget.reserved", stage, index, attempt, agent: request.agent },
      ...{ id, model, tokens, usd },
      ...(day === undefined ? {} : { day }),
    });
    return grantedFor(day);
  }

  /** Undefined when the shard was lost meanwhile: the next owner answers, and finds the call in the day's record. */
  async #reserveInDay(
    owner: ShardOwner,
    request: BudgetRequest,
    question: Reserve,
    { limit, days }: PerDay,
  ): Promise<BudgetAnswer | undefined> {
    const { clock } = this.#options;
    const run = runOf(owner, request);
    const { id, model, tokens, usd } = question;
    const known = run.budget.reservation(id);
    if (known !== undefined) return grantedFor(known.day);
    // What the run has no room for must not be taken from the day.
    const inRun = decisionIn(run, request, question);
    if (inRun.status !== "granted") return answerOf(inRun);
    const day = new Date(clock.wallMs()).toISOString().slice(0, 10);
    const inDay = await days.reserve(day, limit, {
      ...{ id, model, tokens, usd },
      where: whereOf(request),
    });
    if (run.abandoned) return undefined;
    if (inDay.status !== "granted") return answerOf(inDay);
    return this.#reserveInRun(owner, request, question, day);
  }

  async #settle(
    owner: ShardOwner,
    request: BudgetRequest,
    { id, tokens, usd, day }: Settle,
  ): Promise<BudgetAnswer> {
    const { perDay } = this.#options;
    if (day !== undefined && perDay !== undefined) {
      await this.#dayTurn(() => perDay.days.settle(day, id, { tokens, usd }));
    }
    const run = owner.runs.get(request.task.run);
    const reservation = run?.budget.reservation(id);
    const isOver = run === undefined || run.ended || run.abandoned;
    if (!isOver && reservation !== undefined && reservation.counted === undefined) {
      owner.record(run, { type: "budget.settled", stage: reservation.stage, id, tokens, usd });
    }
    return { status: "settled" };
  }
}

function grantedFor(day: string | undefined): BudgetAnswer {
  return { status: "granted", ...(day === undefined ? {} : { day }) };
}

function decisionIn(run: RunState, request: BudgetRequest, question: Reserve): BudgetDecision {
  const standings = run.budget.standings(
    (reservation) => isUnderWay(run, reservation),
    request.task.stage,
  );
  return decideCall(standings, { ...question, where: whereOf(request) });
}

function answerOf(decision: Exclude<BudgetDecision, { status: "granted" }>): BudgetAnswer {
  if (decision.status === "full") return { status: "full" };
  return { status: "refused", error: toErrorRecord(decision.error) };
}

function whereOf({ task: { stage, index } }: BudgetRequest): string {
  return `stage ${stage}, task ${index}`;
}

/** While its attempt is, a call may still be settled. */
function isUnderWay(run: RunState, { stage, index, attempt }: Reservation): boolean {
  const task = run.task(stage, index);
  return task?.status === "offered" && task.attempt === attempt;
}

/** @throws SwarmError `task-cancelled` for a task that is not under way: nothing is spent for it any more */
function runOf(owner: ShardOwner, { task }: BudgetRequest): RunState {
  const run = owner.runs.get(task.run);
  const state = run?.task(task.stage, task.index);
  const isOver =
    run === undefined ||
    run.ended ||
    run.abandoned ||
    state === undefined ||
    state.status === "succeeded" ||
    state.status === "failed";
  if (!isOver) return run;
  const message = `the task ${task.run}/${task.stage}/${task.index} is over`;
  throw new SwarmError("task-cancelled", message, { disposition: "cancelled" });
}
