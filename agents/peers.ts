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
import { TOPOLOGIES } from "../topology/registry.ts";
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

/** Whoever offered the task waits for our answer two seconds. */
const HAND_OVER_MS = 1_000;
/** Whoever hands a task on waits longer than those who hand it on after it. */
const SHARE_OF_NEXT = 0.8;
const SILENT_AFTER_MS = 3 * HEARTBEAT_MS;

/** The other agents, as their heartbeats show them, and the way to hand a task to one of them. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #peers = new Map<AgentId, Peer>();
  /** Those that said so, and those whose subject nobody listens to. Silence alone may be the machine's. */
  readonly #gone = new Set<AgentId>();

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  listen(): Subscription {
    return listen(this.#options, this.#options.subjects.allHeartbeats, (message) =>
      this.#hear(decodeMessage(heartbeat, message.data)),
    );
  }

  /**
   * Offers the task to those whom the topology of its team names, one after the other. Answers who took it.
   * @param path members that had no room before
   */
  async handOver(task: Task, path: readonly AgentId[]): Promise<AgentId | undefined> {
    const { agentId, clock } = this.#options;
    const { team } = task;
    if (team === undefined) return undefined;
    const topology = TOPOLOGIES[team.topology];
    const untilMs = clock.monotonicMs() + HAND_OVER_MS * SHARE_OF_NEXT ** path.length;
    const asked = new Set<AgentId>();
    for (;;) {
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs < 1) return undefined;
      const next = topology
        .handOn(agentId, {
          members: team.members.filter((member) => !this.#gone.has(member)),
          path,
          roomOf: (member) => this.#roomOf(member, task),
        })
        .find((member) => !asked.has(member));
      if (next === undefined) return undefined;
      asked.add(next);
      const peer = this.#peers.get(next);
      if (peer !== undefined) peer.busy[task.lane] += 1; // tasks that are handed over now go elsewhere
      const answered = await this.#ask(next, task, { path: [...path, agentId], leftMs });
      if (answered.status === "accepted") return answered.agent;
      if (peer !== undefined) peer.busy[task.lane] = peer.beat.slots[task.lane]; // until its next heartbeat
      if (answered.status === "unknown") return undefined; // it may have taken it: no third one should
    }
  }

  #hear(beat: Heartbeat): void {
    const { agentId, clock } = this.#options;
    if (beat.agent === agentId) return;
    if (beat.status === "serving") {
      const heardMs = clock.monotonicMs();
      this.#gone.delete(beat.agent);
      this.#peers.set(beat.agent, { beat, heardMs, busy: { ...beat.busy } });
    } else {
      this.#peers.delete(beat.agent);
      this.#gone.add(beat.agent);
    }
  }

  #roomOf(member: AgentId, { skill, lane }: Task): number {
    const peer = this.#peers.get(member);
    const heardAfterMs = this.#options.clock.monotonicMs() - SILENT_AFTER_MS;
    if (peer === undefined || peer.heardMs < heardAfterMs) return 0;
    if (!peer.beat.skills.includes(skill)) return 0;
    return peer.beat.slots[lane] - peer.busy[lane];
  }

  async #ask(
    peer: AgentId,
    task: Task,
    { path, leftMs }: { readonly path: AgentId[]; readonly leftMs: number },
  ): Promise<Asked> {
    const { connection, link, subjects, agentId, logger } = this.#options;
    const offer: Offer = { v: 1, from: agentId, tasks: [task], path };
    const subject = subjects.peer(agentId, peer, "task");
    try {
      const message = await request(connection, link, subject, encodeMessage(offer), leftMs);
      const { accepted, handedOver } = decodeMessage(offerAnswer, message.data);
      const taker = accepted.length === 1 ? peer : handedOver[0]?.agent;
      return taker === undefined ? { status: "busy" } : { status: "accepted", agent: taker };
    } catch (error) {
      if (isUnheard(error)) {
        this.#gone.add(peer);
        return { status: "busy" };
      }
      if (failureOf(error) !== "unknown") {
        const level = error instanceof SwarmError ? "warn" : "error";
        logger[level]({ event: "message.refused", subject, err: error });
      }
      return { status: "unknown" };
    }
  }
}

type Asked =
  | { readonly status: "accepted"; readonly agent: AgentId }
  | { readonly status: "busy" | "unknown" };
