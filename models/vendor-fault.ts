import type { ModelFailureClass } from "../core/model.ts";
import { ModelError } from "./model-error.ts";

/** What a vendor said of a failure, as far as it said anything. */
export interface VendorFault {
  readonly status?: number | undefined;
  /** Its names for it: type, code, status in words. */
  readonly names?: readonly (string | null | undefined)[];
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

const QUOTA = /quota|credit_balance|spend_limit|billing/;
const OVERLOADED = /overloaded|unavailable|slow_down/;
const RATE = /rate_limit|resource_exhausted|too_many_requests/;
const CONTEXT = /context_length|context_window|string_above_max_length|request_too_large/;
const REFUSAL = /content_filter|content_policy|_policy$|policy_violation|invalid_prompt|refusal/;
/** Where a vendor has no name for it. */
const CONTEXT_IN_WORDS =
  /prompt is too long|context (length|window)|input token count.{0,40}exceeds|maximum context/i;

const MESSAGE_LENGTH = 400;

/** @param who such as `anthropic claude-opus-5-5` */
export function vendorError(who: string, fault: VendorFault, cause?: unknown): ModelError {
  const { status, message, retryAfterMs } = fault;
  const names = (fault.names ?? []).filter((name) => typeof name === "string" && name !== "");
  const said = [status, ...names].filter((part) => part !== undefined).join(" ");
  const text = message.replace(/\s+/g, " ").slice(0, MESSAGE_LENGTH).toWellFormed();
  const told = said === "" ? text : `${said}: ${text}`;
  return new ModelError(classOf(fault), `${who} answered ${told}`, { retryAfterMs, cause });
}

function classOf({ status, names = [], message }: VendorFault): ModelFailureClass {
  const name = names.join(" ").toLowerCase();
  if (status === 402 || QUOTA.test(name)) return "quota";
  if (status === 401 || status === 403 || /authentication|permission/.test(name)) return "auth";
  if (CONTEXT.test(name)) return "context-length";
  if (status === 429 || RATE.test(name)) return "rate-limit";
  if (status === 529 || status === 503 || OVERLOADED.test(name)) return "overloaded";
  if (status === 408 || status === 504) return "connection";
  if (REFUSAL.test(name)) return "refusal";
  if (status === 404 || /model_not_found/.test(name)) return "not-found";
  if (status !== undefined && status < 500) {
    return CONTEXT_IN_WORDS.test(message) ? "context-length" : "bad-request";
  }
  return "server";
}

/** Longer words than this of when to come back are taken for this long. */
const LONGEST_WAIT_MS = 86_400_000;

/** RFC 9110: seconds, or a date. */
export function retryAfterOf(headers: Headers | undefined, nowMs: number): number | undefined {
  const inMs = headers?.get("retry-after-ms");
  if (inMs != null && /^\d+(\.\d+)?$/.test(inMs)) return waitOf(Number(inMs));
  const text = headers?.get("retry-after");
  if (text == null) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return waitOf(Number(text) * 1_000);
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : waitOf(atMs - nowMs);
}

/** Google's form of a time: `12.5s`. */
export function waitOfDuration(text: unknown): number | undefined {
  const seconds = typeof text === "string" ? /^(\d+(?:\.\d+)?)s$/.exec(text)?.[1] : undefined;
  return seconds === undefined ? undefined : waitOf(Number(seconds) * 1_000);
}

function waitOf(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), LONGEST_WAIT_MS);
}

/** Anything else that an SDK throws: no connection, a cut one, an answer that is no JSON. */
export function transportError(who: string, error: unknown): ModelError {
  const message = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
  const told = cause === "" ? message : `${message}: ${cause}`;
  return new ModelError("connection", `${who}: ${told.slice(0, MESSAGE_LENGTH)}`, { cause: error });
}

/** A stream that ended before the vendor said that the answer is whole. */
export function cutError(who: string): ModelError {
  return new ModelError("connection", `${who} ended its answer before it was whole`);
}
