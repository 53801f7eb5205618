import type Anthropic from "@anthropic-ai/sdk";
import type { APIError } from "@anthropic-ai/sdk";
import type { Json, JsonObject } from "../core/json.ts";
import type {
  AssistantMessage,
  ModelAnswer,
  ModelCall,
  ModelEvent,
  ModelMessage,
  ModelSource,
  ModelStop,
  ModelUsage,
  ModelVendor,
  ToolCall,
} from "../core/model.ts";
import { closedSchema } from "./json-schema.ts";
import { argumentsOf } from "./json-text.ts";
import { ModelError } from "./model-error.ts";
import { plus, usageOf } from "./usage.ts";
import { cutError, retryAfterOf, transportError, vendorError } from "./vendor-fault.ts";
import type { VendorOptions } from "./vendor-options.ts";
import { watched } from "./watched.ts";

type Sdk = typeof import("@anthropic-ai/sdk");
type StreamEvent = Anthropic.RawMessageStreamEvent;
type Block = Anthropic.ContentBlock;
type Request = Anthropic.MessageCreateParamsStreaming;

/** Claude by the Messages API. Sampling parameters are not sent: current models refuse them. */
export function openAnthropic(options: VendorOptions): ModelVendor {
  return {
    provider: "anthropic",
    origin: "live",
    async *generate(call, signal) {
      const sdk = await import("@anthropic-ai/sdk");
      const { apiKey, baseUrl, clock, idleMs } = options;
      const client = new sdk.default({
        apiKey,
        authToken: null,
        openTelemetry: false,
        maxRetries: 0,
        logLevel: "off", // it would write to the console past the log
        ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
      });
      const who = `anthropic ${call.model}`;
      const whole = new Accumulated(call.model);
      try {
        const stream = watched<StreamEvent>({ signal, clock, idleMs, who }, (ends) =>
          client.messages.create(requestOf(call), { signal: ends }),
        );
        for await (const event of stream) yield* whole.take(event);
      } catch (error) {
        throw signal.aborted ? signal.reason : failureOf(sdk, error, { who, options });
      }
      yield { type: "end", answer: whole.answer(who) };
    },
  };
}

function requestOf(call: ModelCall): Request {
  const { system, tools = [], schema, effort, cacheKey, search } = call;
  const output = {
    ...(effort === undefined ? {} : { effort }),
    ...(schema === undefined
      ? {}
      : { format: { type: "json_schema" as const, schema: closedSchema(schema) } }),
  };
  const all = [
    ...tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      input_schema: inputSchema as Anthropic.Tool.InputSchema,
    })),
    ...(search === true
      ? [{ type: "web_search_20260318" as const, name: "web_search" as const }]
      : []),
  ];
  const request: Request = {
    model: call.model,
    max_tokens: call.maxOutputTokens,
    stream: true,
    messages: call.messages.map((message) => messageOf(message, call.model)),
    ...(system === undefined ? {} : { system: systemOf(system, cacheKey !== undefined) }),
    ...(all.length === 0 ? {} : { tools: all }),
    ...(Object.keys(output).length === 0 ? {} : { output_config: output }),
  };
  return { ...request, ...call.passthrough };
}

function systemOf(text: string, isCached: boolean): Anthropic.TextBlockParam[] {
  const cache = isCached ? { cache_control: { type: "ephemeral" as const } } : {};
  return [{ type: "text", text, ...cache }];
}

function messageOf(message: ModelMessage, model: string): Anthropic.MessageParam {
  if (message.role === "assistant") return assistantOf(message, model);
  const content = message.parts.map((part): Anthropic.ContentBlockParam => {
    switch (part.kind) {
      case "text":
        return { type: "text", text: part.text };
      case "image": {
        const media_type = part.mimeType as Anthropic.Base64ImageSource["media_type"];
        return { type: "image", source: { type: "base64", media_type, data: part.data } };
      }
      case "tool-result": {
        const failed = part.isError === true ? { is_error: true } : {};
        return { type: "tool_result", tool_use_id: part.id, content: part.content, ...failed };
      }
      default:
        return part satisfies never;
    }
  });
  return { role: "user", content };
}

function assistantOf({ parts, bound }: AssistantMessage, model: string): Anthropic.MessageParam {
  if (bound?.provider === "anthropic" && bound.model === model) {
    return {
      role: "assistant",
      content: bound.content as unknown as Anthropic.ContentBlockParam[],
    };
  }
  const content = parts.map((part): Anthropic.ContentBlockParam => {
    if (part.kind === "text") return { type: "text", text: part.text };
    return { type: "tool_use", id: part.id, name: part.name, input: part.input };
  });
  return { role: "assistant", content };
}

/** Puts the answer together from its events. */
class Accumulated {
  readonly #requested: string;
  readonly #blocks: Block[] = [];
  readonly #toolInputs = new Map<number, string>();
  #model: string | undefined;
  #usage: ModelUsage = {};
  #stop: Anthropic.MessageDeltaEvent["delta"] | undefined;
  #isWhole = false;

  constructor(requested: string) {
    this.#requested = requested;
  }

