import type {
  GenerateContentRequest,
  GenerativeModel,
  SingleRequestOptions,
} from "@google/generative-ai";
import { z } from "zod";
import type { Json, JsonObject } from "../core/json.ts";
import type {
  AssistantMessage,
  MediaPart,
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
import { ModelError } from "./model-error.ts";
import { plus, usageOf } from "./usage.ts";
import { cutError, transportError, vendorError, waitOfDuration } from "./vendor-fault.ts";
import type { VendorOptions } from "./vendor-options.ts";
import { watched } from "./watched.ts";

/** Gemini by generateContent. What the SDK has no types for (search, images, thinking) goes to the vendor as it is. */
export function openGoogle(options: VendorOptions): ModelVendor {
  return {
    provider: "google",
    origin: "live",
    async *generate(call, signal) {
      const sdk = await import("@google/generative-ai");
      const { apiKey, baseUrl, clock, idleMs } = options;
      const model = new sdk.GoogleGenerativeAI(apiKey).getGenerativeModel(
        { model: call.model },
        { apiVersion: "v1beta", ...(baseUrl === undefined ? {} : { baseUrl }) },
      );
      const who = `google ${call.model}`;
      const whole = new Accumulated(call.model, who);
      try {
        const stream = watched({ signal, clock, idleMs, who }, (ends) =>
          chunksOf(model, requestOf(call), { signal: ends }),
        );
        for await (const data of stream) yield* whole.take(chunk.parse(data));
      } catch (error) {
        throw signal.aborted ? signal.reason : failureOf(sdk, error, who);
      }
      yield { type: "end", answer: whole.answer() };
    },
  };
}

/** The raw chunks: what the SDK makes of them in `response` loses thoughts and their signatures. */
async function chunksOf(
  model: GenerativeModel,
  request: JsonObject,
  options: SingleRequestOptions,
): Promise<AsyncIterable<unknown>> {
  const { stream, response } = await model.generateContentStream(
    request as unknown as GenerateContentRequest,
    options,
  );
  response.catch(() => {}); // fails together with the stream, which tells it
  return stream;
}

const count = z.number().nullish();
const part = z.looseObject({
  text: z.string().nullish(),
  thought: z.boolean().nullish(),
  functionCall: z
    .looseObject({
      id: z.string().nullish(),
      name: z.string(),
      args: z.custom<JsonObject>((data) => typeof data === "object").nullish(),
    })
    .nullish(),
  inlineData: z.looseObject({ mimeType: z.string(), data: z.string() }).nullish(),
});
type Part = z.infer<typeof part>;
const web = z.looseObject({ uri: z.string(), title: z.string().nullish() });
const chunk = z.looseObject({
  error: z
    .looseObject({ code: count, status: z.string().nullish(), message: z.string().nullish() })
    .nullish(),
  modelVersion: z.string().nullish(),
  promptFeedback: z.looseObject({ blockReason: z.string().nullish() }).nullish(),
  candidates: z
    .array(
      z.looseObject({
        content: z.looseObject({ parts: z.array(part).nullish() }).nullish(),
        finishReason: z.string().nullish(),
        groundingMetadata: z
          .looseObject({
            groundingChunks: z.array(z.looseObject({ web: web.nullish() })).nullish(),
          })
          .nullish(),
      }),
    )
    .nullish(),
  usageMetadata: z
    .looseObject({
      promptTokenCount: count,
      toolUsePromptTokenCount: count,
      cachedContentTokenCount: count,
      candidatesTokenCount: count,
      thoughtsTokenCount: count,
    })
    .nullish(),
});
type Chunk = z.infer<typeof chunk>;

function requestOf(call: ModelCall): JsonObject {
  const { system, tools = [], schema, effort, search } = call;
  const all: JsonObject[] = [
    ...(tools.length === 0
      ? []
      : [
          {
            functionDeclarations: tools.map(({ name, description, inputSchema }) => ({
              name,
              description,
              parametersJsonSchema: inputSchema,
            })),
          },
        ]),
    ...(search === true ? [{ googleSearch: {} }] : []),
  ];
  const { generationConfig = {}, ...rest } = call.passthrough ?? {};
  return {
    contents: call.messages.map((message) => contentOf(message, call.model)),
    ...(system === undefined ? {} : { systemInstruction: system }),
    ...(all.length === 0 ? {} : { tools: all }),
    generationConfig: {
      maxOutputTokens: call.maxOutputTokens,
      ...(schema === undefined
        ? {}
        : { responseMimeType: "application/json", responseJsonSchema: schema }),
      ...(effort === undefined ? {} : { thinkingConfig: { thinkingLevel: effort } }),
      ...(call.imageOutput === true ? { responseModalities: ["TEXT", "IMAGE"] } : {}),
      ...(generationConfig as JsonObject),
    },
    ...rest,
  };
}

function contentOf(message: ModelMessage, model: string): JsonObject {
  if (message.role === "assistant") return assistantOf(message, model);
  const parts = message.parts.map((each): JsonObject => {
    switch (each.kind) {
      case "text":
        return { text: each.text };
      case "image":
        return { inlineData: { mimeType: each.mimeType, data: each.data } };
      case "tool-result": {
        const response: JsonObject =
          each.isError === true ? { error: each.content } : { result: each.content };
        const id = isOurs(each.id) ? {} : { id: each.id };
        return { functionResponse: { ...id, name: each.name, response } };
      }
      default:
        return each satisfies never;
    }
  });
  return { role: "user", parts };
}

function assistantOf({ parts, bound }: AssistantMessage, model: string): JsonObject {
  if (bound?.provider === "google" && bound.model === model) {
    return { role: "model", parts: bound.content };
  }
  return {
    role: "model",
    parts: parts.map((each): JsonObject => {
      if (each.kind === "text") return { text: each.text };
      const id = isOurs(each.id) ? {} : { id: each.id };
      return { functionCall: { ...id, name: each.name, args: each.input } };
    }),
  };
}

/** Gemini may leave out the ids of calls; ours never go back to it. */
const OWN_ID = "gemini-call-";
const isOurs = (id: string): boolean => id.startsWith(OWN_ID);

/** Puts the answer together from its chunks. */
class Accumulated {
  readonly #requested: string;
  readonly #who: string;
  readonly #parts: Part[] = [];
  readonly #sources = new Map<string, ModelSource>();
  #model: string | undefined;
  #finish: string | undefined;
  #usage: ModelUsage = {};

  constructor(requested: string, who: string) {
    this.#requested = requested;
    this.#who = who;
  }

  *take(data: Chunk): Generator<ModelEvent> {
    const { error, promptFeedback, candidates, usageMetadata: usage } = data;
    if (error != null) {
      const { code, status, message } = error;
      const fault = { status: code ?? undefined, names: [status], message: message ?? "an error" };
      throw vendorError(this.#who, fault);
    }
    if (promptFeedback?.blockReason != null) {
      throw new ModelError("refusal", `${this.#who} refused: ${promptFeedback.blockReason}`);
    }
    this.#model = data.modelVersion ?? this.#model;
    if (usage != null) {
      this.#usage = usageOf({
        inputTokens: plus(usage.promptTokenCount, usage.toolUsePromptTokenCount),
        cacheReadTokens: usage.cachedContentTokenCount,
        cacheWriteTokens: undefined,
        outputTokens: plus(usage.candidatesTokenCount, usage.thoughtsTokenCount),
        reasoningTokens: usage.thoughtsTokenCount,
      });
    }
    const candidate = candidates?.[0];
    this.#finish = candidate?.finishReason ?? this.#finish;
    for (const { web: found } of candidate?.groundingMetadata?.groundingChunks ?? []) {
      if (found == null) continue;
      this.#sources.set(found.uri, { url: found.uri, title: found.title ?? found.uri });
    }
    for (const each of candidate?.content?.parts ?? []) {
      this.#parts.push(each);
      if (each.text == null || each.text === "") continue;
      yield { type: each.thought === true ? "thinking" : "text", text: each.text };
    }
  }

  answer(): ModelAnswer {
    if (this.#finish === undefined) throw cutError(this.#who);
    const said = this.#parts.filter((each) => each.thought !== true);
    const text = said.map((each) => each.text ?? "").join("");
    const toolCalls = said.flatMap(({ functionCall: call }, index): ToolCall[] => {
      if (call == null) return [];
      const id = call.id ?? `${OWN_ID}${index}`;
      return [{ kind: "tool-call", id, name: call.name, input: call.args ?? {} }];
    });
    const stop = this.#stop(this.#finish);
    const texts = text === "" ? [] : [{ kind: "text" as const, text }];
    return {
      servedModel: this.#model ?? this.#requested,
      stop: stop === "end" && toolCalls.length > 0 ? "tool-calls" : stop,
      text,
      toolCalls,
      media: said.flatMap(({ inlineData }): MediaPart[] =>
        inlineData == null
          ? []
          : [{ kind: "image", mimeType: inlineData.mimeType, data: inlineData.data }],
      ),
      sources: [...this.#sources.values()],
      usage: this.#usage,
      message: {
        role: "assistant",
        parts: [...texts, ...toolCalls],
        bound: { provider: "google", model: this.#requested, content: this.#parts as Json },
      },
    };
  }

  #stop(finish: string): ModelStop {
    switch (finish) {
      case "STOP":
        return "end";
      case "MAX_TOKENS":
        return "max-tokens";
      case "MALFORMED_FUNCTION_CALL":
      case "UNEXPECTED_TOOL_CALL":
        throw new ModelError("invalid-output", `${this.#who} stopped: ${finish}`);
      case "SAFETY":
      case "RECITATION":
      case "BLOCKLIST":
      case "PROHIBITED_CONTENT":
      case "SPII":
      case "IMAGE_SAFETY":
        throw new ModelError("refusal", `${this.#who} stopped: ${finish}`);
      default:
        throw new ModelError("server", `${this.#who} stopped: ${finish}`);
    }
  }
}

const detail = z.looseObject({
  "@type": z.string().nullish(),
  retryDelay: z.string().nullish(),
  reason: z.string().nullish(),
  violations: z.array(z.looseObject({ quotaId: z.string().nullish() })).nullish(),
});

function failureOf(
  { GoogleGenerativeAIFetchError }: typeof import("@google/generative-ai"),
  error: unknown,
  who: string,
): unknown {
  if (error instanceof ModelError) return error;
  if (!(error instanceof GoogleGenerativeAIFetchError) || error.status === undefined) {
    return transportError(who, error);
  }
  const details = z.array(detail).safeParse(error.errorDetails ?? []).data ?? [];
  const quotas = details.flatMap(({ violations }) => violations ?? []);
  // A limit by the day is no matter of minutes.
  const isDaily = quotas.some(({ quotaId }) => quotaId?.includes("PerDay") === true);
  const delay = details.map(({ retryDelay }) => retryDelay).find((each) => each != null);
  const fault = {
    status: error.status,
    names: [isDaily ? "daily_quota" : undefined, ...details.map(({ reason }) => reason)],
    message: wordsOf(error.message),
    retryAfterMs: waitOfDuration(delay),
  };
  return vendorError(who, fault, error);
}

/** Without the address and the details that the SDK writes around the vendor's own words. */
function wordsOf(message: string): string {
  return /\[\d{3} [^\]]*\] (.*?)(?: \[\{.*)?$/s.exec(message)?.[1] ?? message;
}
