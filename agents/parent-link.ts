import type { Logger } from "pino";
import type { PeerResults, Task, TaskOutcome } from "../bus/messages.ts";
import type { AgentId } from "../core/ids.ts";
import { TOPOLOGIES } from "../topology/registry.ts";
import type { GatheredResult } from "./gathering.ts";
import type { Peers } from "./peers.ts";
import type { Results } from "./results.ts";

export interface ParentLinkOptions {
  readonly agentId: AgentId;
  readonly peers: Peers;
  readonly results: Results;
  readonly logger: Logger;
}

interface Waiting {
  readonly entry: GatheredResult;
  readonly resolve: (isStored: boolean) => void;
}

/** The lead answers when the owner has stored them, which takes as long as it gathers and longer while nobody owns the shard. */
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Brings results to the lead that the topology names, and to the coordinator when there is none. When the lead is gone they go to
 * whoever leads now: no result is lost with a lead, for it is held until it is stored.
 */
export class ParentLink {
  readonly #options: ParentLinkOptions;
  readonly #leads = new Map<AgentId, Waiting[]>();

  constructor(options: ParentLinkOptions) {
    this.#options = options;
  }

  /** Resolves when the result is stored. @param from the peer that handed the task over */
  async deliver(task: Task, from: AgentId | undefined, result: TaskOutcome): Promise<void> {
    const { shard, epoch } = task;
    for (let tries = 0; tries < 2; tries++) {
      const lead = this.#leadOf(task, from);
      if (lead === undefined) break;
      if (await this.#bring(lead, { shard, epoch, result })) return;
    }
    await this.#options.results.deliver(shard, epoch, result);
  }

  /** Who dealt the task out, as long as it is there; else the parent by who is left. */
  #leadOf({ team }: Task, from: AgentId | undefined): AgentId | undefined {
    const { agentId, peers } = this.#options;
    if (team === undefined) return undefined;
    const { parentOf } = TOPOLOGIES[team.topology];
    const present = peers.present(team.members);
    const pair = present.filter((member) => member === from || member === agentId);
    return parentOf(agentId, pair) ?? (pair.length === 2 ? undefined : parentOf(agentId, present));
  }

  /** What gathers while one message is under way goes with the next. Answers whether it is stored. */
  #bring(lead: AgentId, entry: GatheredResult): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiting = this.#leads.get(lead);
    if (waiting !== undefined) waiting.push({ entry, resolve });
    else {
      const first = [{ entry, resolve }];
      this.#leads.set(lead, first);
      setImmediate(() => this.#send(lead, first));
    }
    return promise;
  }

  /** The lead answers each message on its own, so the next does not wait for it. */
  #send(lead: AgentId, waiting: readonly Waiting[]): void {
    const { agentId, peers, logger } = this.#options;
    this.#leads.delete(lead);
    const results = waiting.map(({ entry }) => entry);
    const body: PeerResults = { v: 1, from: agentId, results };
    void peers.ask(lead, "result", body, ANSWER_TIMEOUT_MS).then(({ status }) => {
      if (status !== "answered") logger.debug({ event: "result.unanswered", to: lead, status });
      for (const { resolve } of waiting) resolve(status === "answered");
    });
  }
}
