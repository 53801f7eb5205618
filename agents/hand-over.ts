import type { Logger } from "pino";
import { decodeMessage, type Offer, offerAnswer, type Task } from "../bus/messages.ts";
import type { Clock } from "../core/clock.ts";
import type { AgentId } from "../core/ids.ts";
import { TOPOLOGIES } from "../topology/registry.ts";
import type { Peers } from "./peers.ts";

export interface HandOverOptions {
  readonly agentId: AgentId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly peers: Peers;
}

/** Whoever offered the task waits for our answer two seconds. */
const HAND_OVER_MS = 1_000;
/** Whoever hands a task on waits longer than those who hand it on after it. */
const SHARE_OF_NEXT = 0.8;

/**
 * Offers a task that found no room to those whom the topology of its team names, one after the other. Answers who took it.
 * @param path members that had no room before
 */
export async function handOver(
  { agentId, clock, logger, peers }: HandOverOptions,
  task: Task,
  path: readonly AgentId[],
): Promise<AgentId | undefined> {
  const { team } = task;
  if (team === undefined) return undefined;
  const topology = TOPOLOGIES[team.topology];
  const untilMs = clock.monotonicMs() + HAND_OVER_MS * SHARE_OF_NEXT ** path.length;
  const offer: Offer = { v: 1, from: agentId, tasks: [task], path: [...path, agentId] };
  const asked = new Set<AgentId>();
  for (;;) {
    const leftMs = untilMs - clock.monotonicMs();
    if (leftMs < 1) return undefined;
    const members = peers.present(team.members);
    const roomOf = (member: AgentId): number => peers.roomOf(member, task);
    const next = topology
      .handOn(agentId, { members, path, roomOf })
      .find((member) => !asked.has(member));
    if (next === undefined) return undefined;
    asked.add(next);
    peers.reserve(next, task.lane); // tasks that are handed over now go elsewhere
    const answered = await peers.ask(next, "task", offer, leftMs);
    const taker = answered.status === "answered" ? takerOf(answered.message, next) : undefined;
    if (taker !== undefined) return taker;
    peers.markFull(next, task.lane);
    if (answered.status === "unknown") return undefined; // it may have taken it: no third one should
  }

  function takerOf(message: { readonly data: Uint8Array }, peer: AgentId): AgentId | undefined {
    try {
      const { accepted, handedOver } = decodeMessage(offerAnswer, message.data);
      return accepted.length === 1 ? peer : handedOver[0]?.agent;
    } catch (error) {
      logger.warn({ event: "message.refused", from: peer, err: error });
      return undefined;
    }
  }
}
