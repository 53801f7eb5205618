import type { ErrorRecord } from "../../../core/errors.ts";
import type { TrialEnd } from "../../../core/skill-trial.ts";
import {
  type Difference,
  differences,
  readSkillCases,
  type SkillCase,
} from "../../../language/skill-cases.ts";
import { printable } from "../terminal-text.ts";
import type { ShownSkill } from "./show-skill.ts";
import { runTrials, type TrialOptions } from "./trial.ts";

/** What a case is given; a cascade's stage has its own `timeout`. */
const TIMEOUT_MS = 60_000;
const MOST_DIFFERENCES = 20;
const LONGEST_VALUE = 200;

export interface CaseOutcome {
  readonly name: string;
  readonly status: "passed" | "failed";
  readonly durationMs: number;
  readonly differences: readonly Difference[];
  readonly error?: ErrorRecord;
}

export interface SkillTest {
  readonly skill: string;
  readonly cases: readonly CaseOutcome[];
  readonly lines: readonly string[];
}

/** Runs a skill for each of its cases. @throws SwarmError when it may not or cannot run, or has no case */
export async function testSkill(
  { entry, manifest }: ShownSkill,
  options: TrialOptions,
): Promise<SkillTest> {
  if (entry.refusal !== undefined) throw entry.refusal;
  const { name } = manifest;
  const cases = await readSkillCases(manifest);
  const trials = cases.map(({ inputs }) => inputs);
  const { ends, lines } = await runTrials({ skill: name, trials, timeoutMs: TIMEOUT_MS }, options);
  return { skill: name, cases: cases.map((given, index) => outcomeOf(given, ends[index])), lines };
}

/** Pure. @param end undefined when the process died before or in this case */
export function outcomeOf({ name, outputs }: SkillCase, end: TrialEnd | undefined): CaseOutcome {
  if (end === undefined) {
    const message = "the process that ran the skill died";
    const error = { code: "skill-crashed", message, disposition: "retry" } as const;
    return { name, status: "failed", durationMs: 0, differences: [], error };
  }
  const { durationMs } = end;
  if (end.status === "failed") {
    return { name, status: "failed", durationMs, differences: [], error: end.error };
  }
  const found = differences(outputs, end.output);
  const status = found.length === 0 ? "passed" : "failed";
  return { name, status, durationMs, differences: found };
}

export function hasPassed({ cases }: SkillTest): boolean {
  return cases.every(({ status }) => status === "passed");
}

/** Pure. */
export function testLines(test: SkillTest): readonly string[] {
  const { skill, cases, lines } = test;
  const failed = cases.filter(({ status }) => status === "failed").length;
  const all = [
    ...cases.flatMap(caseLines),
    ...(failed === 0 || lines.length === 0 ? [] : ["", "its last words:"]),
    ...(failed === 0 ? [] : lines.map((line) => `  ${line}`)),
    "",
    `${skill}: ${cases.length - failed} passed, ${failed} failed`,
  ];
  return all.map(printable);
}

function caseLines(outcome: CaseOutcome): readonly string[] {
  const { name, status, durationMs, error } = outcome;
  const shown = outcome.differences.slice(0, MOST_DIFFERENCES);
  const more = outcome.differences.length - shown.length;
  return [
    `${status.padEnd(6)}  ${name}  (${durationMs} ms)`,
    ...(error === undefined ? [] : [`          ${error.code}: ${error.message}`]),
    ...shown.map(
      ({ pointer, expected, actual }) =>
        `          ${pointer === "" ? "the output" : pointer}: expected ${valueText(expected)}, but is ${valueText(actual)}`,
    ),
    ...(more > 0 ? [`          and ${more} more`] : []),
  ];
}

function valueText(value: Difference["expected"]): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE).toWellFormed()}…`;
}

/** The same for programs. Pure. */
export function testJson(test: SkillTest): object {
  const { skill, cases } = test;
  return { schemaVersion: 1, skill, status: hasPassed(test) ? "passed" : "failed", cases };
}
