import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "../../../core/json.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import { chatWire } from "./chat-wire.ts";
import { googleWire } from "./google-wire.ts";
import { openAiWire } from "./openai-wire.ts";
import type { Protocol, Reply, Wire } from "./reply.ts";

export interface SeenRequest {
  readonly protocol: Protocol;
  readonly model: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: JsonObject;
  /** Resolves when its connection is closed before the answer ended. */
  readonly abandoned: Promise<void>;
}

/** A server that speaks the protocols of all vendors, on the loopback. It answers what it is told to. */
export interface ModelServer extends AsyncDisposable {
  readonly requests: SeenRequest[];
  /** As the environment variables of the vendors want them. */
  readonly env: Readonly<Record<string, string>>;
  readonly urls: Readonly<Record<Protocol, string>>;
  /** The answers to come, in their order; the last one is given again and again. */
  reply(...replies: readonly Reply[]): void;
  replyWith(answer: (request: SeenRequest) => Reply): void;
}

const WIRES: Readonly<Record<Protocol, Wire>> = {
  anthropic: anthropicWire,
  openai: openAiWire,
  google: googleWire,
  chat: chatWire,
};
const KEY = "test-key-of-the-fake-provider";

export async function openModelServer(): Promise<ModelServer> {
  const requests: SeenRequest[] = [];
  let answer: (request: SeenRequest) => Reply = () => ({ text: ["ok"] });
  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      response.destroy(error as Error);
    });
  });

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as JsonObject;
    const target = targetOf(incoming.url ?? "", body);
    if (target === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { promise: abandoned, resolve } = Promise.withResolvers<void>();
    response.once("close", () => {
      if (!response.writableEnded) resolve();
    });
    const request = { ...target, headers: incoming.headers, body, abandoned };
    requests.push(request);
    const reply = answer(request);
    await send(response, {
      reply,
      wire: WIRES[target.protocol],
      model: reply.model ?? target.model,
    });
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const urls = { anthropic: base, openai: `${base}/v1`, google: base, chat: `${base}/v1` };
  return {
    requests,
    urls,
    env: {
      ANTHROPIC_API_KEY: KEY,
      ANTHROPIC_BASE_URL: urls.anthropic,
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: urls.openai,
      GEMINI_API_KEY: KEY,
      GOOGLE_GEMINI_BASE_URL: urls.google,
    },
    reply(...replies) {
      const left = [...replies];
      answer = () => {
        const next = left.length > 1 ? left.shift() : left[0];
        return next ?? { text: ["ok"] };
      };
    },
    replyWith(given) {
      answer = given;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function targetOf(
  url: string,
  body: JsonObject,
): Pick<SeenRequest, "protocol" | "model"> | undefined {
  const model = String(body["model"]);
  if (url === "/v1/messages") return { protocol: "anthropic", model };
  if (url === "/v1/responses") return { protocol: "openai", model };
  if (url === "/v1/chat/completions") return { protocol: "chat", model };
  const google = /^\/v1beta\/models\/([\w.-]+):streamGenerateContent\?alt=sse$/.exec(url)?.[1];
  return google === undefined ? undefined : { protocol: "google", model: google };
}

async function send(
  response: ServerResponse,
  { reply, wire, model }: { readonly reply: Reply; readonly wire: Wire; readonly model: string },
): Promise<void> {
  const { fault } = reply;
  if (fault?.kind === "hang") return;
  if (fault?.kind === "status") {
    response.writeHead(fault.status, { "content-type": "application/json", ...fault.headers });
    response.end(JSON.stringify(wire.errorBody(fault)));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const frames = wire.frames(reply, model);
  if (fault === undefined) {
    response.end(frames.join(""));
    return;
  }
  if (fault.kind === "drip") {
    for (const each of frames) {
      response.write(each);
      await new Promise((resolve) => setTimeout(resolve, fault.everyMs));
    }
    response.end();
    return;
  }
  response.write(frames.slice(0, wire.framesToFirstText).join(""));
  switch (fault.kind) {
    case "stall":
      return;
    case "end-early":
      response.end();
      return;
    case "break":
      setTimeout(() => response.destroy(), 20); // what was written goes out first
      return;
    case "error-event":
      response.end(wire.errorFrame);
      return;
    case "malformed":
      response.end("data: {not json\n\n");
      return;
    default:
      fault satisfies never;
  }
}
