import type { FileMetrics, Severity } from "../finding.ts";
import type { ImportsOfFile } from "./inputs.ts";
import type { Risk } from "./report-schema.ts";

const SEVERITY_WEIGHTS = { critical: 64, high: 16, medium: 4, low: 1 } as const satisfies Record<
  Severity,
  number
>;
/** Commits in a year at which churn doubles a risk; more does not add to it. So for dependents. */
const FULL_AT = 63;
/** Cognitive complexity of a file that doubles a risk. */
const COMPLEX_AT = 100;

/** The formula in one line, for whoever reads the order. */
export const RISK_TEXT = `severity (critical ${SEVERITY_WEIGHTS.critical}, high ${SEVERITY_WEIGHTS.high}, medium ${SEVERITY_WEIGHTS.medium}, low ${SEVERITY_WEIGHTS.low}) × churn × complexity × reach; each factor is from 1 to 2: commits in 365 days (2 from ${FULL_AT}), cognitive complexity of the file (2 from ${COMPLEX_AT}), files that import it directly or not (2 from ${FULL_AT}); 1 where not known`;

/** The risk of one finding in a file. Pure. */
export function riskOf(
  severity: Severity,
  metrics: FileMetrics | undefined,
  dependents: number | undefined,
): Risk {
  const commits = metrics?.commits_365d ?? undefined;
  const factors = {
    churn: logarithmic(commits),
    complexity: 1 + Math.min(1, (metrics?.cognitive ?? 0) / COMPLEX_AT),
    reach: logarithmic(dependents),
  };
  const value = SEVERITY_WEIGHTS[severity] * factors.churn * factors.complexity * factors.reach;
  return {
    value: round(value),
    severity: SEVERITY_WEIGHTS[severity],
    churn: round(factors.churn),
    complexity: round(factors.complexity),
    reach: round(factors.reach),
    unknown: [
      ...(commits === undefined ? (["churn"] as const) : []),
      ...(metrics === undefined ? (["complexity"] as const) : []),
      ...(dependents === undefined ? (["reach"] as const) : []),
    ],
  };
}

function logarithmic(value: number | undefined): number {
  return 1 + Math.min(1, Math.log2(1 + (value ?? 0)) / Math.log2(1 + FULL_AT));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Answers how many files import a file, directly or not; counting stops at 63, where more makes no difference. */
export function dependentsOf(imports: readonly ImportsOfFile[]): (file: string) => number {
  const edges = imports.flatMap(({ file, imports: targets }) =>
    targets.map((target) => ({ file, target })),
  );
  const importers = Map.groupBy(edges, ({ target }) => target);
  return (file) => {
    const seen = new Set([file]);
    for (const each of seen) {
      for (const { file: importer } of importers.get(each) ?? []) {
        seen.add(importer);
        if (seen.size > FULL_AT) return FULL_AT;
      }
    }
    return seen.size - 1;
  };
}
