import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { jsonIn } from "../json-text.ts";
import { isReservedKey } from "../reserved-keys.ts";
import { exchange, type HttpResponse } from "./exchange.ts";
import { redirected } from "./redirects.ts";
import { type HttpRequest, requestOf } from "./request.ts";

const MOST_REDIRECTS = 5;

/** Sends an HTTP request. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  { signal }: SkillContext,
): Promise<Record<string, Json>> {
  const request = requestOf(inputs);
  const { status, headers, body } = await sent(request, signal);
  if (!request.isExpected(status)) {
    throw new SwarmError("skill-failed", `${shown(request)} answered ${status}`, {
      disposition: status === 429 || status >= 500 ? "retry" : "fail",
    });
  }
  const text = textOf(body, headers["content-type"]);
  return { status, headers: plainHeaders(headers), body: text, json: jsonIn(text) };
}

async function sent(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  const { timeoutMs } = request;
  const timer = new AbortController();
  const timeout = timeoutMs === undefined ? undefined : setTimeout(() => timer.abort(), timeoutMs);
  try {
    return await followed(request, AbortSignal.any([signal, timer.signal]));
  } catch (error) {
    signal.throwIfAborted();
    if (timer.signal.aborted) {
      throw failed(request, `took longer than ${timeoutMs} ms`, { disposition: "retry" });
    }
    if (error instanceof SwarmError) {
      const { code, message, disposition, hint } = error;
      const more = hint === undefined ? {} : { hint };
      throw new SwarmError(code, `${shown(request)}: ${message}`, { disposition, ...more });
    }
    throw failed(request, `failed: ${(error as Error).message || codeOf(error)}`, {
      disposition: "retry",
      cause: error,
    });
  } finally {
    clearTimeout(timeout);
  }
}

async function followed(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  let next = request;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await exchange(next, signal);
    const further = redirected(next, response);
    if (further === undefined) return response;
    next = further;
  }
  throw new SwarmError("skill-failed", `it redirects more than ${MOST_REDIRECTS} times`);
}

function failed(
  request: HttpRequest,
  what: string,
  options: { readonly disposition: "retry"; readonly cause?: unknown },
): SwarmError {
  return new SwarmError("skill-failed", `${shown(request)} ${what}`, options);
}

/** Without the query, which may hold a key. */
function shown({ method, url }: HttpRequest): string {
  return `${method} ${url.origin}${url.pathname}`.slice(0, 200);
}

/** Of several addresses that were tried, the error has no message of its own. */
function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown }).code ?? error);
}

function textOf(body: Buffer, contentType: string | undefined): string {
  const charset = /;\s*charset="?([\w-]+)/i.exec(contentType ?? "")?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body); // a charset that nobody knows
  }
}

function plainHeaders(headers: HttpResponse["headers"]): JsonObject {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined || isReservedKey(name) ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}
