import { createHash } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { z } from "zod";
import { SwarmError } from "../core/errors.ts";
import {
  MODEL_PROVIDERS,
  type ModelAnswer,
  type ModelCall,
  type ModelFailureClass,
  type ModelProvider,
  type ModelVendor,
} from "../core/model.ts";
import { ModelError } from "./model-error.ts";

/** The file that calls are added to. */
export const RECORD_VARIABLE = "CASCADE_MODEL_RECORD";
/** The file whose calls are answered from, in place of every model. */
export const REPLAY_VARIABLE = "CASCADE_MODEL_REPLAY";

/** One JSON document a line: several agents write to one file. */
const access = z.strictObject({
  v: z.literal(1),
  kind: z.literal("access"),
  providers: z.array(z.enum(MODEL_PROVIDERS)),
});
const call = z.strictObject({
  v: z.literal(1),
  kind: z.literal("call"),
  /** Of the provider and all that it was asked. */
  key: z.string(),
  /** For people. */
  model: z.string(),
  answer: z
    .custom<ModelAnswer>((data) => typeof data === "object" && data !== null)
    .exactOptional(),
  failure: z
    .strictObject({
      class: z.custom<ModelFailureClass>((data) => typeof data === "string"),
      message: z.string(),
      retryAfterMs: z.number().exactOptional(),
    })
    .exactOptional(),
});
type RecordedCall = z.infer<typeof call>;

/** What was recorded. Answers to one call that was made several times stand in their order. */
export interface Cassette {
  readonly providers: readonly ModelProvider[];
  readonly calls: ReadonlyMap<string, readonly RecordedCall[]>;
}

/** @throws SwarmError `path-unreadable` or `usage` */
export function readCassette(path: string): Cassette {
  const lines = textOf(path).split("\n");
  const providers = new Set<ModelProvider>();
  const calls = new Map<string, RecordedCall[]>();
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    const entry = entryOf(line);
    if (entry === undefined) {
      throw new SwarmError("usage", `${path}:${index + 1} is no line of a recording of models`);
    }
    if (entry.kind === "access") for (const each of entry.providers) providers.add(each);
    else calls.set(entry.key, [...(calls.get(entry.key) ?? []), entry]);
  }
  return { providers: [...providers], calls };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const message = `the recording ${path} cannot be read: ${(error as Error).message}`;
    throw new SwarmError("path-unreadable", message, { cause: error });
  }
}

function entryOf(line: string): z.infer<typeof access> | RecordedCall | undefined {
  try {
    return z.discriminatedUnion("kind", [access, call]).parse(JSON.parse(line));
  } catch {
    return undefined; // the caller says where it stands
  }
}

/** Says who could be asked when the recording was made, so that the same are chosen again. */
export function recordAccess(path: string, providers: readonly ModelProvider[]): void {
  append(path, { v: 1, kind: "access", providers });
}

/** The same vendor, whose answers and failures are added to the file, without secrets. */
export function recording(
  vendor: ModelVendor,
  path: string,
  scrub: (text: string) => string,
): ModelVendor {
  const note = (asked: ModelCall, outcome: Pick<RecordedCall, "answer" | "failure">): void => {
    const key = keyOf(vendor.provider, asked);
    append(
      path,
      JSON.parse(
        scrub(JSON.stringify({ v: 1, kind: "call", key, model: asked.model, ...outcome })),
      ) as object,
    );
  };
  return {
    ...vendor,
    async *generate(asked, signal) {
      try {
        for await (const event of vendor.generate(asked, signal)) {
          if (event.type === "end") note(asked, { answer: event.answer });
          yield event;
        }
      } catch (error) {
        if (error instanceof ModelError) note(asked, { failure: failureOf(error) });
        throw error;
      }
    },
  };
}

function failureOf(error: ModelError): NonNullable<RecordedCall["failure"]> {
  const { failure, message, retryAfterMs } = error;
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return { class: failure, message: message.slice(failure.length + 2), ...wait };
}

/** Answers as it was recorded, and never otherwise: a call that was not made then fails. */
export function replaying(provider: ModelProvider, { calls }: Cassette): ModelVendor {
  const given = new Map<string, number>();
  return {
    provider,
    origin: "replayed",
    async *generate(asked, signal) {
      signal.throwIfAborted();
      const key = keyOf(provider, asked);
      const position = given.get(key) ?? 0;
      given.set(key, position + 1);
      const recorded = calls.get(key);
      const found = recorded?.[position] ?? recorded?.at(-1);
      const { answer, failure } = found ?? {};
      if (failure !== undefined) {
        throw new ModelError(failure.class, failure.message, {
          retryAfterMs: failure.retryAfterMs,
        });
      }
      if (answer === undefined) {
        const message = `the recording has no answer of ${asked.model} to this prompt: it was made of another`;
        throw new ModelError("bad-request", message);
      }
      if (answer.text !== "") yield { type: "text", text: answer.text };
      yield { type: "end", answer };
    },
  };
}

/** What only the vendor's model understands is left out: it is new in every answer. */
function keyOf(provider: ModelProvider, { messages, ...rest }: ModelCall): string {
  const plain = messages.map(({ role, parts }) => ({ role, parts }));
  const text = JSON.stringify(sorted({ provider, ...rest, messages: plain }));
  return createHash("sha256").update(text).digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}

function append(path: string, entry: object): void {
  try {
    // One write, so that lines of several agents do not mix.
    appendFileSync(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  } catch (error) {
    const message = `the recording ${path} cannot be written: ${(error as Error).message}`;
    throw new SwarmError("path-unreadable", message, { cause: error });
  }
}
