import type { NatsConnection } from "nats";
import { failureOf, isUnheard } from "../bus/failures.ts";
import {
  decodeMessage,
  encodeMessage,
  type Heartbeat,
  heartbeat,
  type Offer,
  offerAnswer,
  type Task,
} from "../bus/messages.ts";
import type { AgentId } from "../core/ids.ts";
import type { Subjects } from "../core/subjects.ts";
import { mesh } from "../topology/mesh.ts";

export interface PeersOptions {
  readonly connection: NatsConnection;
  readonly subjects: Subjects;
  readonly agentId: AgentId;
}

const HAND_OVER_TIMEOUT_MS = 500;

/** The other agents, as their heartbeats show them, and the way to hand a task to one of them. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #beats = new Map<AgentId, Heartbeat>();

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  listen(): void {
    const { connection, subjects, agentId } = this.#options;
    connection.subscribe(subjects.allHeartbeats, {
      callback: (error, message) => {
        if (error !== null) return;
        const beat = heartbeat.safeParse(safeJson(message.data));
        if (!beat.success || beat.data.agent === agentId) return; // the coordinator reports malformed ones
        if (beat.data.status === "serving") this.#beats.set(beat.data.agent, beat.data);
        else this.#beats.delete(beat.data.agent);
      },
    });
  }

  /** Offers the task to members of its team that have room, one after the other. Answers who took it. */
  async handOver(task: Task): Promise<AgentId | undefined> {
    const { agentId } = this.#options;
    const loads = mesh.neighbours(agentId, task.team ?? []).flatMap((peer) => {
      const beat = this.#beats.get(peer);
      if (beat === undefined || !beat.skills.includes(task.skill)) return [];
      const assigned = beat.busy[task.lane];
      const freeSlots = beat.slots[task.lane] - assigned;
      return freeSlots > 0 ? [{ agentId: peer, freeSlots, assigned }] : [];
    });
    for (const peer of mesh.entryPoints(loads)) {
      if (await this.#isTaken(peer, task)) return peer;
    }
    return undefined;
  }

  /** Without an answer it may be taken all the same: the first result counts, the other is stale. */
  async #isTaken(peer: AgentId, task: Task): Promise<boolean> {
    const { connection, subjects, agentId } = this.#options;
    const request: Offer = { v: 1, from: agentId, tasks: [task] };
    try {
      const message = await connection.request(
        subjects.peer(agentId, peer, "task"),
        encodeMessage(request),
        {
          timeout: HAND_OVER_TIMEOUT_MS,
        },
      );
      return decodeMessage(offerAnswer, message.data).accepted.length === 1;
    } catch (error) {
      if (isUnheard(error) || failureOf(error) === "unknown") return false;
      throw error;
    }
  }
}

function safeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
