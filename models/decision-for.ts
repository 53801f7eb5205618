import type { ModelProvider, ModelRequest } from "../core/model.ts";
import type { Breaker } from "./breaker.ts";
import { noModel } from "./no-model.ts";
import { decide, type RouteDecision, type RouteSnapshot } from "./router.ts";
import type { ModelServiceOptions } from "./service-options.ts";
import { estimateTokens } from "./token-estimate.ts";

/** Enough for most answers; who needs more says so. */
export const DEFAULT_OUTPUT_TOKENS = 16_384;

/** What is known of who can answer. */
export type ModelWorld = Pick<
  ModelServiceOptions,
  "registry" | "clock" | "local" | "maxCallUsd"
> & {
  /** Those who can be asked, and whatever belongs to them. */
  readonly vendors: { keys(): Iterable<ModelProvider> };
};

/** Who is to answer a request. @throws SwarmError `no-model`, or `model-failed` when they only rest after failures */
export function decisionFor(
  world: ModelWorld,
  breaker: Breaker,
  request: ModelRequest,
): RouteDecision {
  const { model = "auto-select", features = [], tools = [], schema, search, imageOutput } = request;
  const decision = decide(
    {
      model,
      features,
      needs: [
        ...(tools.length > 0 ? (["tools"] as const) : []),
        ...(schema === undefined ? [] : (["schema"] as const)),
        ...(search === true ? (["search"] as const) : []),
        ...(imageOutput === true ? (["images"] as const) : []),
      ],
      hasImages: request.messages.some(({ parts }) => parts.some(({ kind }) => kind === "image")),
      inputTokens: estimateTokens(request),
      maxOutputTokens: request.maxOutputTokens ?? DEFAULT_OUTPUT_TOKENS,
      mayLeaveRoute: request.mayLeaveRoute ?? false,
    },
    snapshotOf(world, breaker),
  );
  if (decision.candidates.length === 0) throw noModel(decision);
  return decision;
}

function snapshotOf(world: ModelWorld, breaker: Breaker): RouteSnapshot {
  const nowMs = world.clock.wallMs();
  return {
    registry: world.registry,
    nowMs,
    available: new Set(world.vendors.keys()),
    local: world.local,
    blocked: breaker.blocked(nowMs),
    maxCallUsd: world.maxCallUsd,
  };
}
