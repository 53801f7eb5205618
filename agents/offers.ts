import type { Msg, NatsConnection, Subscription } from "nats";
import type { Logger } from "pino";
import {
  decodeMessage,
  encodeMessage,
  type OfferAnswer,
  offer,
  type Slots,
  type Task,
} from "../bus/messages.ts";
import { answer } from "../bus/requests.ts";
import { type AgentId, parseAgentId } from "../core/ids.ts";
import { LANES } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import { LANE_QUEUE_GROUP, type Subjects } from "../core/subjects.ts";
import { bindingsOf } from "./execution.ts";
import type { HeldTasks } from "./held-tasks.ts";
import { listen } from "./listen.ts";
import type { Peers } from "./peers.ts";

export interface OffersOptions {
  readonly connection: NatsConnection;
  readonly subjects: Subjects;
  readonly agentId: AgentId;
  readonly slots: Slots;
  readonly skills: SkillCatalog;
  readonly held: HeldTasks;
  readonly peers: Peers;
  readonly logger: Logger;
}

/**
 * Answers offers in the tick in which they come: a task is accepted when a slot of its lane is free and its skill
 * is here. Tasks of a mesh that found no room are handed to a peer first; those that a peer handed to us are not
 * handed on.
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
    const receive = (message: Msg): void => this.#receive(message, { mayHandOver: true });
    this.#lanes = LANES.filter((lane) => slots[lane] > 0).map((lane) =>
      listen(this.#options, subjects.lane(lane), receive, { queue: LANE_QUEUE_GROUP }),
    );
    return [
      listen(this.#options, subjects.agentTask(agentId), receive),
      listen(this.#options, subjects.peersTo(agentId), (message) =>
        this.#receive(message, { mayHandOver: false }),
      ),
    ];
  }

  /** From now on every offer to this agent is answered `busy`, and those to its lanes go to other agents. */
  refuse(): void {
    this.#takes = false;
    for (const lane of this.#lanes) lane.unsubscribe();
    this.#lanes = [];
  }

  #receive(message: Msg, { mayHandOver }: { readonly mayHandOver: boolean }): void {
    const { from, tasks } = decodeMessage(offer, message.data);
    const peer = mayHandOver ? undefined : parseAgentId(from);
    const accepted: number[] = [];
    const busy: number[] = [];
    const handing: { readonly position: number; readonly task: Task }[] = [];
    for (const [position, task] of tasks.entries()) {
      const outcome = this.#take(task, peer);
      if (outcome === "taken") accepted.push(position);
      else if (outcome === "no-room" && mayHandOver && task.team !== undefined)
        handing.push({ position, task });
      else busy.push(position);
    }
    if (handing.length === 0) {
      this.#answer(message, { accepted, busy, handedOver: [] });
      return;
    }
    void Promise.all(handing.map(({ task }) => this.#handOver(task))).then((takers) => {
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

  async #handOver(task: Task): Promise<AgentId | undefined> {
    const { peers, logger, agentId } = this.#options;
    const taker = await peers.handOver(task);
    if (taker !== undefined) {
      const bindings = bindingsOf(task, taker);
      logger.debug({ event: "task.redistributed", ...bindings, from: agentId });
    }
    return taker;
  }

  /** Starts the task when there is room. `taken`: it runs here, from now on or already. */
  #take(task: Task, peer: AgentId | undefined): "taken" | "no-room" | "stale" {
    const { held, skills, logger, agentId } = this.#options;
    if (held.has(task)) return "taken";
    if (this.#isStale(task)) return "stale";
    const isUsable =
      skills.find(task.skill) !== undefined && skills.refusalOf(task.skill) === undefined;
    if (!this.#takes || !held.hasRoom(task) || !isUsable) return "no-room";
    held.start(task, peer);
    if (logger.isLevelEnabled("debug"))
      logger.debug({ event: "task.accepted", ...bindingsOf(task, agentId) });
    return "taken";
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
