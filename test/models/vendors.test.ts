import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelMessage } from "../../core/model.ts";
import {
  answerOf,
  callOf,
  eventsOf,
  MODEL_OF,
  PROTOCOLS,
  vendorOf,
} from "../support/model-server/call.ts";
import { type ModelServer, openModelServer } from "../support/model-server/model-server.ts";

let server: ModelServer;
beforeAll(async () => {
  server = await openModelServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const lastBody = () => server.requests.at(-1)?.body;
const usage = { input: 120, cacheRead: 100, output: 30, reasoning: 10 };
const schema = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };
const tool = { name: "add", description: "Adds.", inputSchema: schema };

describe.each(PROTOCOLS)("the adapter of the %s protocol", (protocol) => {
  const vendor = () => vendorOf(server, protocol);

  it("gives text piece by piece and then the whole answer with its usage", async () => {
    server.reply({ text: ["Hel", "lo"], usage, model: "served-model" });

    const events = await eventsOf(vendor(), callOf(protocol));

    expect(events.slice(0, -1)).toEqual([
      { type: "text", text: "Hel" },
      { type: "text", text: "lo" },
    ]);
    expect(events.at(-1)).toMatchObject({
      type: "end",
      answer: {
        servedModel: "served-model",
        stop: "end",
        text: "Hello",
        toolCalls: [],
        usage: { inputTokens: 120, cacheReadTokens: 100, outputTokens: 30, reasoningTokens: 10 },
      },
    });
  });

  it("does not invent counts that the vendor did not tell", async () => {
    server.reply({ text: ["Hello"] });

    expect((await answerOf(vendor(), callOf(protocol))).usage).toEqual({});
  });

  it("sends the system text, the model and the limit where the vendor wants them", async () => {
    server.reply({ text: ["Hello"] });

    await answerOf(vendor(), callOf(protocol, { system: "Be brief." }));

    const bodies = {
      anthropic: { system: [{ type: "text", text: "Be brief." }], max_tokens: 1_000 },
      openai: { instructions: "Be brief.", max_output_tokens: 1_000, store: false },
      google: {
        systemInstruction: { role: "system", parts: [{ text: "Be brief." }] },
        generationConfig: { maxOutputTokens: 1_000 },
      },
      chat: {
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Say hello." },
        ],
        max_tokens: 1_000,
      },
    };
    expect(lastBody()).toMatchObject(bodies[protocol]);
    expect(server.requests.at(-1)?.model).toBe(MODEL_OF[protocol]);
  });

  it("asks for JSON of a schema", async () => {
    server.reply({ text: ['{"n":1}'] });

    await answerOf(vendor(), callOf(protocol, { schema }));

    const closed = { ...schema, additionalProperties: false };
    const bodies = {
      anthropic: { output_config: { format: { type: "json_schema", schema: closed } } },
      openai: {
        text: { format: { type: "json_schema", name: "answer", schema: closed, strict: true } },
      },
      google: {
        generationConfig: { responseMimeType: "application/json", responseJsonSchema: schema },
      },
      chat: { response_format: { type: "json_schema", json_schema: { name: "answer", schema } } },
    };
    expect(lastBody()).toMatchObject(bodies[protocol]);
  });

  it("carries a tool call there and its result back", async () => {
    server.reply({ toolCalls: [{ id: "call_1", name: "add", input: { n: 1 } }] });
    const asked = callOf(protocol, { tools: [tool] });

    const answer = await answerOf(vendor(), asked);

    expect(answer.stop).toBe("tool-calls");
    expect(answer.toolCalls).toEqual([
      { kind: "tool-call", id: "call_1", name: "add", input: { n: 1 } },
    ]);

    server.reply({ text: ["2"] });
    const messages: ModelMessage[] = [
      ...asked.messages,
      answer.message,
      {
        role: "user",
        parts: [{ kind: "tool-result", id: "call_1", name: "add", content: "2", isError: false }],
      },
    ];
    await answerOf(vendor(), { ...asked, messages });

    const results = {
      anthropic: {
        messages: [
          {},
          { role: "assistant", content: [{ type: "tool_use", id: "call_1", input: { n: 1 } }] },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "call_1", content: "2" }] },
        ],
      },
      openai: {
        input: [
          {},
          { type: "function_call", call_id: "call_1", name: "add", arguments: '{"n":1}' },
          { type: "function_call_output", call_id: "call_1", output: "2" },
        ],
      },
      google: {
        contents: [
          {},
          // What only that model understands goes back unchanged.
          { role: "model", parts: [{ functionCall: { name: "add" }, thoughtSignature: "signed" }] },
          {
            role: "user",
            parts: [{ functionResponse: { id: "call_1", name: "add", response: { result: "2" } } }],
          },
        ],
      },
      chat: {
        messages: [
          {},
          { role: "assistant", tool_calls: [{ id: "call_1", function: { name: "add" } }] },
          { role: "tool", tool_call_id: "call_1", content: "2" },
        ],
      },
    };
    expect(lastBody()).toMatchObject(results[protocol]);
  });

  it("gives what another model thought and signed to no other model", async () => {
    server.reply({ thinking: "Hm.", text: ["Hello"] });
    const call = callOf(protocol);
    const answer = await answerOf(vendor(), call);

    expect(answer.text).toBe("Hello");
    server.reply({ text: ["Again"] });
    await answerOf(vendor(), {
      ...call,
      model: "another-model",
      messages: [...call.messages, answer.message, ...call.messages],
    });

    expect(JSON.stringify(lastBody())).not.toMatch(/Hm\.|signed|sealed/);
  });

  it("says that an answer is cut at the limit", async () => {
    server.reply({ text: ["Hel"], stop: "max-tokens" });

    expect((await answerOf(vendor(), callOf(protocol))).stop).toBe("max-tokens");
  });

  it("fails as a refusal when the model refuses", async () => {
    server.reply({ text: [], stop: "refusal" });

    await expect(answerOf(vendor(), callOf(protocol))).rejects.toMatchObject({
      code: "model-failed",
      failure: "refusal",
      disposition: "fail",
    });
  });

  it.each([
    [400, undefined, "bad-request"],
    [401, undefined, "auth"],
    [403, undefined, "auth"],
    [402, undefined, "quota"],
    [404, undefined, "not-found"],
    [429, undefined, "rate-limit"],
    [429, "insufficient_quota", "quota"],
    [400, "context_length_exceeded", "context-length"],
    [500, undefined, "server"],
    [503, undefined, "overloaded"],
    [529, undefined, "overloaded"],
  ])("tells status %d with the name %s as %s, and tries once", async (status, name, failure) => {
    server.reply({ fault: { kind: "status", status, ...(name === undefined ? {} : { name }) } });
    const before = server.requests.length;

    await expect(answerOf(vendor(), callOf(protocol))).rejects.toMatchObject({ failure });
    expect(server.requests.length - before).toBe(1);
  });

  it.each([
    ["ends early", "end-early", "connection"],
    ["breaks", "break", "connection"],
    ["is no JSON", "malformed", "connection"],
    ["brings an error", "error-event", "overloaded"],
    ["stalls", "stall", "connection"],
    ["never begins", "hang", "connection"],
  ] as const)("never takes a stream that %s for an answer", async (_, kind, failure) => {
    server.reply({ text: ["Hel", "lo"], fault: { kind } });
    const impatient = vendorOf(server, protocol, kind === "stall" || kind === "hang" ? 200 : 9_000);

    await expect(answerOf(impatient, callOf(protocol))).rejects.toMatchObject({ failure });
  });

  it("waits for a slow answer as long as something comes", async () => {
    server.reply({ text: ["a", "b", "c", "d", "e", "f"], fault: { kind: "drip", everyMs: 60 } });

    const answer = await answerOf(vendorOf(server, protocol, 300), callOf(protocol));

    expect(answer.text).toBe("abcdef");
  });

  it.each([
    "hang",
    "stall",
  ] as const)("ends the connection of a call that is stopped (%s)", async (kind) => {
    server.reply({ text: ["Hel", "lo"], fault: { kind } });
    const controller = new AbortController();
    const before = server.requests.length;
    const work = answerOf(vendor(), callOf(protocol), controller.signal);
    const failed = expect(work).rejects.toThrow("enough");
    await expect.poll(() => server.requests.length).toBe(before + 1);

    controller.abort(new Error("enough"));

    await failed;
    await server.requests.at(-1)?.abandoned;
  });

  it("fails when nobody listens", async () => {
    const nowhere = { ...server, urls: { ...server.urls, [protocol]: "http://127.0.0.1:9" } };

    await expect(answerOf(vendorOf(nowhere, protocol), callOf(protocol))).rejects.toMatchObject({
      failure: "connection",
      disposition: "retry",
    });
  });
});

