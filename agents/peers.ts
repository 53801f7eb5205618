import type { Msg, NatsConnection, Subscription } from "nats";
import type { Logger } from "pino";
import { failureOf, isForbidden, isUnheard } from "../bus/failures.ts";
import type { Link } from "../bus/link.ts";
import { encodeMessage, type Heartbeat, type Slots, type Task } from "../bus/messages.ts";
import { request } from "../bus/requests.ts";
import { heartbeatIn } from "../bus/sender.ts";
import type { Clock } from "../core/clock.ts";
import { SwarmError } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import type { Lane } from "../core/plan.ts";
import type { MemberLoad } from "../core/strategy.ts";
import { peerInboxOf, type Subjects } from "../core/subjects.ts";
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

/** What came of asking a peer. `unheard`: nobody listens there. `unknown`: it may have heard it. */
export type Asked =
  | { readonly status: "answered"; readonly message: Msg }
  | { readonly status: "unheard" | "unknown" };

const SILENT_AFTER_MS = 3 * HEARTBEAT_MS;

/** The other agents, as their heartbeats show them, and the way to ask one of them. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #peers = new Map<AgentId, Peer>();
  /** Those that said so, and those whose subject nobody listens to. Silence alone may be the machine's. */
  readonly #gone = new Set<AgentId>();
  /** Called when an agent was heard of. */
  onHeard: () => void = () => {};

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  listen(): readonly Subscription[] {
    const { allHeartbeats, allGone } = this.#options.subjects;
    return [allHeartbeats, allGone].map((subject) =>
      listen(this.#options, subject, (message) => this.#hear(heartbeatIn(message))),
    );
  }

  /** Those of the members that are not known to be gone, ourselves included. */
  present(members: readonly AgentId[]): readonly AgentId[] {
    return this.#gone.size === 0 ? members : members.filter((member) => !this.#gone.has(member));
  }

  isGone(member: AgentId): boolean {
    return this.#gone.has(member);
  }

  /** True when nothing was heard of it for so long that it should be asked. */
  isSilent(member: AgentId): boolean {
    const peer = this.#peers.get(member);
    return peer === undefined || peer.heardMs < this.#options.clock.monotonicMs() - SILENT_AFTER_MS;
  }

  /** Free slots of a member that was heard of lately and has the skill; else 0. */
  roomOf(member: AgentId, task: Pick<Task, "skill" | "lane">): number {
    const [load] = this.loads([member], task);
    return load?.isCapable === true ? load.freeSlots : 0;
  }

  /** Of those members that were heard of lately. */
  loads(
    members: readonly AgentId[],
    { skill, lane }: Pick<Task, "skill" | "lane">,
  ): readonly MemberLoad[] {
    return members.flatMap((agentId) => {
      const peer = this.#peers.get(agentId);
      if (peer === undefined || this.isSilent(agentId)) return [];
      const { slots, skills } = peer.beat;
      const assigned = peer.busy[lane];
      const isCapable = slots[lane] > 0 && skills.includes(skill);
      const freeSlots = slots[lane] - assigned;
      return [
        { agentId, isCapable, slots: slots[lane], freeSlots, assigned, skills: skills.length },
      ];
    });
  }

  /** A slot of it is ours until its next heartbeat says more. */
  reserve(member: AgentId, lane: Lane): void {
    const peer = this.#peers.get(member);
    if (peer !== undefined) peer.busy[lane] += 1;
  }

  release(member: AgentId, lane: Lane): void {
    const peer = this.#peers.get(member);
    if (peer !== undefined) peer.busy[lane] = Math.max(0, peer.busy[lane] - 1);
  }

  /** It has no room until its next heartbeat. */
  markFull(member: AgentId, lane: Lane): void {
    const peer = this.#peers.get(member);
    if (peer !== undefined) peer.busy[lane] = peer.beat.slots[lane];
  }

  /** Asks a member, along a link that the topology has. */
  async ask(member: AgentId, kind: PeerKind, body: unknown, timeoutMs: number): Promise<Asked> {
    const { connection, link, subjects, agentId, logger } = this.#options;
    const subject = subjects.peer(agentId, member, kind);
    try {
      const payload = encodeMessage(body);
      const inbox = peerInboxOf(agentId, member);
      const message = await request(connection, link, subject, payload, timeoutMs, { inbox });
      return { status: "answered", message };
    } catch (error) {
      if (isUnheard(error)) {
        this.#gone.add(member);
        return { status: "unheard" };
      }
      if (isForbidden(error)) {
        // The server did not pass it on: the link is not there, or not yet.
        logger.warn({ event: "link.forbidden", to: member, kind });
        return { status: "unheard" };
      }
      if (failureOf(error) !== "unknown") {
        const level = error instanceof SwarmError ? "warn" : "error";
        logger[level]({ event: "message.refused", subject, err: error });
      }
      return { status: "unknown" };
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
      if (beat.status === "gone") this.#gone.add(beat.agent);
    }
    this.onHeard();
  }
}

/**
 * `task`: an offer. `result`: outcomes for the lead. `control`: what a lead asks of its workers. `note`: what a task tells the
 * tasks of its stage there. `ask`: a skill to be carried out for a task.
 */
export type PeerKind = "task" | "result" | "control" | "note" | "ask";
