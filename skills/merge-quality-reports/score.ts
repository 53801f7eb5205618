import type { Severity } from "../finding.ts";
import { isTestFile } from "../test-files.ts";
import type { Clone } from "./inputs.ts";
import type { PartName, Score } from "./report-schema.ts";

/** Penalty points of one finding; a cycle costs as much as a medium one. */
const PENALTIES = { critical: 25, high: 10, medium: 3, low: 1 } as const satisfies Record<
  Severity,
  number
>;
const CYCLE_PENALTY = 3;
/** Ten repeated lines cost as much as one low finding. */
const REPEATED_LINES_PER_POINT = 10;
/** Points per 1,000 lines at which half the score is gone. */
const HALF = 40;
/** Smaller projects count as this large, or one finding in a script of 20 lines would be a catastrophe. */
const LEAST_LINES = 1_000;
/** Highest values while a finding of this severity is open. */
const CAPS = [
  { severity: "critical", value: 69 },
  { severity: "high", value: 89 },
] as const;
const GRADES = [
  { from: 90, grade: "A" },
  { from: 80, grade: "B" },
  { from: 70, grade: "C" },
  { from: 60, grade: "D" },
] as const;

export const SCORE_FORMULA = "1.0";
/** The formula in one line, for whoever reads the number. */
export const SCORE_TEXT = `100 × ${HALF} / (${HALF} + penalty points per 1,000 lines); critical ${PENALTIES.critical}, high ${PENALTIES.high}, medium ${PENALTIES.medium}, low ${PENALTIES.low}, import cycle ${CYCLE_PENALTY}, ${REPEATED_LINES_PER_POINT} repeated lines 1; at most ${CAPS[0].value} with a critical finding, ${CAPS[1].value} with a high one`;

export interface Scored {
  /** Lines of the measured files; null when unknown. */
  readonly lines: number | null;
  /** Analyses that were made. */
  readonly run: ReadonlySet<PartName>;
  readonly findings: readonly { readonly severity: Severity; readonly part: PartName }[];
  readonly clones: readonly Clone[];
  readonly cycles: number;
}

/** Scores a run by the formula of docs/score.md. Pure; one more finding, clone or cycle never raises the value. */
export function scoreOf(given: Scored): Score {
  const penalties = penaltiesOf(given);
  const total = [...penalties.values()].reduce((sum, each) => sum + each, 0);
  const size = given.lines === null ? null : Math.max(given.lines, LEAST_LINES);
  if (size === null || given.run.size === 0) {
    const reason = given.run.size === 0 ? "nothing was analysed" : "no file was measured";
    return {
      formula: SCORE_FORMULA,
      value: null,
      grade: null,
      reason,
      lines: null,
      parts: partsOf(given, penalties, 0),
    };
  }
  const raw = (100 * HALF) / (HALF + total / (size / 1_000));
  const cap = CAPS.find(({ severity }) =>
    given.findings.some((each) => each.severity === severity),
  );
  // Rounded down: a value that is shown as 90 has earned its grade.
  const value = Math.floor(Math.min(raw, cap?.value ?? 100) * 10) / 10;
  return {
    formula: SCORE_FORMULA,
    value,
    grade: GRADES.find(({ from }) => value >= from)?.grade ?? "F",
    lines: size,
    ...(cap !== undefined && raw > cap.value
      ? { cap: `at most ${cap.value} while a ${cap.severity} finding is open` }
      : {}),
    parts: partsOf(given, penalties, total === 0 ? 0 : (100 - raw) / total),
  };
}

/** Lines that stand somewhere else already: those of all places of a clone but one. A line of several clones counts once. */
export function repeatedLines(clones: readonly Clone[]): number {
  const repeated = clones.flatMap(({ places }) => places.slice(1));
  let lines = 0;
  for (const places of Map.groupBy(repeated, ({ file }) => file).values()) {
    let counted = 0;
    for (const { startLine, endLine } of places.toSorted((a, b) => a.startLine - b.startLine)) {
      lines += Math.max(0, endLine - Math.max(startLine - 1, counted));
      counted = Math.max(counted, endLine);
    }
  }
  return lines;
}

/** Tests repeat themselves so that each can be read alone; only what is repeated outside of them counts. */
function outsideTests(clones: readonly Clone[]): Clone[] {
  return clones.flatMap((clone) => {
    const places = clone.places.filter(({ file }) => !isTestFile(file));
    return places.length < 2 ? [] : [{ ...clone, places }];
  });
}

function penaltiesOf({ findings, clones, cycles }: Scored): Map<PartName, number> {
  const penalties = new Map<PartName, number>([
    ["correctness", 0],
    ["security", 0],
    ["complexity", 0],
    ["duplication", repeatedLines(outsideTests(clones)) / REPEATED_LINES_PER_POINT],
    ["cycles", cycles * CYCLE_PENALTY],
  ]);
  for (const { severity, part } of findings) {
    penalties.set(part, (penalties.get(part) ?? 0) + PENALTIES[severity]);
  }
  return penalties;
}

function partsOf(
  { run }: Scored,
  penalties: ReadonlyMap<PartName, number>,
  lostPerPoint: number,
): Score["parts"] {
  return [...penalties].map(([part, penalty]) => ({
    part,
    status: run.has(part) || penalty > 0 ? "run" : "not-run",
    penalty: round(penalty),
    lost: round(penalty * lostPerPoint),
  }));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
