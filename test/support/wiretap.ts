import type { NatsConnection } from "nats";
import { openBus } from "../../bus/connection.ts";
import type { Offer, Task } from "../../bus/messages.ts";
import type { TestServer } from "./nats.ts";

/** One message from member to member, and what it was about. */
export interface PeerMessage {
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly body: unknown;
}

/** Hears everything of `cascade.>` and of the answers, over a connection of its own. */
export interface Wiretap extends AsyncDisposable {
  readonly connection: NatsConnection;
  readonly peers: readonly PeerMessage[];
  /** Offers of coordinators to agents, in their order. */
  readonly offers: readonly { readonly agent: string; readonly tasks: readonly Task[] }[];
  /** How many messages had a subject that begins with `prefix`. */
  count(prefix: string): number;
  /** `from to` of every message between members, each once, in the order of the alphabet. */
  links(): readonly string[];
}

export async function openWiretap(server: TestServer): Promise<Wiretap> {
  const connection = await openBus(server.address, { name: "wiretap" });
  const peers: PeerMessage[] = [];
  const offers: { readonly agent: string; readonly tasks: readonly Task[] }[] = [];
  const subjects: string[] = [];
  connection.subscribe("cascade.>", {
    callback: (_, message) => {
      subjects.push(message.subject);
      const [, area, first = "", second = "", kind = ""] = message.subject.split(".");
      if (area === "peer") peers.push({ from: first, to: second, kind, body: message.json() });
      if (area === "agent" && second === "task")
        offers.push({ agent: first, tasks: message.json<Offer>().tasks });
    },
  });
  await connection.flush();
  return {
    connection,
    peers,
    offers,
    count: (prefix) => subjects.filter((subject) => subject.startsWith(prefix)).length,
    links: () => [...new Set(peers.map(({ from, to }) => `${from} ${to}`))].sort(),
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