describe("what only some vendors have", () => {
  it.each(["anthropic", "openai"] as const)("%s says when to come back", async (protocol) => {
    const headers = { "retry-after": "7" };
    server.reply({ fault: { kind: "status", status: 429, headers } });

    await expect(answerOf(vendorOf(server, protocol), callOf(protocol))).rejects.toMatchObject({
      retryAfterMs: 7_000,
    });
  });

  it("google says so in its details, and tells a day's quota from a rate", async () => {
    const retry = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "12.5s" };
    server.reply({ fault: { kind: "status", status: 429, details: [retry] } });
    const vendor = vendorOf(server, "google");

    await expect(answerOf(vendor, callOf("google"))).rejects.toMatchObject({
      failure: "rate-limit",
      retryAfterMs: 12_500,
    });

    const quota = { violations: [{ quotaId: "GenerateRequestsPerDayPerProject" }] };
    server.reply({ fault: { kind: "status", status: 429, details: [quota, retry] } });
    await expect(answerOf(vendor, callOf("google"))).rejects.toMatchObject({ failure: "quota" });
  });

  it.each(["anthropic", "openai", "google"] as const)("%s names its sources", async (protocol) => {
    const sources = [{ url: "https://example.org/a", title: "A" }];
    server.reply({ text: ["Found."], sources });

    const answer = await answerOf(vendorOf(server, protocol), callOf(protocol, { search: true }));

    expect(answer.sources).toEqual(sources);
    const tools = {
      anthropic: [{ type: "web_search_20260318", name: "web_search" }],
      openai: [{ type: "web_search" }],
      google: [{ googleSearch: {} }],
    };
    expect(lastBody()?.["tools"]).toEqual(tools[protocol]);
  });

  it.each(["openai", "google"] as const)("%s makes images", async (protocol) => {
    server.reply({ images: ["aGVsbG8="] });

    const call = callOf(protocol, { imageOutput: true });
    const answer = await answerOf(vendorOf(server, protocol), call);

    expect(answer.media).toEqual([{ kind: "image", mimeType: "image/png", data: "aGVsbG8=" }]);
  });

  it.each([
    "anthropic",
    "openai",
    "chat",
  ] as const)("%s does not call a tool with what is no JSON", async (protocol) => {
    server.reply({ toolCalls: [{ id: "c", name: "add", input: {}, rawInput: '{"n":' }] });

    const vendor = vendorOf(server, protocol);
    await expect(answerOf(vendor, callOf(protocol, { tools: [tool] }))).rejects.toMatchObject({
      failure: "invalid-output",
    });
  });

  it("marks what calls have in common for the cache", async () => {
    server.reply({ text: ["Hello"] });
    const shared = { system: "Long.", cacheKey: "prefix-1" };

    await answerOf(vendorOf(server, "anthropic"), callOf("anthropic", shared));
    expect(lastBody()?.["system"]).toEqual([
      { type: "text", text: "Long.", cache_control: { type: "ephemeral" } },
    ]);

    await answerOf(vendorOf(server, "openai"), callOf("openai", shared));
    expect(lastBody()?.["prompt_cache_key"]).toBe("prefix-1");
  });

  it("sends further fields of a vendor as they are", async () => {
    server.reply({ text: ["Hello"] });
    const passthrough = { cachedContent: "cachedContents/1", generationConfig: { seed: 7 } };

    await answerOf(vendorOf(server, "google"), callOf("google", { passthrough }));

    expect(lastBody()).toMatchObject({
      cachedContent: "cachedContents/1",
      generationConfig: { seed: 7, maxOutputTokens: 1_000 },
    });
  });
});
