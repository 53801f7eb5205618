import type { ModelProvider } from "../../../core/model.ts";
import type { ModelAccess } from "../../../models/environment.ts";
import { priceAt } from "../../../models/price.ts";
import { type Capability, type ModelRegistry, modelOf } from "../../../models/registry.ts";
import { aligned } from "../text-columns.ts";

/** A model as people are told of it. What is not known is null. */
export interface ListedModel {
  readonly id: string;
  readonly provider: ModelProvider;
  readonly contextTokens: number | null;
  /** USD for a million tokens of a short prompt, today. */
  readonly inputUsd: number | null;
  readonly outputUsd: number | null;
  readonly can: readonly Capability[];
  /** Whether it can be asked here. */
  readonly isAvailable: boolean;
}

export function listedModels(
  registry: ModelRegistry,
  { providers, local }: ModelAccess,
  nowMs: number,
): readonly ListedModel[] {
  const own = local === undefined ? undefined : modelOf(registry, local, local);
  const all = new Map([...registry.models, ...(own === undefined ? [] : [[own.id, own] as const])]);
  return [...all.values()].map(({ id, provider, contextTokens, prices, can }) => {
    const price = priceAt(prices, 0, nowMs);
    return {
      id,
      provider,
      contextTokens: contextTokens ?? null,
      inputUsd: price?.inputUsd ?? null,
      outputUsd: price?.outputUsd ?? null,
      can,
      isAvailable: providers.includes(provider),
    };
  });
}

export function modelLines(models: readonly ListedModel[], asOf: string): readonly string[] {
  const rows = models.map((model) => [
    model.isAvailable ? "yes" : "no",
    model.id,
    model.provider,
    model.contextTokens === null ? "unknown" : String(model.contextTokens),
    usd(model.inputUsd),
    usd(model.outputUsd),
    model.can.join(", "),
  ]);
  const head = ["here", "model", "provider", "context", "$/M in", "$/M out", "can"];
  return [...aligned([head, ...rows]), "", `as of ${asOf}; prices of short prompts, today`];
}

function usd(amount: number | null): string {
  return amount === null ? "unknown" : String(amount);
}
