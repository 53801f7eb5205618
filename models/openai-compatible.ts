import type OpenAI from "openai";
import type {
  ModelAnswer,
  ModelCall,
  ModelEvent,
  ModelMessage,
  ModelStop,
  ModelUsage,
  ModelVendor,
  ToolCall,
} from "../core/model.ts";
import { argumentsOf } from "./json-text.ts";
import { ModelError } from "./model-error.ts";
import { openAiFailure } from "./openai-failure.ts";
import { usageOf } from "./usage.ts";
import { cutError, vendorError } from "./vendor-fault.ts";
import type { VendorOptions } from "./vendor-options.ts";
import { watched } from "./watched.ts";

type Chunk = OpenAI.ChatCompletionChunk;
type Request = OpenAI.ChatCompletionCreateParamsStreaming;

/** Any endpoint that speaks the chat-completions protocol: Ollama, llama.cpp, vLLM and others. */
export function openOpenAiCompatible(options: VendorOptions): ModelVendor {
  return {
    provider: "openai-compatible",
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
      const who = `openai-compatible ${call.model}`;
      const whole = new Accumulated(call.model, who);
      try {
        const stream = watched<Chunk>({ signal, clock, idleMs, who }, (ends) =>
          client.chat.completions.create(requestOf(call), { signal: ends }),
        );
        for await (const chunk of stream) yield* whole.take(chunk);
      } catch (error) {
        throw signal.aborted ? signal.reason : openAiFailure(sdk, error, { who, options });
      }
      yield { type: "end", answer: whole.answer() };
    },
  };
}

function requestOf(call: ModelCall): Request {
  const { system, tools = [], schema } = call;
  const request: Request = {
    model: call.model,
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: call.maxOutputTokens,
    messages: [
      ...(system === undefined ? [] : [{ role: "system" as const, content: system }]),
      ...call.messages.flatMap(messagesOf),
    ],
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, inputSchema }) => ({
            type: "function" as const,
            function: { name, description, parameters: { ...inputSchema } },
          })),
        }),
    ...(schema === undefined
      ? {}
      : {
          response_format: {
            type: "json_schema",
            json_schema: { name: "answer", schema: { ...schema } },
          },
        }),
  };
  return { ...request, ...call.passthrough };
}

function messagesOf(message: ModelMessage): OpenAI.ChatCompletionMessageParam[] {
  if (message.role === "assistant") {
    const texts = message.parts.filter((part) => part.kind === "text");
    const calls = message.parts.filter((part) => part.kind === "tool-call");
    return [
      {
        role: "assistant",
        content: texts.length === 0 ? null : texts.map((part) => part.text).join(""),
        ...(calls.length === 0
          ? {}
          : {
              tool_calls: calls.map(({ id, name, input }) => ({
                id,
                type: "function" as const,
                function: { name, arguments: JSON.stringify(input) },
              })),
            }),
      },
    ];
  }
  const content: OpenAI.ChatCompletionContentPart[] = [];
  const results: OpenAI.ChatCompletionMessageParam[] = [];
  for (const part of message.parts) {
    if (part.kind === "text") content.push({ type: "text", text: part.text });
    else if (part.kind === "image") {
      const url = `data:${part.mimeType};base64,${part.data}`;
      content.push({ type: "image_url", image_url: { url } });
    } else {
      const said = part.isError === true ? `Error: ${part.content}` : part.content;
      results.push({ role: "tool", tool_call_id: part.id, content: said });
    }
  }
  const [only] = content;
  if (only === undefined) return results;
  // Plain texts as texts: small servers know no other form.
  const isText = content.length === 1 && only.type === "text";
  return [...results, { role: "user", content: isText ? only.text : content }];
}

/** As far as it has come. */
interface WrittenCall {
  readonly id: string;
  readonly name: string;
  readonly input: string;
}

/** Puts the answer together from its chunks. */
class Accumulated {
  readonly #requested: string;
  readonly #who: string;
  readonly #calls = new Map<number, WrittenCall>();
  #model: string | undefined;
  #text = "";
  #finish: string | undefined;
  #usage: ModelUsage = {};

  constructor(requested: string, who: string) {
    this.#requested = requested;
    this.#who = who;
  }

  *take(chunk: Chunk): Generator<ModelEvent> {
    const { error } = chunk as {
      readonly error?: { readonly message?: string; readonly type?: string };
    };
    if (error !== undefined) {
      throw vendorError(this.#who, { names: [error.type], message: error.message ?? "an error" });
    }
    this.#model = chunk.model ?? this.#model;
    const { usage } = chunk;
    if (usage != null) {
      this.#usage = usageOf({
        inputTokens: usage.prompt_tokens,
        cacheReadTokens: usage.prompt_tokens_details?.cached_tokens,
        cacheWriteTokens: undefined,
        outputTokens: usage.completion_tokens,
        reasoningTokens: usage.completion_tokens_details?.reasoning_tokens,
      });
    }
    const choice = chunk.choices?.[0];
    if (choice === undefined) return;
    this.#finish = choice.finish_reason ?? this.#finish;
    const { content, tool_calls: calls = [] } = choice.delta;
    for (const call of calls) this.#addCall(call);
    if (content != null && content !== "") {
      this.#text += content;
      yield { type: "text", text: content };
    }
  }

  #addCall({ index, id, function: part }: OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall): void {
    const call = this.#calls.get(index) ?? { id: "", name: "", input: "" };
    this.#calls.set(index, {
      id: call.id || id || `call-${index}`,
      name: call.name || part?.name || "",
      input: call.input + (part?.arguments ?? ""),
    });
  }

  answer(): ModelAnswer {
    if (this.#finish === undefined) throw cutError(this.#who);
    const stop = this.#stop(this.#finish);
    const toolCalls = [...this.#calls.values()].flatMap((call) => this.#toolCall(call, stop));
    const said = this.#text === "" ? [] : [{ kind: "text" as const, text: this.#text }];
    return {
      servedModel: this.#model ?? this.#requested,
      stop: stop === "end" && toolCalls.length > 0 ? "tool-calls" : stop,
      text: this.#text,
      toolCalls,
      media: [],
      sources: [],
      usage: this.#usage,
      message: { role: "assistant", parts: [...said, ...toolCalls] },
    };
  }

  #stop(finish: string): ModelStop {
    if (finish === "length") return "max-tokens";
    if (finish === "tool_calls") return "tool-calls";
    if (finish === "content_filter") {
      throw new ModelError("refusal", `${this.#who} stopped at its content filter`);
    }
    return "end";
  }

  #toolCall({ id, name, input: written }: WrittenCall, stop: ModelStop): ToolCall[] {
    const input = argumentsOf(written);
    if (input !== undefined) return [{ kind: "tool-call", id, name, input }];
    if (stop === "max-tokens") return [];
    throw new ModelError("invalid-output", `${this.#who} called ${name} without JSON`);
  }
}
