import { frame, type Wire } from "./reply.ts";

/** The Messages API of Anthropic, streamed. */
export const anthropicWire: Wire = {
  framesToFirstText: 3,
  errorFrame: frame(
    { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    "error",
  ),
  errorBody: ({ status, name, message }) => ({
    type: "error",
    error: {
      type: name ?? nameOf(status),
      message: message ?? `status ${status}`,
      ...(name === undefined ? {} : { details: { error_code: name } }),
    },
    request_id: "req_test",
  }),
  frames(reply, model) {
    const { usage, thinking, text = [], toolCalls = [], sources = [] } = reply;
    const cacheRead = usage?.cacheRead ?? 0;
    const frames = [
      event("message_start", {
        message: {
          id: "msg_test",
          type: "message",
          role: "assistant",
          model,
          content: [],
          stop_reason: null,
          usage:
            usage === undefined
              ? undefined
              : {
                  input_tokens: usage.input - cacheRead,
                  cache_read_input_tokens: cacheRead,
                  cache_creation_input_tokens: 0,
                  output_tokens: 1,
                },
        },
      }),
    ];
    let index = 0;
    const block = (start: object, ...deltas: readonly object[]): void => {
      const at = index++;
      frames.push(event("content_block_start", { index: at, content_block: start }));
      for (const delta of deltas) frames.push(event("content_block_delta", { index: at, delta }));
      frames.push(event("content_block_stop", { index: at }));
    };
    if (thinking !== undefined) {
      block(
        { type: "thinking", thinking: "", signature: "" },
        { type: "thinking_delta", thinking },
        { type: "signature_delta", signature: "signed" },
      );
    }
    if (text.length > 0) {
      block(
        { type: "text", text: "" },
        ...text.map((piece) => ({ type: "text_delta", text: piece })),
        ...sources.map(({ url, title }) => ({
          type: "citations_delta",
          citation: {
            type: "web_search_result_location",
            url,
            title,
            cited_text: "",
            encrypted_index: "",
          },
        })),
      );
    }
    for (const { id, name, input, rawInput } of toolCalls) {
      const written = rawInput ?? JSON.stringify(input);
      const half = Math.ceil(written.length / 2);
      block(
        { type: "tool_use", id, name, input: {} },
        { type: "input_json_delta", partial_json: written.slice(0, half) },
        { type: "input_json_delta", partial_json: written.slice(half) },
      );
    }
    const stop_reason =
      reply.stop === "max-tokens"
        ? "max_tokens"
        : reply.stop === "refusal"
          ? "refusal"
          : toolCalls.length > 0
            ? "tool_use"
            : "end_turn";
    frames.push(
      event("message_delta", {
        delta: {
          stop_reason,
          stop_sequence: null,
          ...(stop_reason === "refusal"
            ? { stop_details: { type: "refusal", category: "cyber" } }
            : {}),
        },
        ...(usage === undefined
          ? {}
          : {
              usage: {
                input_tokens: usage.input - cacheRead,
                cache_read_input_tokens: cacheRead,
                cache_creation_input_tokens: 0,
                output_tokens: usage.output,
                output_tokens_details: { thinking_tokens: usage.reasoning },
              },
            }),
      }),
      event("message_stop", {}),
    );
    return frames;
  },
};

function event(type: string, data: object): string {
  return frame({ type, ...data }, type);
}

function nameOf(status: number): string {
  const names: Readonly<Record<number, string>> = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
  };
  return names[status] ?? "api_error";
}
