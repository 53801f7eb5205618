import type { JsonObject } from "../../../core/json.ts";
import { frame, type Reply, type Wire } from "./reply.ts";

/** The Responses API of OpenAI, streamed. */
export const openAiWire: Wire = {
  framesToFirstText: 2,
  errorFrame: frame(
    { type: "error", code: "server_is_overloaded", message: "Overloaded", param: null },
    "error",
  ),
  errorBody: ({ status, name, message }) => ({
    error: {
      message: message ?? `status ${status}`,
      type: "error",
      code: name ?? null,
      param: null,
    },
  }),
  frames(reply, model) {
    const response = responseOf(reply, model);
    const { thinking, text = [] } = reply;
    return [
      event("response.created", { response: { ...response, status: "in_progress", output: [] } }),
      ...(thinking === undefined
        ? []
        : [event("response.reasoning_summary_text.delta", { delta: thinking })]),
      ...text.map((piece) => event("response.output_text.delta", { delta: piece })),
      reply.stop === "max-tokens"
        ? event("response.incomplete", { response })
        : event("response.completed", { response }),
    ];
  },
};

function responseOf(reply: Reply, model: string): JsonObject {
  const { thinking, text = [], toolCalls = [], images = [], sources = [], usage, stop } = reply;
  const annotations = sources.map(({ url, title }) => ({ type: "url_citation", url, title }));
  const content =
    stop === "refusal"
      ? [{ type: "refusal", refusal: "I cannot help with that." }]
      : [{ type: "output_text", text: text.join(""), annotations }];
  const hasMessage = text.length > 0 || stop === "refusal";
  return {
    id: "resp_test",
    object: "response",
    model,
    status: stop === "max-tokens" ? "incomplete" : "completed",
    incomplete_details: stop === "max-tokens" ? { reason: "max_output_tokens" } : null,
    output: [
      ...(thinking === undefined
        ? []
        : [{ type: "reasoning", id: "rs_test", summary: [], encrypted_content: "sealed" }]),
      ...(hasMessage ? [{ type: "message", id: "msg_test", role: "assistant", content }] : []),
      ...toolCalls.map(({ id, name, input, rawInput }) => ({
        type: "function_call",
        id: `fc_${id}`,
        call_id: id,
        name,
        arguments: rawInput ?? JSON.stringify(input),
      })),
      ...images.map((result) => ({ type: "image_generation_call", id: "ig_test", result })),
    ],
    ...(usage === undefined
      ? {}
      : {
          usage: {
            input_tokens: usage.input,
            input_tokens_details: { cached_tokens: usage.cacheRead },
            output_tokens: usage.output,
            output_tokens_details: { reasoning_tokens: usage.reasoning },
            total_tokens: usage.input + usage.output,
          },
        }),
  };
}

function event(type: string, data: object): string {
  return frame({ type, sequence_number: 0, ...data }, type);
}
