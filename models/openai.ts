import type OpenAI from "openai";
import type { Json, JsonObject } from "../core/json.ts";
import type {
  AssistantMessage,
  MediaPart,
  ModelAnswer,
  ModelCall,
  ModelMessage,
  ModelSource,
  ModelStop,
  ModelVendor,
  ToolCall,
} from "../core/model.ts";
import { closedSchema, isStrict } from "./json-schema.ts";
import { argumentsOf } from "./json-text.ts";
import { ModelError } from "./model-error.ts";
import { openAiFailure } from "./openai-failure.ts";
import { usageOf } from "./usage.ts";
import { cutError, vendorError } from "./vendor-fault.ts";
import type { VendorOptions } from "./vendor-options.ts";
import { watched } from "./watched.ts";

type Responses = OpenAI.Responses.Response;
type Item = OpenAI.Responses.ResponseInputItem;
type StreamEvent = OpenAI.Responses.ResponseStreamEvent;
type Request = OpenAI.Responses.ResponseCreateParamsStreaming;

/** GPT and Codex models by the Responses API. Nothing is kept at the vendor (`store: false`). */
export function openOpenAi(options: VendorOptions): ModelVendor {
  return {
    provider: "openai",
    origin: "live",
    async *generate(call, signal) {
      const sdk = await import("openai");
      const { apiKey, baseUrl, clock, idleMs } = options;
      const client = new sdk.default({
        apiKey,
        maxRetries: 0,
        logLevel: "off",
        ...(baseUrl === undefined ? {} : { baseURL: baseUrl }),
      });
      const who = `openai ${call.model}`;
      let end: Responses | undefined;
      try {
        const stream = watched<StreamEvent>({ signal, clock, idleMs, who }, (ends) =>
          client.responses.create(requestOf(call), { signal: ends }),
        );
        for await (const event of stream) {
          if (event.type === "response.output_text.delta") {
            yield { type: "text", text: event.delta };
          } else if (event.type === "response.reasoning_summary_text.delta") {
            yield { type: "thinking", text: event.delta };
          } else {
            end ??= endOf(event, who);
          }
        }
      } catch (error) {
        throw signal.aborted ? signal.reason : openAiFailure(sdk, error, { who, options });
      }
      if (end === undefined) throw cutError(who);
      yield { type: "end", answer: answerOf(end, call.model, who) };
    },
  };
}

function requestOf(call: ModelCall): Request {
  const { system, tools = [], schema, effort, cacheKey, search } = call;
  const all: OpenAI.Responses.Tool[] = [
    ...tools.map(({ name, description, inputSchema }) => ({
      type: "function" as const,
      name,
      description,
      parameters: { ...inputSchema },
      strict: false,
    })),
    ...(search === true ? [{ type: "web_search" as const }] : []),
    ...(call.imageOutput === true ? [{ type: "image_generation" as const }] : []),
  ];
  const request: Request = {
    model: call.model,
    stream: true,
    store: false,
    include: ["reasoning.encrypted_content"],
    max_output_tokens: call.maxOutputTokens,
    input: call.messages.flatMap((message) => itemsOf(message, call.model)),
    ...(system === undefined ? {} : { instructions: system }),
    ...(all.length === 0 ? {} : { tools: all }),
    ...(schema === undefined ? {} : { text: { format: formatOf(schema) } }),
    ...(effort === undefined ? {} : { reasoning: { effort } }),
    ...(cacheKey === undefined ? {} : { prompt_cache_key: cacheKey }),
  };
  return { ...request, ...call.passthrough };
}

function formatOf(schema: JsonObject): OpenAI.Responses.ResponseFormatTextJSONSchemaConfig {
  const closed = closedSchema(schema);
  const strict = isStrict(closed);
  return { type: "json_schema", name: "answer", schema: strict ? closed : schema, strict };
}

function itemsOf(message: ModelMessage, model: string): Item[] {
  if (message.role === "assistant") return assistantOf(message, model);
  const content: OpenAI.Responses.ResponseInputContent[] = [];
  const results: Item[] = [];
  for (const part of message.parts) {
    switch (part.kind) {
      case "text":
        content.push({ type: "input_text", text: part.text });
        break;
      case "image": {
        const image_url = `data:${part.mimeType};base64,${part.data}`;
        content.push({ type: "input_image", detail: "auto", image_url });
        break;
      }
      case "tool-result": {
        const output = part.isError === true ? `Error: ${part.content}` : part.content;
        results.push({ type: "function_call_output", call_id: part.id, output });
        break;
      }
      default:
        part satisfies never;
    }
  }
  return content.length === 0 ? results : [...results, { role: "user", content }];
}