  *take(event: StreamEvent): Generator<ModelEvent> {
    switch (event.type) {
      case "message_start":
        this.#model = event.message.model;
        this.#count(event.message.usage);
        return;
      case "content_block_start":
        this.#blocks[event.index] = { ...event.content_block };
        return;
      case "content_block_delta":
        yield* this.#add(event);
        return;
      case "message_delta":
        this.#stop = event.delta;
        this.#count(event.usage);
        return;
      case "message_stop":
        this.#isWhole = true;
        return;
      default: // `content_block_stop`, and what the vendor may add
        return;
    }
  }

  *#add({ index, delta }: Anthropic.ContentBlockDeltaEvent): Generator<ModelEvent> {
    const block = this.#blocks[index];
    if (delta.type === "text_delta" && block?.type === "text") {
      block.text += delta.text;
      yield { type: "text", text: delta.text };
    } else if (delta.type === "thinking_delta" && block?.type === "thinking") {
      block.thinking += delta.thinking;
      yield { type: "thinking", text: delta.thinking };
    } else if (delta.type === "signature_delta" && block?.type === "thinking") {
      block.signature = delta.signature;
    } else if (delta.type === "input_json_delta") {
      this.#toolInputs.set(index, (this.#toolInputs.get(index) ?? "") + delta.partial_json);
    } else if (delta.type === "citations_delta" && block?.type === "text") {
      block.citations = [...(block.citations ?? []), delta.citation];
    }
  }

  /** The last counts are those of the whole answer; fields that a message leaves out keep their value. */
  #count(usage: Anthropic.Usage | Anthropic.MessageDeltaUsage | null | undefined): void {
    if (usage == null) return;
    const { cache_read_input_tokens: read, cache_creation_input_tokens: written } = usage;
    this.#usage = {
      ...this.#usage,
      ...usageOf({
        inputTokens: plus(usage.input_tokens, read, written),
        cacheReadTokens: read,
        cacheWriteTokens: written,
        outputTokens: usage.output_tokens,
        reasoningTokens: usage.output_tokens_details?.thinking_tokens,
      }),
    };
  }

  answer(who: string): ModelAnswer {
    const stop = this.#stop;
    if (!this.#isWhole || stop?.stop_reason == null) throw cutError(who);
    this.#readToolInputs(who, stop.stop_reason === "max_tokens");
    const texts = this.#blocks.filter((block) => block.type === "text");
    const toolCalls = this.#blocks.flatMap((block): ToolCall[] =>
      block.type === "tool_use"
        ? [{ kind: "tool-call", id: block.id, name: block.name, input: block.input as JsonObject }]
        : [],
    );
    const text = texts.map((block) => block.text).join("");
    const said = text === "" ? [] : [{ kind: "text" as const, text }];
    return {
      servedModel: this.#model ?? this.#requested,
      stop: stopOf(stop, who),
      text,
      toolCalls,
      media: [],
      sources: sourcesOf(texts),
      usage: this.#usage,
      message: {
        role: "assistant",
        parts: [...said, ...toolCalls],
        bound: {
          provider: "anthropic",
          model: this.#requested,
          content: this.#blocks as unknown as Json,
        },
      },
    };
  }

  #readToolInputs(who: string, isCut: boolean): void {
    for (const [index, text] of this.#toolInputs) {
      const block = this.#blocks[index];
      if (block?.type !== "tool_use" && block?.type !== "server_tool_use") continue;
      const input = argumentsOf(text);
      if (input !== undefined) block.input = input;
      else if (isCut) block.input = {};
      else throw new ModelError("invalid-output", `${who} called ${block.name} without JSON`);
    }
  }
}

function stopOf(
  { stop_reason: reason, stop_details: details }: Anthropic.MessageDeltaEvent["delta"],
  who: string,
): ModelStop {
  switch (reason) {
    case "end_turn":
    case "stop_sequence":
      return "end";
    case "tool_use":
      return "tool-calls";
    case "max_tokens":
      return "max-tokens";
    case "refusal":
      throw new ModelError("refusal", `${who} refused (${details?.category ?? "no category"})`);
    case "model_context_window_exceeded":
      throw new ModelError("context-length", `${who} has no room for more of this answer`);
    default:
      throw new ModelError("connection", `${who} stopped its answer: ${reason}`);
  }
}

function sourcesOf(texts: readonly Anthropic.TextBlock[]): ModelSource[] {
  const sources = new Map<string, ModelSource>();
  for (const citation of texts.flatMap((block) => block.citations ?? [])) {
    if (citation.type !== "web_search_result_location") continue;
    const { url, title } = citation;
    if (!sources.has(url)) sources.set(url, { url, title: title ?? url });
  }
  return [...sources.values()];
}

function failureOf(
  { APIError, APIConnectionError }: Sdk,
  error: unknown,
  { who, options }: { readonly who: string; readonly options: VendorOptions },
): unknown {
  if (error instanceof ModelError) return error;
  if (!(error instanceof APIError) || error instanceof APIConnectionError) {
    return transportError(who, error);
  }
  const { status, type, errorCode, apiMessage, message, headers } = error as APIError;
  const fault = {
    status,
    names: [type, errorCode],
    message: apiMessage ?? message,
    retryAfterMs: retryAfterOf(headers, options.clock.wallMs()),
  };
  return vendorError(who, fault, error);
}
