import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { FORBIDDEN_KEYS } from "../../../core/json.ts";

/** A request that is wrong in itself, with the HTTP status that says so. */
export class RequestRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What a page sends is small. */
const MOST_BYTES = 1_000_000;
const WAIT_MS = 10_000;

/** Reads a request's JSON and checks it. @throws RequestRefused */
export async function bodyOf<Body>(
  request: IncomingMessage,
  schema: z.ZodType<Body>,
): Promise<Body> {
  if (!/^application\/json(;\s*charset=utf-8)?$/i.test(request.headers["content-type"] ?? ""))
    throw new RequestRefused(415, "the body must be application/json");
  const parsed = schema.safeParse(parsedJson(await bytesOf(request)));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const pointer = `/${(issue?.path ?? []).map(String).join("/")}`;
  throw new RequestRefused(400, `${pointer}: ${issue?.message ?? "does not fit"}`);
}

function parsedJson(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return JSON.parse(text, (key, value: unknown) => {
      if (FORBIDDEN_KEYS.has(key)) throw new Error(`the key ${key} is not allowed`);
      return value;
    });
  } catch (error) {
    throw new RequestRefused(400, `not JSON: ${(error as Error).message}`);
  }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > MOST_BYTES) throw tooLarge();
  const timer = setTimeout(() => request.destroy(), WAIT_MS);
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
  }
}

function tooLarge(): RequestRefused {
  return new RequestRefused(413, `the body is over ${MOST_BYTES} bytes`);
}
