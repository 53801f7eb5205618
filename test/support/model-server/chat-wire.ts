import { frame, type Wire } from "./reply.ts";

/** The chat-completions protocol that local servers speak, streamed. */
export const chatWire: Wire = {
  framesToFirstText: 2,
  errorFrame: frame({ error: { message: "Overloaded", type: "server_is_overloaded" } }),
  errorBody: ({ status, name, message }) => ({
    error: {
      message: message ?? `status ${status}`,
      type: "error",
      code: name ?? null,
      param: null,
    },
  }),
  frames(reply, model) {
    const { text = [], toolCalls = [], usage, stop } = reply;
    const chunk = (delta: object, finish_reason: string | null = null): string =>
      frame({
        id: "chatcmpl_test",
        object: "chat.completion.chunk",
        model,
        choices: [{ index: 0, delta, finish_reason }],
      });
    const finish =
      stop === "max-tokens"
        ? "length"
        : stop === "refusal"
          ? "content_filter"
          : toolCalls.length > 0
            ? "tool_calls"
            : "stop";
    return [
      chunk({ role: "assistant", content: "" }),
      ...text.map((content) => chunk({ content })),
      ...toolCalls.flatMap(({ id, name, input, rawInput }, index) => {
        const written = rawInput ?? JSON.stringify(input);
        return [
          chunk({
            tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }],
          }),
          chunk({ tool_calls: [{ index, function: { arguments: written } }] }),
        ];
      }),
      chunk({}, finish),
      ...(usage === undefined
        ? []
        : [
            frame({
              id: "chatcmpl_test",
              object: "chat.completion.chunk",
              model,
              choices: [],
              usage: {
                prompt_tokens: usage.input,
                prompt_tokens_details: { cached_tokens: usage.cacheRead },
                completion_tokens: usage.output,
                completion_tokens_details: { reasoning_tokens: usage.reasoning },
              },
            }),
          ]),
      frame("[DONE]"),
    ];
  },
};
