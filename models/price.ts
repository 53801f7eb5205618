import type { ModelUsage } from "../core/model.ts";
import type { Price, RegisteredModel } from "./registry.ts";

const MILLION = 1_000_000;

/** What a call cost; null when its counts or the price are not known. */
export function costOf(
  { prices }: Pick<RegisteredModel, "prices">,
  usage: ModelUsage,
  atMs: number,
): number | null {
  const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens = 0 } = usage;
  if (inputTokens === undefined || outputTokens === undefined) return null;
  const row = priceAt(prices, inputTokens, atMs);
  if (row === undefined) return null;
  const { inputUsd, outputUsd, cacheReadUsd = inputUsd, cacheWriteUsd = inputUsd } = row;
  const plain = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens);
  const total =
    plain * inputUsd +
    cacheReadTokens * cacheReadUsd +
    cacheWriteTokens * cacheWriteUsd +
    outputTokens * outputUsd;
  return total / MILLION;
}

/** What a call costs at most; null: not known. */
export function worstCostOf(
  model: Pick<RegisteredModel, "prices">,
  { inputTokens, outputTokens }: { readonly inputTokens: number; readonly outputTokens: number },
  atMs: number,
): number | null {
  const row = priceAt(model.prices, inputTokens, atMs);
  if (row === undefined) return null;
  const inputUsd = Math.max(row.inputUsd, row.cacheWriteUsd ?? 0);
  return (inputTokens * inputUsd + outputTokens * row.outputUsd) / MILLION;
}

/** The row that holds for a prompt of this length on this day. */
export function priceAt(
  prices: readonly Price[],
  inputTokens: number,
  atMs: number,
): Price | undefined {
  const day = new Date(atMs).toISOString().slice(0, 10);
  return prices
    .filter(({ from, to }) => (from ?? day) <= day && day <= (to ?? day))
    .filter(({ aboveInputTokens = -1 }) => inputTokens > aboveInputTokens)
    .sort((a, b) => (b.aboveInputTokens ?? -1) - (a.aboveInputTokens ?? -1))[0];
}
