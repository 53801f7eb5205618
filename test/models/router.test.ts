import { beforeAll, describe, expect, it } from "vitest";
import { MODEL_FEATURES, type ModelProvider } from "../../core/model.ts";
import { type ModelRegistry, openModelRegistry } from "../../models/registry.ts";
import { decide, type RouteQuestion, type RouteSnapshot } from "../../models/router.ts";

let registry: ModelRegistry;
beforeAll(async () => {
  registry = await openModelRegistry({});
});

const ALL: readonly ModelProvider[] = ["anthropic", "openai", "google"];
const NOW = Date.parse("2026-11-25T12:00:00Z");

const asked = (more: Partial<RouteQuestion> = {}): RouteQuestion => ({
  model: "auto-select",
  features: [],
  needs: [],
  hasImages: false,
  inputTokens: 1_000,
  maxOutputTokens: 1_000,
  mayLeaveRoute: false,
  ...more,
});
const world = (more: Partial<RouteSnapshot> = {}): RouteSnapshot => ({
  registry,
  nowMs: NOW,
  available: new Set(ALL),
  local: undefined,
  blocked: new Map(),
  maxCallUsd: undefined,
  ...more,
});
const first = (question: RouteQuestion, snapshot = world()): string | undefined =>
  decide(question, snapshot).candidates[0]?.model.id;

describe("auto-select", () => {
  it.each([
    ["requires_large_context", "gemini-megacontext", "gemini-4-argon"],
    ["needs_current_info", "gemini-search", "gemini-3.8-flash"],
    ["needs_visual_output", "gemini-media", "gemini-3.1-flash-image"],
    ["needs_rapid_prototype", "codex-auto", "gpt-6.2-sol"],
    ["needs_alternative_view", "codex-reasoning", "gpt-6.2-sol"],
  ] as const)("takes for %s the route %s", (feature, route, model) => {
    const decision = decide(asked({ features: [feature] }), world());

    expect(decision).toMatchObject({ route, reasons: [feature] });
    expect(decision.candidates[0]?.model.id).toBe(model);
  });

  it("takes claude when nothing is said", () => {
    expect(decide(asked(), world())).toMatchObject({
      route: "claude",
      reasons: ["no feature: best overall"],
    });
    expect(first(asked())).toBe("claude-opus-5-5");
  });

  it("takes the first row of the table that fits, in whatever order features are named", () => {
    const features = [...MODEL_FEATURES].reverse();

    expect(decide(asked({ features }), world()).route).toBe("gemini-megacontext");
  });

  it("asks of the first row's models what the others need too", () => {
    const decision = decide(
      asked({ features: ["requires_large_context", "needs_current_info"] }),
      world(),
    );

    expect(decision.call.search).toBe(true);
    expect(decision.candidates.every(({ model }) => model.can.includes("search"))).toBe(true);
  });

  it("goes on to whoever can do the same when there is no key, and says so", () => {
    const decision = decide(
      asked({ features: ["requires_large_context"] }),
      world({ available: new Set<ModelProvider>(["anthropic"]) }),
    );

    expect(decision.candidates[0]?.model.id).toBe("claude-opus-5-5");
    expect(decision.reasons).toEqual([
      "requires_large_context",
      "none of gemini-megacontext can answer",
    ]);
    expect(decision.rejected).toContainEqual({
      model: "gemini-4-argon",
      why: "key",
      text: "no key of google",
    });
  });

  it("comes to the user's own endpoint last", () => {
    const available = new Set<ModelProvider>([...ALL, "openai-compatible"]);
    const decision = decide(asked(), world({ available, local: "qwen3:4b" }));

    expect(decision.candidates.at(-1)?.model).toMatchObject({
      id: "qwen3:4b",
      provider: "openai-compatible",
    });
  });
});

describe("a named model", () => {
  it("is not left for others unless it may be", () => {
    const onlyOpenAi = world({ available: new Set<ModelProvider>(["openai"]) });

    expect(decide(asked({ model: "claude" }), onlyOpenAi).candidates).toEqual([]);
    expect(first(asked({ model: "claude", mayLeaveRoute: true }), onlyOpenAi)).toBe("gpt-6.2-sol");
  });

  it("may be one that the registry does not have, at an unknown price", () => {
    expect(decide(asked({ model: "gpt-7" }), world()).candidates).toMatchObject([
      { model: { id: "gpt-7", provider: "openai", prices: [] }, worstCostUsd: null },
    ]);
    expect(first(asked({ model: "anthropic/next" }))).toBe("next");
  });

  it("is refused when nobody knows its vendor", () => {
    expect(decide(asked({ model: "mystery" }), world()).rejected).toEqual([
      {
        model: "mystery",
        why: "unknown",
        text: "no vendor is known for it: write <provider>/<id>",
      },
    ]);
  });
});

describe("a model is passed over", () => {
  it("that has no room for the prompt", () => {
    const question = asked({ model: "claude-haiku-4-5", inputTokens: 300_000 });

    expect(decide(question, world()).rejected).toMatchObject([{ why: "context" }]);
  });

  it("that cannot do what is needed", () => {
    const question = asked({ model: "gemini-3-pro-image", needs: ["tools"] });

    expect(decide(question, world()).rejected).toMatchObject([{ why: "capability" }]);
  });

  it("that may cost more than is allowed, or whose price is not known", () => {
    const cheap = world({ maxCallUsd: 0.01 });

    expect(first(asked(), cheap)).toBe("claude-haiku-5-5");
    expect(decide(asked({ model: "gpt-7" }), cheap).rejected).toMatchObject([{ why: "budget" }]);
  });

  it("that failed lately, alone or with all of its vendor", () => {
    const blocked = new Map([["anthropic/claude-opus-5-5", NOW + 5_000]]);
    expect(first(asked(), world({ blocked }))).toBe("claude-sonnet-5-5");

    const vendor = new Map([["anthropic/*", NOW + 5_000]]);
    expect(first(asked(), world({ blocked: vendor }))).toBe("gpt-6.2-sol");

    const over = new Map([["anthropic/*", NOW]]);
    expect(first(asked(), world({ blocked: over }))).toBe("claude-opus-5-5");
  });
});

it("a decision is the same for the same question in the same world", () => {
  const question = asked({ features: ["needs_current_info"] });

  expect(decide(question, world())).toEqual(decide(question, world()));
});
