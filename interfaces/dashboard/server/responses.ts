import type { ServerResponse } from "node:http";
import { type ErrorCode, SwarmError } from "../../../core/errors.ts";
import { CascadeRefused } from "../../cli/job-inputs.ts";

/** On every response. */
export const COMMON_HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
} as const;

export function sendJson(response: ServerResponse, document: object, status = 200): void {
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
  });
  response.end(JSON.stringify(document));
}

export function sendText(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
  });
  response.end(text);
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  "unknown-run": 404,
  "unknown-cascade": 404,
  "unknown-letter": 404,
  "limit-exceeded": 413,
  "not-allowed": 403,
  "coordinator-unavailable": 503,
  "broker-unavailable": 503,
};

/**
 * Answers a failure as the page shows it: code, words, and what to do.
 * @returns true when it is a failure of the dashboard itself
 */
export function sendError(response: ServerResponse, error: unknown): boolean {
  const { status, ...told } = toldOf(error);
  if (response.headersSent) response.destroy();
  else sendJson(response, told, status);
  return told.code === "internal";
}

interface Told {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

function toldOf(error: unknown): Told {
  if (error instanceof CascadeRefused)
    return { status: 400, code: "invalid-cascade", message: error.message };
  if (error instanceof SwarmError) {
    const { code, message, hint, disposition } = error;
    const status = STATUS[code] ?? (disposition === "retry" ? 503 : 400);
    return { status, code, message, ...(hint === undefined ? {} : { hint }) };
  }
  if (error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError")) {
    const message = "the swarm did not answer in time";
    return { status: 503, code: "coordinator-unavailable", message };
  }
  return { status: 500, code: "internal", message: "the dashboard failed; its log says more" };
}
