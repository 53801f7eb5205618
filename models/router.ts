import { MODEL_FEATURES, type ModelFeature, type ModelProvider } from "../core/model.ts";
import { worstCostOf } from "./price.ts";
import { type Capability, type ModelRegistry, modelOf, type RegisteredModel } from "./registry.ts";

/** What is to be decided: plain data, so that a decision can be made again. */
export interface RouteQuestion {
  readonly model: string;
  readonly features: readonly ModelFeature[];
  readonly needs: readonly Capability[];
  readonly hasImages: boolean;
  readonly inputTokens: number;
  readonly maxOutputTokens: number;
  readonly mayLeaveRoute: boolean;
}

/** The world in which it is decided. */
export interface RouteSnapshot {
  readonly registry: ModelRegistry;
  readonly nowMs: number;
  /** Those of whom there is a key, or an endpoint. */
  readonly available: ReadonlySet<ModelProvider>;
  /** Id of the model at the user's own endpoint. */
  readonly local: string | undefined;
  /** Until when models are left alone, by `<provider>/<id>` or `<provider>/*`. */
  readonly blocked: ReadonlyMap<string, number>;
  /** Most that one call may cost. */
  readonly maxCallUsd: number | undefined;
}

export interface RouteDecision {
  readonly policy: "description-1";
  readonly requested: string;
  /** The named route whose models come first; absent for a model named by its id. */
  readonly route: string | undefined;
  /** In the order in which they are asked. */
  readonly candidates: readonly RouteCandidate[];
  readonly rejected: readonly {
    readonly model: string;
    readonly why: RejectedFor;
    readonly text: string;
  }[];
  readonly reasons: readonly string[];
  /** Models outside of the route are among the candidates. */
  readonly mayLeaveRoute: boolean;
  /** What the route asks of every call. */
  readonly call: RouteCall;
}

export interface RouteCandidate {
  readonly model: RegisteredModel;
  readonly worstCostUsd: number | null;
}
export interface RouteCall {
  readonly search: boolean;
  readonly imageOutput: boolean;
  readonly effort: "low" | "medium" | "high" | undefined;
}
export type RejectedFor = "unknown" | "capability" | "context" | "key" | "budget" | "health";

/** The description's table. The first feature that a task has decides; without any, the last row does. */
const ROUTE_OF: Readonly<Record<ModelFeature, string>> = {
  requires_large_context: "gemini-megacontext",
  needs_current_info: "gemini-search",
  needs_visual_output: "gemini-media",
  needs_rapid_prototype: "codex-auto",
  needs_alternative_view: "codex-reasoning",
};
const ROUTE_OF_OTHERS = "claude";
/** Names that leave the choice to the table. */
const AUTOMATIC: ReadonlySet<string> = new Set(["auto-select", "multi-model"]);
/** The user's own endpoint, by name. */
export const LOCAL_ROUTE = "local";

/** Which models are asked, in which order, and why not others. */
export function decide(question: RouteQuestion, snapshot: RouteSnapshot): RouteDecision {
  const { registry, local } = snapshot;
  const { route: name, reason } = routeOf(question, registry);
  const route = name === undefined ? undefined : registry.routes.get(name);
  const routes = featureRoutes(question, registry);
  const needs = new Set<Capability>([
    ...question.needs,
    ...[route, ...routes].flatMap((each) => each?.needs ?? []),
  ]);
  const contextTokens = Math.max(0, ...[route, ...routes].map((each) => each?.contextTokens ?? 0));
  const own =
    route?.models ?? (question.model === LOCAL_ROUTE ? localOnly(local) : [question.model]);
  const mayLeave = question.mayLeaveRoute || AUTOMATIC.has(question.model);
  const others = mayLeave
    ? [
        ...registry.others.flatMap((each) => registry.routes.get(each)?.models ?? []),
        ...localOnly(local),
      ]
    : [];
  const rejected: RouteDecision["rejected"][number][] = [];
  const candidates: RouteCandidate[] = [];
  for (const id of new Set([...own, ...others])) {
    const found = modelOf(registry, id, local);
    const judged = judge(id, found, { question, snapshot, needs, contextTokens });
    if ("why" in judged) rejected.push({ model: id, ...judged });
    else candidates.push(judged);
  }
  const first = candidates[0]?.model.id;
  const isOutside = first !== undefined && !own.includes(first) && own.length > 0;
  return {
    policy: "description-1",
    requested: question.model,
    route: name,
    candidates,
    rejected,
    reasons: [reason, ...(isOutside ? [`none of ${name ?? question.model} can answer`] : [])],
    mayLeaveRoute: mayLeave,
    call: {
      search: needs.has("search"),
      imageOutput: needs.has("images"),
      effort: route?.effort,
    },
  };
}

