import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import type { Json } from "../core/json.ts";
import type {
  CallBudget,
  ModelAnswer,
  ModelCall,
  ModelFailureClass,
  ModelMessage,
  ModelRequest,
  ModelResult,
  ModelSwitch,
  ModelUsage,
  ModelVendor,
  ReservedCall,
} from "../core/model.ts";
import { type AnswerCheck, answerCheck } from "./answer-json.ts";
import type { Breaker } from "./breaker.ts";
import { withData } from "./context-format.ts";
import { DEFAULT_OUTPUT_TOKENS, decisionFor } from "./decision-for.ts";
import { ModelError } from "./model-error.ts";
import { costOf, worstCostOf } from "./price.ts";
import type { RouteCandidate, RouteDecision } from "./router.ts";
import type { ModelServiceOptions } from "./service-options.ts";
import { nextStep } from "./switching.ts";
import { estimateTokens } from "./token-estimate.ts";
import { sumOfUsage } from "./usage.ts";

/** Failures of calls that a vendor may bill all the same, without saying how much. */
const MAY_BE_BILLED: ReadonlySet<ModelFailureClass> = new Set([
  "connection",
  "refusal",
  "invalid-output",
] as const);

/** What a call comes to that a vendor may have billed without saying how much, and one that it did not take. */
const NOT_KNOWN = { tokens: null, usd: null } as const;
const NOTHING = { tokens: 0, usd: 0 } as const;

interface Order {
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly budget: CallBudget | undefined;
}

/** One request: the models that were decided on are asked in turn until one has answered. */
export class Generation {
  readonly #options: ModelServiceOptions;
  readonly #breaker: Breaker;
  readonly #request: ModelRequest;
  readonly #logger: Logger;
  readonly #signal: AbortSignal;
  readonly #budget: CallBudget | undefined;
  #endsAtMs: number;
  readonly #decision: RouteDecision;
  readonly #check: AnswerCheck | undefined;
  readonly #usages: ModelUsage[] = [];
  readonly #costs: (number | null)[] = [];
  readonly #switches: ModelSwitch[] = [];
  #hasShownText = false;

  constructor(options: ModelServiceOptions, breaker: Breaker, order: Order) {
    const { clock, deadlineMs } = options;
    this.#options = options;
    this.#breaker = breaker;
    this.#request = order.request;
    this.#logger = order.logger;
    this.#signal = order.signal;
    this.#budget = order.budget;
    this.#endsAtMs = clock.monotonicMs() + deadlineMs;
    this.#decision = decisionFor(options, breaker, order.request);
    this.#check =
      order.request.schema === undefined ? undefined : answerCheck(order.request.schema);
  }