function assistantOf({ parts, bound }: AssistantMessage, model: string): Item[] {
  if (bound?.provider === "openai" && bound.model === model) {
    return bound.content as unknown as Item[];
  }
  return parts.map((part): Item => {
    if (part.kind === "text") return { role: "assistant", content: part.text };
    const input = JSON.stringify(part.input);
    return { type: "function_call", call_id: part.id, name: part.name, arguments: input };
  });
}

/** The whole response, when this event brings it. @throws ModelError when it says that there will be none */
function endOf(event: StreamEvent, who: string): Responses | undefined {
  switch (event.type) {
    case "response.completed":
    case "response.incomplete":
      return event.response;
    case "response.failed": {
      const { code, message } = event.response.error ?? {};
      throw vendorError(who, { names: [code], message: message ?? "the response failed" });
    }
    case "error":
      throw vendorError(who, { names: [event.code], message: event.message });
    default:
      return undefined;
  }
}

function answerOf(response: Responses, requested: string, who: string): ModelAnswer {
  const { output, usage } = response;
  const messages = output.filter((item) => item.type === "message");
  const contents = messages.flatMap((item) => item.content);
  const refusal = contents.find((content) => content.type === "refusal");
  if (refusal !== undefined) {
    throw new ModelError("refusal", `${who} refused: ${refusal.refusal.slice(0, 200)}`);
  }
  const texts = contents.filter((content) => content.type === "output_text");
  const text = texts.map((content) => content.text).join("");
  const stop = stopOf(response, who);
  const toolCalls = output.flatMap((item) =>
    item.type === "function_call" ? toolCallOf(item, stop, who) : [],
  );
  const said = text === "" ? [] : [{ kind: "text" as const, text }];
  return {
    servedModel: response.model ?? requested,
    stop: stop === "end" && toolCalls.length > 0 ? "tool-calls" : stop,
    text,
    toolCalls,
    media: output.flatMap((item) => (item.type === "image_generation_call" ? imageOf(item) : [])),
    sources: sourcesOf(texts),
    usage: usageOf({
      inputTokens: usage?.input_tokens,
      cacheReadTokens: usage?.input_tokens_details?.cached_tokens,
      cacheWriteTokens: usage?.input_tokens_details?.cache_write_tokens,
      outputTokens: usage?.output_tokens,
      reasoningTokens: usage?.output_tokens_details?.reasoning_tokens,
    }),
    message: {
      role: "assistant",
      parts: [...said, ...toolCalls],
      bound: { provider: "openai", model: requested, content: output as unknown as Json },
    },
  };
}

function stopOf({ status, incomplete_details: details }: Responses, who: string): ModelStop {
  if (status !== "incomplete") return "end";
  if (details?.reason === "max_output_tokens") return "max-tokens";
  if (details?.reason === "content_filter") {
    throw new ModelError("refusal", `${who} stopped at its content filter`);
  }
  throw new ModelError("connection", `${who} stopped its answer: ${details?.reason}`);
}

function toolCallOf(
  { call_id: id, name, arguments: written }: OpenAI.Responses.ResponseFunctionToolCall,
  stop: ModelStop,
  who: string,
): ToolCall[] {
  const input = argumentsOf(written);
  if (input !== undefined) return [{ kind: "tool-call", id, name, input }];
  if (stop === "max-tokens") return [];
  throw new ModelError("invalid-output", `${who} called ${name} without JSON`);
}

function imageOf(item: OpenAI.Responses.ResponseOutputItem.ImageGenerationCall): MediaPart[] {
  if (item.result === null) return [];
  return [{ kind: "image", mimeType: "image/png", data: item.result }];
}

function sourcesOf(texts: readonly OpenAI.Responses.ResponseOutputText[]): ModelSource[] {
  const sources = new Map<string, ModelSource>();
  for (const note of texts.flatMap((text) => text.annotations ?? [])) {
    if (note.type === "url_citation") sources.set(note.url, { url: note.url, title: note.title });
  }
  return [...sources.values()];
}