function routeOf(
  { model, features }: RouteQuestion,
  { routes }: ModelRegistry,
): { readonly route: string | undefined; readonly reason: string } {
  if (AUTOMATIC.has(model)) {
    const feature = MODEL_FEATURES.find((each) => features.includes(each));
    if (feature === undefined)
      return { route: ROUTE_OF_OTHERS, reason: "no feature: best overall" };
    return { route: ROUTE_OF[feature], reason: feature };
  }
  if (routes.has(model)) return { route: model, reason: `${model} was named` };
  return { route: undefined, reason: `${model} was named` };
}

/** What the features need, whichever route is taken. */
function featureRoutes({ features }: RouteQuestion, { routes }: ModelRegistry) {
  return features.map((feature) => routes.get(ROUTE_OF[feature]));
}

function localOnly(local: string | undefined): readonly string[] {
  return local === undefined ? [] : [local];
}

function judge(
  id: string,
  model: RegisteredModel | undefined,
  world: {
    readonly question: RouteQuestion;
    readonly snapshot: RouteSnapshot;
    readonly needs: ReadonlySet<Capability>;
    readonly contextTokens: number;
  },
): RouteCandidate | { readonly why: RejectedFor; readonly text: string } {
  const { question, snapshot, needs, contextTokens } = world;
  if (model === undefined) {
    return { why: "unknown", text: "no vendor is known for it: write <provider>/<id>" };
  }
  const { provider, contextTokens: context } = model;
  const missing = [...needs].filter((need) => !model.can.includes(need));
  if (question.hasImages && !model.inputs.includes("image")) {
    return { why: "capability", text: "takes no images" };
  }
  if (missing.length > 0) return { why: "capability", text: `cannot do ${missing.join(", ")}` };
  const wanted = Math.max(contextTokens, question.inputTokens);
  if (context !== undefined && context < wanted) {
    return { why: "context", text: `has room for ${context} tokens, ${wanted} are needed` };
  }
  if (!snapshot.available.has(provider)) {
    const what = provider === "openai-compatible" ? "endpoint" : "key";
    return { why: "key", text: `no ${what} of ${provider}` };
  }
  const outputTokens = Math.min(question.maxOutputTokens, model.maxOutputTokens ?? Infinity);
  const tokens = { inputTokens: question.inputTokens, outputTokens };
  const worstCostUsd = worstCostOf(model, tokens, snapshot.nowMs);
  const { maxCallUsd } = snapshot;
  if (maxCallUsd !== undefined && (worstCostUsd === null || worstCostUsd > maxCallUsd)) {
    const cost = worstCostUsd === null ? "an unknown amount" : `$${worstCostUsd.toFixed(4)}`;
    return { why: "budget", text: `may cost ${cost} a call, $${maxCallUsd} are allowed` };
  }
  const until = Math.max(
    snapshot.blocked.get(`${provider}/${id}`) ?? 0,
    snapshot.blocked.get(`${provider}/*`) ?? 0,
  );
  if (until > snapshot.nowMs) {
    const seconds = Math.ceil((until - snapshot.nowMs) / 1_000);
    return { why: "health", text: `failed lately, left alone for ${seconds} s` };
  }
  return { model, worstCostUsd };
}
