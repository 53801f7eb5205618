import { randomBeta, randomNormal } from "d3-random";
import type { Measurement, MemberLoad, Situation, Strategy } from "../../core/strategy.ts";
import { balanced } from "./balanced.ts";
import { expectedMs } from "./measurement.ts";

/** How often the beliefs are drawn from for one choice: the share that a member wins is its propensity. */
const DRAWS = 32;
/** Of the logarithm of a duration: what is believed of a member without data, and the least for one with data. */
const UNKNOWN_DEVIATION = 0.7;
const LEAST_DEVIATION = 0.1;
/** A member counts as faster when it needs two thirds of the time, or less. */
const FASTER = 2 / 3;
/** Successes after which a duration is known well enough to wait for. */
const KNOWN_AFTER = 2;

/**
 * Learns by trying (Thompson sampling): what is believed of each member's success and speed with this kind of task is drawn from,
 * and whoever would then be first to succeed gets the task. Without any data it is `balanced`. When few tasks are left, one waits
 * for a fast member rather than be held up by a slow one that is free.
 */
export const adaptive: Strategy = {
  name: "adaptive",
  recruit: balanced.recruit,
  reissues: true,
  choose: (situation) => {
    const { loads, measuredOf } = situation;
    const free = loads.filter((load) => load.isCapable && load.freeSlots > 0);
    if (free.length === 0 || free.every(({ agentId }) => measuredOf(agentId) === undefined)) {
      return balanced.choose(situation);
    }
    const drawn = draw(free, situation);
    return isWorthWaiting(drawn.member, situation)
      ? { waitFor: "faster" }
      : { agent: drawn.member.agentId, propensity: drawn.propensity };
  },
};

/** Picks each with the probability that it is the best. */
function draw(
  free: readonly MemberLoad[],
  { measuredOf, random }: Situation,
): { readonly member: MemberLoad; readonly propensity: number } {
  const known = free.flatMap(({ agentId }) => measuredOf(agentId) ?? []);
  const usualLogMs = known.reduce((sum, each) => sum + each.meanLogMs, 0) / known.length;
  const beliefs = free.map((member) => ({
    member,
    wins: 0,
    cost: costOf(measuredOf(member.agentId), { usualLogMs, random }),
    crowding: 1 + member.assigned / member.slots,
  }));
  for (let drawn = 0; drawn < DRAWS; drawn++) {
    let best = beliefs[0];
    let lowest = Number.POSITIVE_INFINITY;
    for (const belief of beliefs) {
      const cost = belief.cost() * belief.crowding;
      if (cost >= lowest) continue;
      best = belief;
      lowest = cost;
    }
    if (best !== undefined) best.wins += 1;
  }
  let rest = Math.floor(random() * DRAWS);
  for (const { member, wins } of beliefs) {
    if (rest < wins) return { member, propensity: wins / DRAWS };
    rest -= wins;
  }
  throw new Error("somebody wins each draw");
}

/** A draw of the milliseconds until a success. */
function costOf(
  measured: Measurement | undefined,
  { usualLogMs, random }: { readonly usualLogMs: number; readonly random: () => number },
): () => number {
  const { succeeded = 0, failed = 0 } = measured ?? {};
  const chance = randomBeta.source(random)(succeeded + 1, failed + 1);
  const mean = measured === undefined || succeeded === 0 ? usualLogMs : measured.meanLogMs;
  const deviation =
    measured === undefined || succeeded === 0
      ? UNKNOWN_DEVIATION
      : Math.max(LEAST_DEVIATION, Math.sqrt(measured.varianceLogMs)) / Math.sqrt(succeeded);
  const logMs = randomNormal.source(random)(mean, deviation);
  return () => Math.exp(logMs()) / Math.max(chance(), 0.01);
}

/** True when the faster members, busy as they are, would be through with all that waits before this one is with one task. */
function isWorthWaiting(chosen: MemberLoad, { loads, waiting, measuredOf }: Situation): boolean {
  const own = measuredOf(chosen.agentId);
  if (own === undefined || own.succeeded + own.failed < KNOWN_AFTER) return false;
  const ownMs = expectedMs(own);
  let slots = 0;
  let busy = 0;
  let slowestMs = 0;
  for (const load of loads) {
    const measured = load.isCapable ? measuredOf(load.agentId) : undefined;
    if (measured === undefined || measured.succeeded < KNOWN_AFTER) continue;
    const ms = expectedMs(measured);
    if (ms > ownMs * FASTER || load.assigned === 0) continue;
    slots += load.slots;
    busy += load.assigned;
    slowestMs = Math.max(slowestMs, ms);
  }
  return slots > 0 && Math.ceil((waiting + busy) / slots) * slowestMs < ownMs;
}
