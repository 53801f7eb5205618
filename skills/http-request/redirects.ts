import { SwarmError } from "../../core/errors.ts";
import type { HttpResponse } from "./exchange.ts";
import type { HttpRequest } from "./request.ts";

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The request that an answer asks for instead; undefined when it asks for none.
 * @throws SwarmError `skill-failed` when it is one to another origin: only the cascade says where requests go
 */
export function redirected(
  request: HttpRequest,
  { status, headers }: Pick<HttpResponse, "status" | "headers">,
): HttpRequest | undefined {
  const { location } = headers;
  if (!REDIRECTS.has(status) || location === undefined || request.isExpected(status)) {
    return undefined;
  }
  if (!URL.canParse(location, request.url.href)) {
    throw new SwarmError("skill-failed", `${status} leads to what is no URL`);
  }
  const url = new URL(location, request.url);
  if (url.origin !== request.url.origin) {
    throw new SwarmError(
      "skill-failed",
      `${status} leads to another origin, ${url.origin}, and is not followed`,
      { hint: "write that URL in the cascade when it is meant" },
    );
  }
  url.username = "";
  url.password = "";
  url.hash = "";
  // As browsers do it (https://fetch.spec.whatwg.org/#http-redirect-fetch).
  const becomesGet = status === 303 || (status < 303 && request.method === "POST");
  if (!becomesGet || request.method === "HEAD") return { ...request, url };
  const { "content-type": _, ...others } = request.headers;
  return { ...request, url, method: "GET", headers: others, body: undefined };
}
