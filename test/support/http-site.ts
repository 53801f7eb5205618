import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JsonObject } from "../../core/json.ts";

/** A server that answers as it is told, and notes what it was asked. */
export async function serve(answer: (asked: IncomingMessage, reply: ServerResponse) => void) {
  const asked: { method?: string; url?: string; headers: JsonObject; body: string }[] = [];
  const server = createServer(async (incoming, reply) => {
    let body = "";
    for await (const chunk of incoming.setEncoding("utf8")) body += String(chunk);
    const { method = "", url = "", headers } = incoming;
    asked.push({ method, url, headers: headers as JsonObject, body });
    answer(incoming, reply);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
