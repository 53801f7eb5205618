import { systemClock } from "../../../core/clock.ts";
import type { ModelAnswer, ModelCall, ModelEvent, ModelVendor } from "../../../core/model.ts";
import { openAnthropic } from "../../../models/anthropic.ts";
import { openGoogle } from "../../../models/google.ts";
import { openOpenAi } from "../../../models/openai.ts";
import { openOpenAiCompatible } from "../../../models/openai-compatible.ts";
import type { VendorOptions } from "../../../models/vendor-options.ts";
import type { ModelServer } from "./model-server.ts";
import type { Protocol } from "./reply.ts";

export const PROTOCOLS: readonly Protocol[] = ["anthropic", "openai", "google", "chat"];

const OPEN: Readonly<Record<Protocol, (options: VendorOptions) => ModelVendor>> = {
  anthropic: openAnthropic,
  openai: openOpenAi,
  google: openGoogle,
  chat: openOpenAiCompatible,
};

/** The real adapter and SDK of a vendor, speaking to the test's server. */
export function vendorOf(server: ModelServer, protocol: Protocol, idleMs = 20_000): ModelVendor {
  const baseUrl = server.urls[protocol];
  return OPEN[protocol]({ apiKey: "test-key", baseUrl, clock: systemClock, idleMs });
}

export const MODEL_OF: Readonly<Record<Protocol, string>> = {
  anthropic: "claude-opus-5-5",
  openai: "gpt-6.2-sol",
  google: "gemini-3.8-flash",
  chat: "qwen3:4b",
};

export function callOf(protocol: Protocol, more: Partial<ModelCall> = {}): ModelCall {
  return {
    model: MODEL_OF[protocol],
    messages: [{ role: "user", parts: [{ kind: "text", text: "Say hello." }] }],
    maxOutputTokens: 1_000,
    ...more,
  };
}

export async function eventsOf(
  vendor: ModelVendor,
  call: ModelCall,
  signal: AbortSignal = new AbortController().signal,
): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of vendor.generate(call, signal)) events.push(event);
  return events;
}

export async function answerOf(
  vendor: ModelVendor,
  call: ModelCall,
  signal?: AbortSignal,
): Promise<ModelAnswer> {
  const end = (await eventsOf(vendor, call, signal)).at(-1);
  if (end?.type !== "end") throw new Error("no end");
  return end.answer;
}
