import { once } from "node:events";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { SwarmError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { lookupPublic, refusePrivateHost } from "./addresses.ts";
import type { HttpRequest } from "./request.ts";

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

type Message = Pick<HttpRequest, "url" | "method" | "headers" | "body" | "allowPrivate">;

/**
 * Sends one request over a connection of its own and reads the whole answer; follows no redirect.
 * @throws SwarmError `not-allowed` for an address that is not public, `limit-exceeded`; what went wrong on the network as it is
 */
export async function exchange(message: Message, signal: AbortSignal): Promise<HttpResponse> {
  const { url, method, headers, body, allowPrivate } = message;
  if (!allowPrivate) refusePrivateHost(url.hostname);
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const outgoing = send(url, {
    method,
    headers,
    signal,
    agent: false, // a connection that is kept was made before this request was judged
    ...(allowPrivate ? {} : { lookup: lookupPublic }),
  });
  outgoing.on("error", () => {}); // one that comes after the answer has begun is an error of reading that, too
  outgoing.end(body);
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  const encoding = response.headers["content-encoding"] ?? "identity";
  try {
    if (encoding !== "identity") {
      throw new SwarmError(
        "skill-failed",
        `the body is in the encoding ${encoding}, which was not asked for`,
      );
    }
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: await bodyOf(response),
    };
  } finally {
    outgoing.destroy();
  }
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMITS.httpBodyBytes) {
      const what = `httpBodyBytes: the body has more than the ${LIMITS.httpBodyBytes} that are allowed`;
      throw new SwarmError("limit-exceeded", what);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
