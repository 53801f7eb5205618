import type { openBus } from "../../../bus/connection.ts";
import { decodeMessage, type Heartbeat, heartbeat } from "../../../bus/messages.ts";
import { openSubjects } from "../../../core/subjects.ts";
import {
  type AgentView,
  type LinkView,
  type Moved,
  movedBy,
  type TrafficFrame,
} from "../state/traffic.ts";

type Connection = Awaited<ReturnType<typeof openBus>>;

const FRAME_MS = 300;
/** An agent that is not heard for so long is not shown any more. */
const FORGOTTEN_MS = 15_000;

/**
 * Hears the messages of a swarm over a connection of its own, for as long as `signal` lets it, and tells some times a second what moved.
 * It takes part in nothing.
 * @param present the agents that are there already
 */
export async function* listenToTraffic(
  open: () => Promise<Connection>,
  present: () => Promise<readonly Heartbeat[]>,
  signal: AbortSignal,
): AsyncGenerator<TrafficFrame> {
  const connection = await open();
  try {
    const heard = new Heard();
    for (const agent of await present()) heard.hear(agent);
    const { allHeartbeats, allOffers, allResults, allPeers } = openSubjects();
    for (const subject of [allHeartbeats, allOffers, allResults, allPeers]) {
      connection.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) heard.add(message.subject, message.data);
        },
      });
    }
    while (!signal.aborted) {
      yield heard.frame(Date.now());
      await pause(FRAME_MS, signal);
    }
  } finally {
    await connection.close();
  }
}

class Heard {
  readonly #agents = new Map<string, AgentView>();
  readonly #links = new Map<
    string,
    { readonly from: string; readonly to: string; messages: number }
  >();
  #moved = new Map<string, { -readonly [Key in keyof Moved]: Moved[Key] }>();

  add(subject: string, data: Uint8Array): void {
    const moved = movedBy(subject);
    if (moved === undefined) return;
    const { from, to, kind } = moved;
    if (kind === "heartbeat") this.hear(decodeMessage(heartbeat, data));
    else count(this.#links, `${from} ${to}`, { from, to, messages: 0 }).messages += 1;
    count(this.#moved, `${from} ${to} ${kind}`, { ...moved, count: 0 }).count += 1;
  }

  frame(nowMs: number): TrafficFrame {
    const moved = [...this.#moved.values()];
    this.#moved = new Map();
    for (const [id, { heardMs }] of this.#agents)
      if (nowMs - heardMs > FORGOTTEN_MS) this.#agents.delete(id);
    const agents = [...this.#agents.values()].sort((a, b) =>
      a.id.localeCompare(b.id, "en", { numeric: true }),
    );
    const links: LinkView[] = [...this.#links.values()].sort((a, b) => b.messages - a.messages);
    return { agents, links, moved };
  }

  hear({ agent, status, slots, busy }: Heartbeat): void {
    if (status === "gone") this.#agents.delete(agent);
    else {
      const sum = ({ light, heavy, sandbox }: typeof slots): number => light + heavy + sandbox;
      const view = { id: agent, status, busy: sum(busy), slots: sum(slots), heardMs: Date.now() };
      this.#agents.set(agent, view);
    }
  }
}

function count<Value>(map: Map<string, Value>, key: string, empty: Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  map.set(key, empty);
  return empty;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
