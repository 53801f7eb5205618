import type { Learned } from "../../../coordinator/client.ts";
import { expectedMs } from "../../../topology/strategies/measurement.ts";
import { durationText } from "../runs/time-text.ts";
import { printable } from "../terminal-text.ts";
import { aligned } from "../text-columns.ts";
import type { Evaluation } from "./evaluation.ts";
import type { OutcomesOfRuns } from "./outcomes.ts";

export interface LearnedStatus extends Pick<OutcomesOfRuns, "runs" | "withoutPlan"> {
  readonly evaluation: Evaluation;
  readonly seed: number;
  /** Entries of the table that `adaptive` goes by. */
  readonly entries: number;
}

export function statusLines(status: LearnedStatus): readonly string[] {
  const { evaluation, runs, withoutPlan, entries } = status;
  const unread = withoutPlan === 0 ? "" : `; ${withoutPlan} of them without a plan, not counted`;
  return [
    `table        ${entries} pairs of a skill and an agent, which \`adaptive\` goes by`,
    `outcomes     ${evaluation.outcomes} of ${runs} runs${unread}`,
    ...(evaluation.status === "evaluated"
      ? evaluatedLines(evaluation, status.seed)
      : [
          evaluation.status === "no-data"
            ? "no data      nothing was learned, and nothing can be said of it"
            : `too few      for a test some ${evaluation.needed} are needed: nothing is said of fewer`,
        ]),
  ];
}

function evaluatedLines(
  evaluation: Extract<Evaluation, { readonly status: "evaluated" }>,
  seed: number,
): readonly string[] {
  const { learnedFrom, tested, baseRate, success, calibration, duration } = evaluation;
  return [
    `test         ${learnedFrom} learned from, ${tested} kept from learning (seed ${seed})`,
    `success      base rate ${percent(baseRate)}; ${percent(success.learned)} foretold right, ${percent(success.base)} by the base rate alone`,
    `Brier score  ${success.brier.toFixed(4)}, ${success.baseBrier.toFixed(4)} by the base rate alone; lower is better`,
    ...calibration.map(
      ({ predicted, observed, tested: n }, index) =>
        `${index === 0 ? "calibration" : "           "}  foretold ${percent(predicted)}, happened ${percent(observed)} of ${n}`,
    ),
    duration === null
      ? "durations    none to test"
      : `durations    missed by a factor of ${duration.learned.toFixed(2)}, ${duration.base.toFixed(2)} without knowing the agent; n = ${duration.tested}`,
    `verdict      ${verdictOf(evaluation)}`,
  ];
}

function verdictOf({
  success,
  duration,
}: Extract<Evaluation, { readonly status: "evaluated" }>): string {
  const gains = [
    ...(success.brier < success.baseBrier ? ["success"] : []),
    ...(duration !== null && duration.learned < duration.base ? ["duration"] : []),
  ];
  return gains.length === 0
    ? "knowing the agent foretells no more than the base rate"
    : `knowing the agent foretells ${gains.join(" and ")} better than the base rate`;
}

export function patternLines(learned: readonly Learned[]): readonly string[] {
  if (learned.length === 0)
    return [
      "nothing learned yet: no task of a stage with a swarm has ended in the last seven days",
    ];
  return aligned(
    [
      ["skill", "agent", "n", "succeeded", "usually takes", "expected until success"],
      ...inOrder(learned).map(({ skill, agent, measurement }) => {
        const { succeeded, failed, meanLogMs } = measurement;
        const knows = succeeded > 0;
        return [
          skill,
          agent,
          (succeeded + failed).toFixed(0),
          percent(succeeded / (succeeded + failed)),
          knows ? durationText(Math.exp(meanLogMs)) : "unknown",
          knows ? durationText(expectedMs(measurement)) : "unknown",
        ];
      }),
    ].map((row) => row.map(printable)),
  );
}

/** What is not known is null. `n` counts attempts, older ones less. */
export function patternJson({ skill, agent, measurement }: Learned): object {
  const { succeeded, failed, meanLogMs, varianceLogMs } = measurement;
  const knows = succeeded > 0;
  return {
    skill,
    agent,
    n: succeeded + failed,
    successRate: succeeded / (succeeded + failed),
    usualMs: knows ? Math.exp(meanLogMs) : null,
    deviationOfLogMs: knows ? Math.sqrt(varianceLogMs) : null,
  };
}

export function inOrder(learned: readonly Learned[]): readonly Learned[] {
  return learned.toSorted(
    (a, b) => compare(a.skill, b.skill) || a.agent.localeCompare(b.agent, "en", { numeric: true }),
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
