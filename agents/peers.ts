import type { NatsConnection, Subscription } from "nats";
import type { Logger } from "pino";
import { failureOf, isUnheard } from "../bus/failures.ts";
import type { Link } from "../bus/link.ts";
import {
  decodeMessage,
  encodeMessage,
  type Heartbeat,
  heartbeat,
  type Offer,
  offerAnswer,
  type Slots,
  type Task,
} from "../bus/messages.ts";
import { request } from "../bus/requests.ts";
import type { Clock } from "../core/clock.ts";
import { SwarmError } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import type { Subjects } from "../core/subjects.ts";
import { mesh } from "../topology/mesh.ts";
import { listen } from "./listen.ts";
import { HEARTBEAT_MS } from "./pulse.ts";

export interface PeersOptions {
  readonly connection: NatsConnection;
  readonly link: Link;
  readonly subjects: Subjects;
  readonly agentId: AgentId;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Peer {
  readonly beat: Heartbeat;
  readonly heardMs: number;
  /** Slots in use by its last heartbeat, and those of tasks that we handed it since. */
  readonly busy: { -readonly [Lane in keyof Slots]: Slots[Lane] };
}

const HAND_OVER_TIMEOUT_MS = 500;
/** Whoever offered the task waits for our answer two seconds. */
const HAND_OVER_TOTAL_MS = 1_000;
const SILENT_AFTER_MS = 3 * HEARTBEAT_MS;

/** The other agents, as their heartbeats show them, and the way to hand a task to one of them. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #peers = new Map<AgentId, Peer>();

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  listen(): Subscription {
    return listen(this.#options, this.#options.subjects.allHeartbeats, (message) =>
      this.#hear(decodeMessage(heartbeat, message.data)),
    );
  }

  /** Offers the task to members of its team that have room, one after the other. Answers who took it. */
  async handOver(task: Task): Promise<AgentId | undefined> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + HAND_OVER_TOTAL_MS;
    while (clock.monotonicMs() < untilMs) {
      const peer = this.#withMostRoom(task);
      if (peer === undefined) return undefined;
      peer.busy[task.lane] += 1; // tasks of the same offer that are handed over now go elsewhere
      const answered = await this.#ask(peer.beat.agent, task);
      if (answered === "accepted") return peer.beat.agent;
      peer.busy[task.lane] = peer.beat.slots[task.lane]; // until its next heartbeat
      if (answered === "unknown") return undefined; // it may have taken it: no third one should
    }
    return undefined;
  }

  #hear(beat: Heartbeat): void {
    const { agentId, clock } = this.#options;
    if (beat.agent === agentId) return;
    if (beat.status === "serving") {
      const heardMs = clock.monotonicMs();
      this.#peers.set(beat.agent, { beat, heardMs, busy: { ...beat.busy } });
    } else {
      this.#peers.delete(beat.agent);
    }
  }

  #withMostRoom(task: Task): Peer | undefined {
    const { agentId, clock } = this.#options;
    const heardAfterMs = clock.monotonicMs() - SILENT_AFTER_MS;
    const loads = mesh.neighbours(agentId, task.team ?? []).flatMap((member) => {
      const peer = this.#peers.get(member);
      if (peer === undefined || peer.heardMs < heardAfterMs) return [];
      if (!peer.beat.skills.includes(task.skill)) return [];
      const assigned = peer.busy[task.lane];
      const freeSlots = peer.beat.slots[task.lane] - assigned;
      return freeSlots > 0 ? [{ agentId: member, freeSlots, assigned }] : [];
    });
    const [first] = mesh.entryPoints(loads);
    return first === undefined ? undefined : this.#peers.get(first);
  }

  async #ask(peer: AgentId, task: Task): Promise<"accepted" | "busy" | "unknown"> {
    const { connection, link, subjects, agentId, logger } = this.#options;
    const offer: Offer = { v: 1, from: agentId, tasks: [task] };
    const subject = subjects.peer(agentId, peer, "task");
    try {
      const payload = encodeMessage(offer);
      const message = await request(connection, link, subject, payload, HAND_OVER_TIMEOUT_MS);
      return decodeMessage(offerAnswer, message.data).accepted.length === 1 ? "accepted" : "busy";
    } catch (error) {
      if (isUnheard(error)) return "busy";
      if (failureOf(error) !== "unknown") {
        const level = error instanceof SwarmError ? "warn" : "error";
        logger[level]({ event: "message.refused", subject, err: error });
      }
      return "unknown";
    }
  }
}
