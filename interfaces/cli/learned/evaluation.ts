import { createHash } from "node:crypto";
import { mean } from "d3-array";
import type { Measurement } from "../../../core/strategy.ts";
import { afterOutcome } from "../../../topology/strategies/measurement.ts";

/** How one attempt ended, as the history has it. */
export interface StoredOutcome {
  /** Of the attempt: equal for the same one. */
  readonly key: string;
  readonly skill: string;
  readonly agent: string;
  readonly atMs: number;
  /** Undefined when it failed. */
  readonly durationMs: number | undefined;
}

/** How well what was learned from a part of the outcomes foretells the others, beside knowing no agent. */
export type Evaluation =
  | { readonly status: "no-data" | "too-few"; readonly outcomes: number; readonly needed: number }
  | {
      readonly status: "evaluated";
      readonly outcomes: number;
      readonly learnedFrom: number;
      readonly tested: number;
      /** Of the outcomes that were learned from, the share of successes. */
      readonly baseRate: number;
      readonly success: Compared & { readonly brier: number; readonly baseBrier: number };
      readonly calibration: readonly CalibrationBin[];
      /** Of successes: by which factor a duration is missed, in the geometric mean; null when none was tested. */
      readonly duration: (Compared & { readonly tested: number }) | null;
    };

/** Share of right guesses, or mean factor, with what was learned of agents and without. */
interface Compared {
  readonly learned: number;
  readonly base: number;
}

export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly tested: number;
  readonly predicted: number;
  readonly observed: number;
}

/** That share of the outcomes is kept from learning. */
const TESTED_SHARE = 0.3;
const LEAST_TESTED = 20;
const BIN_EDGES = [0, 0.5, 0.8, 0.9, 0.95, 1] as const;

/** Pure: the same outcomes and seed give the same numbers, in whatever order they come. */
export function evaluate(outcomes: readonly StoredOutcome[], seed: number): Evaluation {
  const ordered = outcomes.toSorted((a, b) => a.atMs - b.atMs || (a.key < b.key ? -1 : 1));
  const training = ordered.filter(({ key }) => !isForTest(key, seed));
  const testing = ordered.filter(({ key }) => isForTest(key, seed));
  if (testing.length < LEAST_TESTED || training.length === 0) {
    const status = outcomes.length === 0 ? "no-data" : "too-few";
    const needed = Math.ceil(LEAST_TESTED / TESTED_SHARE);
    return { status, outcomes: outcomes.length, needed };
  }
  const model = learn(training);
  const guesses = testing.map((outcome) => ({
    happened: outcome.durationMs === undefined ? 0 : 1,
    predicted: model.chanceOf(outcome),
  }));
  const { baseRate } = model;
  const base = guesses.map(({ happened }) => ({ happened, predicted: baseRate }));
  return {
    status: "evaluated",
    outcomes: outcomes.length,
    learnedFrom: training.length,
    tested: testing.length,
    baseRate,
    success: {
      ...{ learned: rightShare(guesses), base: rightShare(base) },
      ...{ brier: brierOf(guesses), baseBrier: brierOf(base) },
    },
    calibration: binsOf(guesses),
    duration: durationsOf(testing, model),
  };
}

interface Guess {
  /** 1 when it succeeded, else 0. */
  readonly happened: number;
  readonly predicted: number;
}

interface Model {
  readonly baseRate: number;
  chanceOf(outcome: StoredOutcome): number;
  /** Natural logarithm of the milliseconds; undefined when the skill never succeeded. */
  logMsOf(outcome: StoredOutcome): number | undefined;
  baseLogMsOf(outcome: StoredOutcome): number | undefined;
}

/** As coordinators learn: outcome by outcome, older ones fade. */
function learn(training: readonly StoredOutcome[]): Model {
  const byAgent = new Map<string, Measurement>();
  const bySkill = new Map<string, Measurement>();
  for (const outcome of training) {
    const { durationMs } = outcome;
    const end =
      durationMs === undefined
        ? ({ status: "failed" } as const)
        : ({ status: "succeeded", durationMs } as const);
    byAgent.set(pairOf(outcome), afterOutcome(byAgent.get(pairOf(outcome)), end));
    bySkill.set(outcome.skill, afterOutcome(bySkill.get(outcome.skill), end));
  }
  const successes = training.filter(({ durationMs }) => durationMs !== undefined).length;
  const baseRate = successes / training.length;
  const logMs = (measured: Measurement | undefined): number | undefined =>
    measured === undefined || measured.succeeded === 0 ? undefined : measured.meanLogMs;
  return {
    baseRate,
    chanceOf(outcome) {
      const measured = byAgent.get(pairOf(outcome));
      if (measured === undefined) return baseRate;
      return (measured.succeeded + 1) / (measured.succeeded + measured.failed + 2);
    },
    logMsOf: (outcome) => logMs(byAgent.get(pairOf(outcome))) ?? logMs(bySkill.get(outcome.skill)),
    baseLogMsOf: (outcome) => logMs(bySkill.get(outcome.skill)),
  };
}

function isForTest(key: string, seed: number): boolean {
  const [first = 0, second = 0] = createHash("sha256").update(`${seed}/${key}`).digest();
  return first * 256 + second < TESTED_SHARE * 65_536;
}

function rightShare(guesses: readonly Guess[]): number {
  return (
    mean(guesses, ({ happened, predicted }) => Number(happened === (predicted >= 0.5 ? 1 : 0))) ?? 0
  );
}

function brierOf(guesses: readonly Guess[]): number {
  return mean(guesses, ({ happened, predicted }) => (predicted - happened) ** 2) ?? 0;
}

function binsOf(guesses: readonly Guess[]): readonly CalibrationBin[] {
  return BIN_EDGES.slice(1).flatMap((to, index) => {
    const from = BIN_EDGES[index] ?? 0;
    const own = guesses.filter(
      ({ predicted }) => predicted >= from && (predicted < to || (to === 1 && predicted === 1)),
    );
    if (own.length === 0) return [];
    const predicted = mean(own, (each) => each.predicted) ?? 0;
    const observed = mean(own, (each) => each.happened) ?? 0;
    return [{ from, to, tested: own.length, predicted, observed }];
  });
}

function durationsOf(
  testing: readonly StoredOutcome[],
  model: Model,
): (Compared & { readonly tested: number }) | null {
  const misses = testing.flatMap((outcome) => {
    const learned = model.logMsOf(outcome);
    const base = model.baseLogMsOf(outcome);
    if (outcome.durationMs === undefined || learned === undefined || base === undefined) return [];
    const actual = Math.log(Math.max(1, outcome.durationMs));
    return [{ learned: Math.abs(learned - actual), base: Math.abs(base - actual) }];
  });
  if (misses.length === 0) return null;
  const factor = (of: keyof Compared): number => Math.exp(mean(misses, (miss) => miss[of]) ?? 0);
  return { learned: factor("learned"), base: factor("base"), tested: misses.length };
}

function pairOf({ skill, agent }: StoredOutcome): string {
  return `${skill}/${agent}`;
}
