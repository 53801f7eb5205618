import { frame, type Wire } from "./reply.ts";

/** The generateContent API of Gemini, streamed. */
export const googleWire: Wire = {
  framesToFirstText: 1,
  errorFrame: frame({ error: { code: 503, status: "UNAVAILABLE", message: "Overloaded" } }),
  errorBody: ({ status, name, message, details = [] }) => ({
    error: {
      code: status,
      status: name ?? "ERROR",
      message: message ?? `status ${status}`,
      details: [
        ...(name === undefined
          ? []
          : [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: name }]),
        ...details,
      ],
    },
  }),
  frames(reply, model) {
    const { thinking, text = [], toolCalls = [], images = [], sources = [], usage, stop } = reply;
    const chunk = (parts: readonly object[], candidate: object = {}, rest: object = {}): string =>
      frame({
        candidates: [{ index: 0, content: { role: "model", parts }, ...candidate }],
        modelVersion: model,
        ...rest,
      });
    const finishReason =
      stop === "max-tokens" ? "MAX_TOKENS" : stop === "refusal" ? "SAFETY" : "STOP";
    const parts = [
      ...toolCalls.map(({ id, name, input }) => ({
        functionCall: { id, name, args: input },
        thoughtSignature: "signed",
      })),
      ...images.map((data) => ({ inlineData: { mimeType: "image/png", data } })),
    ];
    const grounding =
      sources.length === 0
        ? {}
        : {
            groundingMetadata: {
              webSearchQueries: ["q"],
              groundingChunks: sources.map(({ url, title }) => ({ web: { uri: url, title } })),
            },
          };
    return [
      ...(thinking === undefined ? [] : [chunk([{ text: thinking, thought: true }])]),
      ...text.map((piece) => chunk([{ text: piece }])),
      chunk(
        parts,
        { finishReason, ...grounding },
        usage === undefined
          ? {}
          : {
              usageMetadata: {
                promptTokenCount: usage.input,
                cachedContentTokenCount: usage.cacheRead,
                candidatesTokenCount: usage.output - usage.reasoning,
                thoughtsTokenCount: usage.reasoning,
                totalTokenCount: usage.input + usage.output,
              },
            },
      ),
    ];
  },
};
