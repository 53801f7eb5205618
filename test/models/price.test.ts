import { beforeAll, describe, expect, it } from "vitest";
import { costOf, worstCostOf } from "../../models/price.ts";
import {
  type ModelRegistry,
  openModelRegistry,
  type RegisteredModel,
} from "../../models/registry.ts";

let registry: ModelRegistry;
beforeAll(async () => {
  registry = await openModelRegistry({});
});
const model = (id: string): RegisteredModel => {
  const found = registry.models.get(id);
  if (found === undefined) throw new Error(id);
  return found;
};
const at = (day: string): number => Date.parse(`${day}T12:00:00Z`);

describe("the price of a call", () => {
  it("counts what came from the cache at its own price", () => {
    const usage = { inputTokens: 1_000_000, cacheReadTokens: 500_000, outputTokens: 100_000 };

    expect(costOf(model("claude-sonnet-5-5"), usage, at("2026-11-25"))).toBeCloseTo(1 + 0.1 + 1, 9);
  });

  it("is that of the day", () => {
    const usage = { inputTokens: 1_000_000, outputTokens: 0 };

    expect(costOf(model("gemini-4-argon"), usage, at("2026-11-30"))).toBe(2);
    expect(costOf(model("gemini-4-argon"), usage, at("2026-12-01"))).toBe(4);
  });

  it("rises above a vendor's threshold", () => {
    const haiku = model("claude-haiku-5-5");

    expect(costOf(haiku, { inputTokens: 100_000, outputTokens: 0 }, at("2026-11-25"))).toBeCloseTo(
      0.01,
    );
    expect(costOf(haiku, { inputTokens: 100_001, outputTokens: 0 }, at("2026-11-25"))).toBeCloseTo(
      0.05,
    );
  });

  it("is null where it is not known", () => {
    const day = at("2026-11-25");

    expect(costOf({ prices: [] }, { inputTokens: 1, outputTokens: 1 }, day)).toBeNull();
    expect(costOf(model("claude-opus-5-5"), { outputTokens: 1 }, day)).toBeNull();
    expect(
      costOf(model("gemini-3.8-flash"), { inputTokens: 1, outputTokens: 1 }, at("2027-01-01")),
    ).toBeNull();
    expect(worstCostOf({ prices: [] }, { inputTokens: 1, outputTokens: 1 }, day)).toBeNull();
  });

  it("is at most what all of the prompt and the whole length of the answer cost", () => {
    const tokens = { inputTokens: 10_000, outputTokens: 16_384 };

    expect(worstCostOf(model("claude-sonnet-5-5"), tokens, at("2026-11-25"))).toBeCloseTo(
      (10_000 * 2.5 + 16_384 * 10) / 1_000_000,
    );
  });
});
