import type { Clock } from "../core/clock.ts";
import type { ModelOutlook, ModelProvider } from "../core/model.ts";
import { Breaker } from "./breaker.ts";
import { decisionFor } from "./decision-for.ts";
import { maxCallUsdOf, modelAccess } from "./environment.ts";
import { openModelRegistry } from "./registry.ts";
import { choiceOf } from "./service.ts";

/** What models can be had with this environment, without asking any of them. */
export async function openModelOutlook(
  env: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Promise<ModelOutlook> {
  const { providers, local } = modelAccess(env);
  const world = {
    vendors: new Set<ModelProvider>(providers),
    registry: await openModelRegistry(env),
    local,
    clock,
    maxCallUsd: maxCallUsdOf(env),
  };
  const breaker = new Breaker();
  return {
    choose: (wish) => choiceOf(decisionFor(world, breaker, { ...wish, messages: [] })),
  };
}
