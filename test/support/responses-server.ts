import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An item of a model's answer in the Responses protocol. */
export type AnswerItem = Readonly<Record<string, unknown>>;

/** What the server does with one request. */
export type Answer =
  | { readonly kind: "items"; readonly items: readonly AnswerItem[] }
  | { readonly kind: "status"; readonly status: number; readonly message: string }
  /** The request is taken and never answered. */
  | { readonly kind: "silence" };

export interface ResponsesServer extends AsyncDisposable {
  /** With `/v1` at its end, as clients take it. */
  readonly baseUrl: string;
  /** Bodies of the requests for an answer, in their order. */
  readonly requests: readonly string[];
  /** Their `authorization` headers. */
  readonly keys: readonly (string | undefined)[];
}

const USAGE = {
  input_tokens: 1_000,
  input_tokens_details: { cached_tokens: 400 },
  output_tokens: 50,
  output_tokens_details: { reasoning_tokens: 10 },
  total_tokens: 1_050,
};

/** The model asks for a shell command. */
export function commandItem(cmd: string): AnswerItem {
  return {
    type: "function_call",
    name: "exec_command",
    call_id: `call-${cmd.length}`,
    arguments: JSON.stringify({ cmd }),
  };
}

/** The model edits files by a patch in the form `*** Begin Patch`. */
export function patchItem(patch: string): AnswerItem {
  return { type: "custom_tool_call", name: "apply_patch", call_id: "call-patch", input: patch };
}

/** The model says something; without a call beside it, its turn ends. */
export function messageItem(text: string): AnswerItem {
  return {
    type: "message",
    role: "assistant",
    content: [{ type: "output_text", text, annotations: [] }],
  };
}

/**
 * A provider of models on loopback that speaks the Responses protocol as a stream of events, and answers as scripted: the
 * nth request gets the nth answer, all later ones the last.
 */
export async function openResponsesServer(
  answers: readonly Answer[],
  onRequest: () => void = () => {},
): Promise<ResponsesServer> {
  const requests: string[] = [];
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    if (request.method !== "POST" || !request.url?.endsWith("/responses")) {
      response.writeHead(404).end();
      return;
    }
    void bodyOf(request).then((body) => {
      const answer = answers[Math.min(requests.length, answers.length - 1)];
      requests.push(body);
      keys.push(request.headers.authorization);
      onRequest();
      if (answer !== undefined) send(answer, requests.length, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    keys,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function send(answer: Answer, n: number, response: ServerResponse): void {
  switch (answer.kind) {
    case "silence":
      return;
    case "status":
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: answer.message, type: "scripted" } }));
      return;
    case "items":
      sendItems(answer.items, `response-${n}`, response);
      return;
    default:
      answer satisfies never;
  }
}

function sendItems(items: readonly AnswerItem[], id: string, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  const event = (type: string, data: object): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  };
  event("response.created", { response: { id } });
  for (const [output_index, item] of items.entries()) {
    event("response.output_item.done", { output_index, item });
  }
  event("response.completed", { response: { id, output: items, usage: USAGE } });
  response.end();
}
