import type { Msg, NatsConnection, Subscription } from "nats";
import type { Logger } from "pino";
import {
  decodeMessage,
  encodeMessage,
  type Offer,
  type OfferAnswer,
  offer,
  type Slots,
  type Task,
} from "../bus/messages.ts";
import { answer } from "../bus/requests.ts";
import type { Clock } from "../core/clock.ts";
import { SwarmError } from "../core/errors.ts";
import type { AgentId } from "../core/ids.ts";
import { LANES } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import { LANE_QUEUE_GROUP, type Subjects } from "../core/subjects.ts";
import { mayTalk } from "../core/topology.ts";
import { TOPOLOGIES } from "../topology/registry.ts";
import { bindingsOf } from "./execution.ts";
import { handOver } from "./hand-over.ts";
import type { HeldTasks } from "./held-tasks.ts";
import type { LedTasks } from "./led-tasks.ts";
import { listen } from "./listen.ts";
import type { Peers } from "./peers.ts";

export interface OffersOptions {
  readonly connection: NatsConnection;
  readonly subjects: Subjects;
  readonly agentId: AgentId;
  readonly slots: Slots;
  readonly skills: SkillCatalog;
  readonly held: HeldTasks;
  readonly led: LedTasks;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Answers offers in the tick in which they come: a task is accepted when a slot of its lane is free and its skill
 * is here. Tasks of a team that found no room are handed on to a peer first, when its topology names one.
 */
export class Offers {
  readonly #options: OffersOptions;
  /** The newest epoch heard for each shard: an offer with an older one comes from a coordinator that lost it. */
  readonly #epochs = new Map<number, number>();
  #lanes: Subscription[] = [];
  #takes = true;

  constructor(options: OffersOptions) {
    this.#options = options;
  }

  /** Answers the subscriptions that last as long as the agent. */
  listen(): Subscription[] {
    const { subjects, agentId, slots } = this.#options;
    const receive = (message: Msg): void =>
      this.#receive(message, decodeMessage(offer, message.data), undefined);
    this.#lanes = LANES.filter((lane) => slots[lane] > 0).map((lane) =>
      listen(this.#options, subjects.lane(lane), receive, { queue: LANE_QUEUE_GROUP }),
    );
    return [listen(this.#options, subjects.agentTask(agentId), receive)];
  }

  /** From now on every offer to this agent is answered `busy`, and those to its lanes go to other agents. */
  refuse(): void {
    this.#takes = false;
    for (const lane of this.#lanes) lane.unsubscribe();
    this.#lanes = [];
  }

  /** The subject says who sends it, as far as the server lets each send in its own name alone. */
  receiveFromPeer(message: Msg, peer: AgentId): void {
    const asked = decodeMessage(offer, message.data);
    if (asked.from !== peer) {
      throw new SwarmError("invalid-message", `${peer} speaks in the name of ${asked.from}`);
    }
    this.#receive(message, asked, peer);
  }

  #receive(message: Msg, { tasks, path }: Offer, peer: AgentId | undefined): void {
    const before = path ?? (peer === undefined ? [] : [peer]);
    const accepted: number[] = [];
    const busy: number[] = [];
    const handing: { readonly position: number; readonly task: Task }[] = [];
    for (const [position, task] of tasks.entries()) {
      const outcome = this.#take(task, peer);
      if (outcome === "taken") accepted.push(position);
      else if (outcome === "no-room" && task.team !== undefined) handing.push({ position, task });
      else busy.push(position);
    }
    if (handing.length === 0) {
      this.#answer(message, { accepted, busy, handedOver: [] });
      return;
    }
    void Promise.all(handing.map(({ task }) => this.#handOver(task, before))).then((takers) => {
      const handedOver: OfferAnswer["handedOver"] = [];
      for (const [index, { position }] of handing.entries()) {
        const agent = takers[index];
        if (agent === undefined) busy.push(position);
        else handedOver.push({ position, agent });
      }
      this.#answer(message, { accepted, busy, handedOver });
    });
  }

  #answer(message: Msg, lists: Pick<OfferAnswer, "accepted" | "busy" | "handedOver">): void {
    answer(
      message,
      encodeMessage({ v: 1, agent: this.#options.agentId, ...lists } satisfies OfferAnswer),
    );
  }

  async #handOver(task: Task, path: readonly AgentId[]): Promise<AgentId | undefined> {
    const { logger, agentId } = this.#options;
    const taker = await handOver(this.#options, task, path);
    if (taker !== undefined) {
      const bindings = bindingsOf(task, taker);
      logger.debug({ event: "task.redistributed", ...bindings, from: agentId });
    }
    return taker;
  }

  /** Starts the task when there is room. `taken`: it runs here, from now on or already. */
  #take(task: Task, peer: AgentId | undefined): "taken" | "no-room" | "stale" {
    const { held, led, logger, agentId } = this.#options;
    if (held.has(task) || led.has(task)) return "taken";
    if (this.#isStale(task) || (peer !== undefined && !this.#isLinked(peer, task))) return "stale";
    if (!this.#takes) return "no-room";
    if (peer === undefined && led.leads(task)) return led.take(task) ? "taken" : "no-room";
    if (!held.hasRoom(task) || !this.canRun(task)) return "no-room";
    held.start(task, peer);
    if (logger.isLevelEnabled("debug"))
      logger.debug({ event: "task.accepted", ...bindingsOf(task, agentId) });
    return "taken";
  }

  /** True when the skill is here and may be used. */
  canRun({ skill }: Task): boolean {
    const { skills } = this.#options;
    return skills.find(skill) !== undefined && skills.refusalOf(skill) === undefined;
  }

  /** False when the topology of the task's team can have no link from the peer to us, whoever else is there. */
  #isLinked(from: AgentId, { team }: Task): boolean {
    const { agentId: to, logger } = this.#options;
    const both = team?.members.filter((member) => member === from || member === to) ?? [];
    if (team !== undefined && mayTalk(TOPOLOGIES[team.topology], { from, to }, both)) return true;
    logger.warn({ event: "offer.unlinked", from, topology: team?.topology });
    return false;
  }

  #isStale({ shard, epoch }: Task): boolean {
    const newest = this.#epochs.get(shard) ?? 0;
    if (epoch < newest) {
      this.#options.logger.warn({ event: "offer.stale", shard, epoch, newest });
      return true;
    }
    this.#epochs.set(shard, epoch);
    return false;
  }
}
