import { readFile } from "node:fs/promises";
import { z } from "zod";
import { SwarmError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { ModelAnswer, ModelCall, ModelProvider, ModelVendor } from "../core/model.ts";
import { ModelError } from "./model-error.ts";

/** The file of answers that are given in place of all vendors' models. */
export const SCRIPT_VARIABLE = "CASCADE_MODEL_SCRIPT";

const answer = z.strictObject({
  /** It answers prompts whose last message, or whose system text, holds this; default: all. */
  when: z.string().exactOptional(),
  /** And of these models only. */
  model: z.string().exactOptional(),
  text: z.string().exactOptional(),
  json: z.custom<Json>((data) => data !== undefined).exactOptional(),
  /** PNG files, as base64. */
  images: z.array(z.base64()).exactOptional(),
  sources: z.array(z.strictObject({ url: z.url(), title: z.string() })).exactOptional(),
  fault: z
    .enum([
      ...(["rate-limit", "quota", "overloaded", "connection", "server"] as const),
      ...(["auth", "not-found", "bad-request", "context-length", "refusal"] as const),
    ])
    .exactOptional(),
});
const script = z.strictObject({ v: z.literal(1), answers: z.array(answer).min(1) });
export type ModelScript = z.infer<typeof script>;

/** @throws SwarmError `path-unreadable` or `usage` */
export async function readModelScript(path: string): Promise<ModelScript> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const message = `${SCRIPT_VARIABLE}=${path} cannot be read: ${(error as Error).message}`;
    throw new SwarmError("path-unreadable", message, { cause: error });
  }
  try {
    return script.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    const message = `${SCRIPT_VARIABLE}=${path} is no script: ${why.replace(/\s+/g, " ")}`;
    throw new SwarmError("usage", message, { cause: error });
  }
}

/** Answers from a script: the first that fits the prompt, the same for the same prompt. All of them are marked. */
export function openScripted(provider: ModelProvider, { answers }: ModelScript): ModelVendor {
  return {
    provider,
    origin: "scripted",
    async *generate(call, signal) {
      signal.throwIfAborted();
      const asked = askedIn(call);
      const found = answers.find(
        ({ when, model }) =>
          (when === undefined || asked.some((text) => text.includes(when))) &&
          (model === undefined || model === call.model),
      );
      if (found === undefined) {
        const message = `the script has no answer for ${call.model}: ${asked[0]?.slice(0, 100)}`;
        throw new ModelError("bad-request", message);
      }
      if (found.fault !== undefined) throw new ModelError(found.fault, "the script says so");
      const whole = answerOf(found, call);
      if (whole.text !== "") yield { type: "text", text: whole.text };
      yield { type: "end", answer: whole };
    },
  };
}

/** The texts of the last message, then the system's. */
function askedIn({ messages, system = "" }: ModelCall): readonly string[] {
  const parts = messages.at(-1)?.parts ?? [];
  const texts = parts.map((part) => (part.kind === "text" ? part.text : ""));
  return [...texts, system];
}

function answerOf(
  { text, json, images = [], sources = [] }: ModelScript["answers"][number],
  call: ModelCall,
): ModelAnswer {
  const said = text ?? (json === undefined ? "" : JSON.stringify(json));
  const parts = said === "" ? [] : [{ kind: "text" as const, text: said }];
  return {
    servedModel: call.model,
    stop: "end",
    text: said,
    toolCalls: [],
    media: images.map((data) => ({ kind: "image", mimeType: "image/png", data })),
    sources,
    usage: {},
    message: { role: "assistant", parts },
  };
}
