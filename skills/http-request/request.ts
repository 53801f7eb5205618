import { z } from "zod";
import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { parseInputs } from "../skill-inputs.ts";

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly isExpected: (status: number) => boolean;
  readonly timeoutMs: number | undefined;
  readonly allowPrivate: boolean;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const requestInputs = z.object({
  url: z.string(),
  within: z.string().nullish(),
  method: z.enum(METHODS),
  headers: z.record(z.string(), scalar),
  query: z.record(z.string(), z.union([scalar, z.null(), z.array(scalar)])),
  body: z.custom<Json>().optional(),
  expect: z.array(z.int()).nullish(),
  timeout_ms: z.int().min(1).nullish(),
  allow_private: z.boolean(),
});

/** The request that inputs describe. @throws SwarmError `invalid-input` with the place */
export function requestOf(inputs: JsonObject): HttpRequest {
  const given = parseInputs(requestInputs, inputs);
  const { method, expect, timeout_ms, allow_private: allowPrivate } = given;
  const { body, type } = bodyOf(given.body ?? null, method);
  const url = urlOf(given.url, given.query);
  if (given.within != null) refuseOtherOrigin(url, given.within);
  return {
    url,
    method,
    headers: { ...DEFAULT_HEADERS, ...type, ...headersOf(given.headers) },
    body,
    isExpected: (status) => expect?.includes(status) ?? (status >= 200 && status < 300),
    timeoutMs: timeout_ms ?? undefined,
    allowPrivate,
  };
}

/** Nothing here takes a compressed body apart. */
const DEFAULT_HEADERS = { "accept-encoding": "identity", "user-agent": "cascade-swarm" };
/** They belong to the connection, or say where the request goes. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...["accept-encoding", "connection", "content-length", "expect", "host", "keep-alive"],
  ...["proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"],
]);
/** RFC 9110: a token; and a value without control characters, in the letters that Node sends. */
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

type Query = z.infer<typeof requestInputs>["query"];

/** As it is written: the parser would also take `https:host`, and leave out line ends. */
function isWholeUrl(text: string): boolean {
  return /^https?:\/\/[^/?#\\\s]/i.test(text) && !/\p{Cc}/u.test(text) && URL.canParse(text);
}

function urlOf(text: string, query: Query): URL {
  if (!isWholeUrl(text)) {
    throw wrong("/url", "must be a whole URL that begins with http:// or https://");
  }
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw wrong("/url", "must not hold a user and password", "write an `authorization` header");
  }
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== null) url.searchParams.append(name, String(each));
    }
  }
  url.hash = "";
  return url;
}

/** @throws SwarmError `not-allowed` when what comes after the beginning says where the request goes */
function refuseOtherOrigin(url: URL, beginning: string): void {
  if (isWholeUrl(beginning) && new URL(beginning).origin === url.origin) return;
  throw new SwarmError(
    "not-allowed",
    `${JSON.stringify(beginning.slice(0, 100))} does not name the host that the URL leads to`,
    { hint: "give the input that begins the URL as http://host or https://host" },
  );
}

function headersOf(given: Readonly<Record<string, string | number | boolean>>) {
  const headers: Record<string, string> = {};
  for (const [written, value] of Object.entries(given)) {
    const name = written.toLowerCase();
    const place = `/headers/${written}`;
    if (!HEADER_NAME.test(name)) throw wrong("/headers", "has a name that is none");
    if (OWN_HEADERS.has(name)) throw wrong(place, "cannot be given: it belongs to the connection");
    if (Object.hasOwn(headers, name)) throw wrong(place, "stands there twice");
    const text = String(value);
    if (!HEADER_VALUE.test(text)) {
      throw wrong(place, "must not hold line ends, control characters or letters beyond Latin-1");
    }
    headers[name] = text;
  }
  return headers;
}

function bodyOf(
  body: Json,
  method: string,
): { readonly body: string | undefined; readonly type: Readonly<Record<string, string>> } {
  if (body === null) return { body: undefined, type: {} };
  if (method === "GET" || method === "HEAD") throw wrong("/body", `cannot be sent with ${method}`);
  if (typeof body === "string") {
    return { body, type: { "content-type": "text/plain; charset=utf-8" } };
  }
  return { body: JSON.stringify(body), type: { "content-type": "application/json" } };
}

function wrong(pointer: string, what: string, hint?: string): SwarmError {
  return new SwarmError("invalid-input", `${pointer} ${what}`, {
    location: { pointer },
    ...(hint === undefined ? {} : { hint }),
  });
}
