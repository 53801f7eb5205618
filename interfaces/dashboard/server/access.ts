import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export interface AccessRules {
  readonly port: number;
  readonly token: string;
}

/** Why a request is not served: an HTTP status and words for whoever sent it. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/** What may be asked for without the token: it says nothing of runs. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);
const READING: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** Cookies of one host are shared by all its ports: the name keeps two dashboards apart. */
export function cookieName(port: number): string {
  return `cascade-dashboard-${port}`;
}

/**
 * The checks that every request passes before anything is looked up: the exact host against rebound names, the origin of
 * whatever changes something, and the token. Pure.
 */
export function refusalOf(
  request: {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
  },
  rules: AccessRules,
): Refusal | undefined {
  const { method, path, headers } = request;
  const hosts = [`127.0.0.1:${rules.port}`, `localhost:${rules.port}`];
  const host = headers.host ?? "";
  if (!hosts.includes(host)) return { status: 403, message: "this host is not served here" };
  if (!READING.has(method) && method !== "POST")
    return { status: 405, message: `${method} is not used here` };
  const { origin } = headers;
  const isOwnOrigin = origin === `http://${host}`;
  if (method === "POST" ? !isOwnOrigin : origin !== undefined && !isOwnOrigin)
    return { status: 403, message: "the request comes from another origin" };
  if (OPEN_PATHS.has(path) || hasToken(headers, rules)) return undefined;
  return {
    status: 401,
    message: "the token is missing: open the link that `cascade-swarm dashboard` printed",
  };
}

function hasToken(headers: IncomingHttpHeaders, { port, token }: AccessRules): boolean {
  const bearer = /^Bearer ([\w-]+)$/.exec(headers.authorization ?? "")?.[1];
  const given = bearer ?? cookieIn(headers.cookie ?? "", cookieName(port));
  return given !== undefined && isSameToken(given, token);
}

function cookieIn(header: string, name: string): string | undefined {
  const pair = header.split("; ").find((each) => each.startsWith(`${name}=`));
  return pair?.slice(name.length + 1);
}

/** Takes as long for a token that is nearly right as for any other. */
export function isSameToken(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
