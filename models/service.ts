import type { Logger } from "pino";
import type { CallBudget, ModelChoice, SkillModels } from "../core/model.ts";
import { Breaker } from "./breaker.ts";
import { decisionFor } from "./decision-for.ts";
import { Generation } from "./generation.ts";
import type { RouteDecision } from "./router.ts";
import type { ModelServiceOptions } from "./service-options.ts";

/** All models that this process can ask, and what it knows of their health. */
export interface ModelService {
  /**
   * Models for one task: its calls end with `signal`.
   * @param budget allows each call of a vendor; default: all are
   */
  forTask(signal: AbortSignal, logger: Logger, budget?: CallBudget): SkillModels;
}

export function openModelService(options: ModelServiceOptions): ModelService {
  const breaker = new Breaker();
  return {
    forTask: (signal, logger, budget) => ({
      async generate(request) {
        return new Generation(options, breaker, { request, signal, logger, budget }).run();
      },
      choose: (request) => choiceOf(decisionFor(options, breaker, request)),
    }),
  };
}

/** What a decision comes to. */
export function choiceOf({ candidates, reasons }: RouteDecision): ModelChoice {
  const [first] = candidates;
  if (first === undefined) throw new Error("a decision without candidates was not refused");
  const { model, worstCostUsd } = first;
  return {
    model: model.id,
    provider: model.provider,
    ...(model.contextTokens === undefined ? {} : { contextTokens: model.contextTokens }),
    reasons,
    worstCostUsd,
  };
}