  async run(): Promise<ModelResult> {
    const { candidates, requested, route, reasons, rejected, policy } = this.#decision;
    this.#logger.info({
      event: "model.decided",
      policy,
      requested,
      route,
      reasons,
      candidates: candidates.map(({ model }) => model.id),
      rejected,
    });
    let position = 0;
    for (;;) {
      const candidate = candidates[position];
      if (candidate === undefined) throw new Error("there is always a candidate to go on with");
      const failed = await this.#ask(candidate, position);
      if ("result" in failed) return failed.result;
      const to = candidates[failed.next];
      if (to === undefined) throw failed.error;
      this.#switches.push({
        from: candidate.model.id,
        to: to.model.id,
        why: failed.error.failure,
      });
      position = failed.next;
    }
  }

  /** Asks one model until it has answered, or until another is to be asked. @throws when nobody else is */
  async #ask(
    candidate: RouteCandidate,
    position: number,
  ): Promise<
    { readonly result: ModelResult } | { readonly error: ModelError; readonly next: number }
  > {
    const tries = new Map<string, number>();
    let messages = this.#request.messages;
    for (;;) {
      const outcome = await this.#attempt(candidate, messages);
      if ("result" in outcome) return outcome;
      const { error, answer } = outcome;
      tries.set(error.failure, (tries.get(error.failure) ?? 0) + 1);
      const next = this.#nextCandidate(position, error);
      const step = nextStep(
        {
          failure: error.failure,
          retryAfterMs: error.retryAfterMs,
          tries: tries.get(error.failure) ?? 1,
          switches: this.#switches.length,
          maxSwitches: this.#options.maxSwitches,
          hasOther: next !== undefined,
          mayLeaveRoute: this.#decision.mayLeaveRoute,
          hasShownText: this.#hasShownText,
          restMs: this.#restMs(),
        },
        this.#options.random(),
      );
      this.#logger.warn({
        event: "model.call_failed",
        model: candidate.model.id,
        failure: error.failure,
        step: step.step,
        error: error.message,
      });
      switch (step.step) {
        case "fail":
          throw error;
        case "switch":
          return { error, next: next ?? position };
        case "again":
          await pause(this.#options.clock, step.afterMs, this.#signal);
          break;
        case "repair":
          messages = repaired(this.#request.messages, answer, error);
          break;
        default:
          step satisfies never;
      }
    }
  }

  /** The next model, after one that had no room one with more of it. */
  #nextCandidate(position: number, { failure }: ModelError): number | undefined {
    const { candidates } = this.#decision;
    const had = candidates[position]?.model.contextTokens ?? 0;
    const isBlocked = this.#breaker.blocked(this.#options.clock.wallMs());
    const next = candidates.findIndex(({ model }, index) => {
      if (index <= position) return false;
      if (isBlocked.has(`${model.provider}/${model.id}`)) return false;
      if (isBlocked.has(`${model.provider}/*`)) return false;
      return failure !== "context-length" || (model.contextTokens ?? Infinity) > had;
    });
    return next < 0 ? undefined : next;
  }

  /** One call. An answer that does not fit its schema is a failure with the answer beside it. */
  async #attempt(
    candidate: RouteCandidate,
    messages: readonly ModelMessage[],
  ): Promise<
    { readonly result: ModelResult } | { readonly error: ModelError; readonly answer?: ModelAnswer }
  > {
    const { provider, id } = candidate.model;
    const vendor = this.#options.vendors.get(provider);
    if (vendor === undefined) throw new Error(`${provider} was chosen and is not there`);
    const { clock } = this.#options;
    const call = this.#callOf(candidate, messages);
    const reserved = await this.#reserve(candidate, call);
    this.#breaker.begin(provider, id, clock.wallMs());
    let answer: ModelAnswer;
    try {
      answer = await this.#call(vendor, call);
    } catch (error) {
      if (!(error instanceof ModelError)) {
        this.#breaker.ended(provider, id);
        throw error;
      }
      const { failure, retryAfterMs } = error;
      const nowMs = clock.wallMs();
      this.#breaker.failed({ provider, model: id }, failure, { retryAfterMs, nowMs });
      const isBilled = MAY_BE_BILLED.has(failure);
      if (isBilled) this.#costs.push(null);
      await reserved?.settle(isBilled ? NOT_KNOWN : NOTHING);
      return { error: this.#scrubbed(error) };
    }
    this.#breaker.succeeded(provider, id);
    this.#usages.push(answer.usage);
    const cost = costOf(candidate.model, answer.usage, clock.wallMs());
    this.#costs.push(cost);
    await reserved?.settle({ tokens: tokensOf(answer.usage), usd: cost });
    const isAnswer = this.#check !== undefined && answer.stop !== "tool-calls";
    const checked = isAnswer ? this.#check?.(answer.text) : undefined;
    if (checked?.status === "wrong") {
      const cut = answer.stop === "max-tokens" ? ", and it is cut at the limit of its length" : "";
      const message = `the answer of ${id} does not fit its schema: ${checked.why}${cut}`;
      return { error: new ModelError("invalid-output", message), answer };
    }
    return { result: this.#resultOf(answer, vendor, checked?.json) };
  }

  /** Each call is allowed at its worst before it is made; waiting for that is no part of the time for answers. */
  async #reserve(
    { model }: RouteCandidate,
    { messages, maxOutputTokens: outputTokens }: ModelCall,
  ): Promise<ReservedCall | undefined> {
    if (this.#budget === undefined) return undefined;
    const { clock } = this.#options;
    const { data: _, ...request } = this.#request; // the messages of a call have it in them
    const inputTokens = estimateTokens({ ...request, messages });
    const usd = worstCostOf(model, { inputTokens, outputTokens }, clock.wallMs());
    const sinceMs = clock.monotonicMs();
    const asked = { model: model.id, tokens: inputTokens + outputTokens, usd };
    const reserved = await this.#budget.reserve(asked);
    this.#endsAtMs += clock.monotonicMs() - sinceMs;
    return reserved;
  }

  #callOf({ model }: RouteCandidate, messages: readonly ModelMessage[]): ModelCall {
    const { request, call } = { request: this.#request, call: this.#decision.call };
    const { system, tools, schema, cacheKey, passthrough, effort = call.effort } = request;
    const maxOutputTokens = Math.min(
      request.maxOutputTokens ?? DEFAULT_OUTPUT_TOKENS,
      model.maxOutputTokens ?? Infinity,
    );
    return {
      model: model.id,
      messages: withData(messages, request.data ?? [], model.provider),
      maxOutputTokens,
      search: call.search,
      imageOutput: call.imageOutput,
      ...(system === undefined ? {} : { system }),
      ...(tools === undefined ? {} : { tools }),
      ...(schema === undefined ? {} : { schema }),
      ...(effort === undefined ? {} : { effort }),
      ...(cacheKey === undefined ? {} : { cacheKey }),
      ...(passthrough === undefined ? {} : { passthrough }),
    };
  }

  async #call(vendor: ModelVendor, call: ModelCall): Promise<ModelAnswer> {
    const deadline = new AbortController();
    const { clock, deadlineMs } = this.#options;
    const cancelTimer = clock.schedule(this.#restMs(), () =>
      deadline.abort(
        new ModelError("connection", `${call.model} took longer than ${deadlineMs} ms`),
      ),
    );
    const signal = AbortSignal.any([this.#signal, deadline.signal]);
    try {
      for await (const event of vendor.generate(call, signal)) {
        if (event.type === "end") return event.answer;
        if (event.type === "text") this.#show(event.text);
      }
    } finally {
      cancelTimer();
    }
    throw new ModelError("connection", `${call.model} ended without an answer`);
  }

  #show(text: string): void {
    const { onText } = this.#request;
    if (onText === undefined) return;
    this.#hasShownText = true;
    onText(text);
  }

  #restMs(): number {
    return Math.max(0, this.#endsAtMs - this.#options.clock.monotonicMs());
  }

  /** Vendors may repeat what they were sent. */
  #scrubbed(error: ModelError): ModelError {
    const text = this.#options.scrub(error.message);
    if (text === error.message) return error;
    const { failure, retryAfterMs } = error;
    return new ModelError(failure, text.slice(failure.length + 2), { retryAfterMs });
  }

  #resultOf(answer: ModelAnswer, vendor: ModelVendor, json: Json | undefined): ModelResult {
    const { requested, reasons } = this.#decision;
    const isKnown = this.#costs.every((cost) => cost !== null);
    const costUsd = isKnown
      ? this.#costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0)
      : null;
    const usage = sumOfUsage(this.#usages);
    this.#logger.info({
      event: "model.answered",
      requested,
      served: answer.servedModel,
      origin: vendor.origin,
      switches: this.#switches,
      usage,
      costUsd,
    });
    return {
      ...answer,
      usage,
      costUsd,
      ...(json === undefined ? {} : { json }),
      origin: vendor.origin,
      provider: vendor.provider,
      requestedModel: requested,
      reasons,
      switches: this.#switches,
    };
  }
}

function tokensOf({ inputTokens, outputTokens }: ModelUsage): number | null {
  if (inputTokens === undefined || outputTokens === undefined) return null;
  return inputTokens + outputTokens;
}

function repaired(
  messages: readonly ModelMessage[],
  answer: ModelAnswer | undefined,
  error: ModelError,
): readonly ModelMessage[] {
  if (answer === undefined || answer.message.parts.length === 0) return messages;
  const text = `${error.message}. Answer again, with nothing but JSON that fits the schema.`;
  return [...messages, answer.message, { role: "user", parts: [{ kind: "text", text }] }];
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.schedule(ms, () => {
      signal.removeEventListener("abort", stop);
      resolve();
    });
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
