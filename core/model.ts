import type { Json, JsonObject } from "./json.ts";

/** Who answers: a vendor, an endpoint that speaks OpenAI's chat protocol, or a script. */
export const MODEL_PROVIDERS = ["anthropic", "openai", "google", "openai-compatible"] as const;
export type ModelProvider = (typeof MODEL_PROVIDERS)[number];

/** What a task needs of a model, in the order in which `auto-select` looks at it. */
export const MODEL_FEATURES = [
  "requires_large_context",
  "needs_current_info",
  "needs_visual_output",
  "needs_rapid_prototype",
  "needs_alternative_view",
] as const;
export type ModelFeature = (typeof MODEL_FEATURES)[number];

export interface TextPart {
  readonly kind: "text";
  readonly text: string;
}
/** Bytes as base64. */
export interface MediaPart {
  readonly kind: "image";
  readonly mimeType: string;
  readonly data: string;
}
export interface ToolCall {
  readonly kind: "tool-call";
  readonly id: string;
  readonly name: string;
  readonly input: JsonObject;
}
export interface ToolResult {
  readonly kind: "tool-result";
  readonly id: string;
  readonly name: string;
  readonly content: string;
  readonly isError?: boolean;
}

export interface AssistantMessage {
  readonly role: "assistant";
  readonly parts: readonly (TextPart | ToolCall)[];
  /**
   * The same as the vendor said it, with what only that model understands (signatures of its thoughts). It goes back
   * unchanged to that model, and to no other.
   */
  readonly bound?: {
    readonly provider: ModelProvider;
    readonly model: string;
    readonly content: Json;
  };
}
export type ModelMessage =
  | { readonly role: "user"; readonly parts: readonly (TextPart | MediaPart | ToolResult)[] }
  | AssistantMessage;

export interface ModelTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly inputSchema: JsonObject;
}

/** What is asked of a model, whatever its vendor. */
export interface ModelPrompt {
  readonly system?: string;
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly ModelTool[];
  /** The answer is JSON that fits this JSON Schema. */
  readonly schema?: JsonObject;
  readonly maxOutputTokens: number;
  readonly effort?: "low" | "medium" | "high";
  /** It may look things up on the web, and names its sources. */
  readonly search?: boolean;
  /** It makes images. */
  readonly imageOutput?: boolean;
  /** Calls with the same name share the beginning of their prompts, which vendors keep for a lower price. */
  readonly cacheKey?: string;
  /** Further fields of the vendor's request, sent as they are; meant for one vendor. */
  readonly passthrough?: JsonObject;
}

/** Tokens as the vendor counted them. What it did not tell is absent, never 0. */
export interface ModelUsage {
  /** All of the prompt, what came from a cache included. */
  readonly inputTokens?: number;
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
  /** All that the model wrote, what it only thought included. */
  readonly outputTokens?: number;
  readonly reasoningTokens?: number;
}

export interface ModelSource {
  readonly url: string;
  readonly title: string;
}

/** `max-tokens`: the answer is cut. */
export type ModelStop = "end" | "tool-calls" | "max-tokens";

/** A whole answer of one call. */
export interface ModelAnswer {
  /** The vendor's name for the model that answered. */
  readonly servedModel: string;
  readonly stop: ModelStop;
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly media: readonly MediaPart[];
  readonly sources: readonly ModelSource[];
  readonly usage: ModelUsage;
  /** To be sent back with the results of its tool calls. */
  readonly message: AssistantMessage;
}

export type ModelEvent =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly text: string }
  | { readonly type: "end"; readonly answer: ModelAnswer };

export interface ModelCall extends ModelPrompt {
  /** The vendor's id. */
  readonly model: string;
}

/**
 * One vendor. It tries once: whoever calls decides what to do about a failure.
 * The last event is `end`, and there is none unless the vendor said that the answer is whole.
 * @throws a `ModelError` with its class; the reason of an aborted signal
 */
export interface ModelVendor {
  readonly provider: ModelProvider;
  /** Where answers come from; all but `live` are marked wherever they show. */
  readonly origin: ModelOrigin;
  generate(call: ModelCall, signal: AbortSignal): AsyncIterable<ModelEvent>;
}

export type ModelOrigin = "live" | "scripted" | "replayed";

/** Why a call failed; `models/switching.ts` says what follows. */
export type ModelFailureClass =
  | "rate-limit"
  | "quota"
  | "overloaded"
  | "connection"
  | "server"
  | "auth"
  | "not-found"
  | "bad-request"
  | "context-length"
  | "refusal"
  | "invalid-output";

/** Which model is to answer, and what it must be able to do. */
export interface ModelWish {
  /** `auto-select`, a family, a named route or an id; default `auto-select`. */
  readonly model?: string;
  readonly features?: readonly ModelFeature[];
  /** True: models outside of the named route may answer when none of it can. `auto-select` always may. */
  readonly mayLeaveRoute?: boolean;
}

/** What a task is about, and no part of what is to be done: output of earlier work, files, texts of strangers. */
export interface ModelData {
  readonly name: string;
  readonly text: string;
}

export interface ModelRequest extends ModelWish, Omit<ModelPrompt, "maxOutputTokens"> {
  readonly maxOutputTokens?: number;
  /** Goes before the first message, in the form of the family that answers, so that nothing in it can pass for an instruction. */
  readonly data?: readonly ModelData[];
  /** Hears text as it comes. Once it has heard some, the call is not made again elsewhere. */
  readonly onText?: (text: string) => void;
}

export interface ModelSwitch {
  readonly from: string;
  readonly to: string;
  readonly why: ModelFailureClass;
}

/** An answer with the story of how it came about. */
export interface ModelResult extends ModelAnswer {
  readonly json?: Json;
  readonly origin: ModelOrigin;
  readonly provider: ModelProvider;
  readonly requestedModel: string;
  readonly reasons: readonly string[];
  readonly switches: readonly ModelSwitch[];
  /** Of all calls that were made for it; null: not known. */
  readonly costUsd: number | null;
}

/** The model that would be asked, and why. */
export interface ModelChoice {
  readonly model: string;
  readonly provider: ModelProvider;
  /** Absent: not known. */
  readonly contextTokens?: number;
  readonly reasons: readonly string[];
  /** What one call costs at most; null: not known. */
  readonly worstCostUsd: number | null;
}

/** What can be said of models before anything runs. */
export interface ModelOutlook {
  /**
   * Who would be asked first; `worstCostUsd` is that of the longest answer alone, because prompts are not known yet.
   * @throws SwarmError `no-model`
   */
  choose(wish: ModelWish): ModelChoice;
}

/** Who allows calls of vendors, one by one. */
export interface CallBudget {
  /**
   * Resolves when the call may be made.
   * @param call at its worst; `usd` is null when its price is not known
   * @throws SwarmError `budget-exhausted` or `budget-unbounded`; the reason of an aborted signal
   */
  reserve(call: {
    readonly model: string;
    readonly tokens: number;
    readonly usd: number | null;
  }): Promise<ReservedCall>;
}

export interface ReservedCall {
  /** Tells what the vendor counted; null: not known, and the worst case stays. */
  settle(counted: { readonly tokens: number | null; readonly usd: number | null }): Promise<void>;
}

/** Models, for skills. */
export interface SkillModels {
  /** @throws SwarmError `no-model`, `model-failed`, `budget-exhausted` or `budget-unbounded`; the reason of an aborted signal */
  generate(request: ModelRequest): Promise<ModelResult>;
  /** @throws SwarmError `no-model` */
  choose(request: ModelRequest): ModelChoice;
}
