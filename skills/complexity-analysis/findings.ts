import type { Finding, Severity } from "../finding.ts";
import { ANONYMOUS, type MeasuredFile, type MeasuredFunction, TOP_LEVEL } from "./scope.ts";

export const ANALYSIS = { name: "complexity-analysis", version: "1.0.0" } as const;

interface Threshold {
  readonly over: number;
  readonly severity: Severity;
}

/** Highest first: the first that is exceeded decides. */
const THRESHOLDS = {
  cyclomatic: [
    { over: 20, severity: "medium" },
    { over: 10, severity: "low" },
  ],
  cognitive: [
    { over: 25, severity: "high" },
    { over: 15, severity: "medium" },
  ],
} as const satisfies Record<string, readonly Threshold[]>;

/** Whether there is a finding about it. */
export function isOverThreshold({ cyclomatic, cognitive = 0 }: MeasuredFunction): boolean {
  return (
    THRESHOLDS.cyclomatic.some(({ over }) => cyclomatic > over) ||
    THRESHOLDS.cognitive.some(({ over }) => cognitive > over)
  );
}

const HELP = {
  cognitive: "Return early instead of nesting, and give loops and branches functions of their own.",
  cyclomatic: "Give groups of branches functions of their own, or put the cases into a table.",
} as const;

/** A finding for each function, or top level, above a threshold. */
export function findingsOf(file: string, measured: MeasuredFile, agent: string): Finding[] {
  return [measured.topLevel, ...measured.functions].flatMap((each) =>
    (["cognitive", "cyclomatic"] as const).flatMap((kind) => {
      const value = each[kind];
      const threshold = THRESHOLDS[kind].find(({ over }) => (value ?? 0) > over);
      if (value === undefined || threshold === undefined) return [];
      return [
        {
          file,
          line: each.line,
          column: each.column,
          rule: `complexity/${kind}`,
          severity: threshold.severity,
          message: messageOf(each, kind, value),
          help: HELP[kind],
          tool: ANALYSIS.name,
          tool_version: ANALYSIS.version,
          agent,
        },
      ];
    }),
  );
}

function messageOf(
  { name }: MeasuredFunction,
  kind: keyof typeof THRESHOLDS,
  value: number,
): string {
  const limit = THRESHOLDS[kind].at(-1)?.over;
  return `${subjectOf(name)} has a ${kind} complexity of ${value} (at most ${limit} is easy to follow)`;
}

function subjectOf(name: string): string {
  if (name === TOP_LEVEL) return "the code outside functions";
  return name === ANONYMOUS ? "an anonymous function" : `\`${name}\``;
}
