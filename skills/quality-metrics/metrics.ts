import type { CodeMeasures } from "../code-measures.ts";
import { isOverThreshold } from "../complexity-analysis/findings.ts";
import type { MeasuredFunction } from "../complexity-analysis/scope.ts";

/** More lines than fit on a screen or two. */
const LONG = 60;
const WORST = 10;

/** `type`, not `interface`, so that it is assignable to plain JSON; so are the next ones. */
export type Metrics = {
  readonly files: number;
  readonly lines: number;
  readonly functions: number;
  readonly mean_complexity: number;
  readonly max_complexity: number;
  readonly max_cognitive: number;
  readonly complex_functions: number;
  readonly long_functions: number;
  readonly duplicated_lines: number;
  readonly duplication_ratio: number;
  readonly import_cycles: number;
  readonly left_out: number;
};

export type WorstFunction = {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly lines: number;
  readonly cyclomatic: number;
  readonly cognitive: number;
};

/** The numbers behind the quality. Pure. */
export function metricsOf(measures: CodeMeasures): Metrics {
  const { sizes, metrics, measured, clones, cycles, leftOut } = measures;
  const functions = measured.flatMap(({ source }) => source.functions);
  const lines = sum(sizes.map((each) => each.lines));
  return {
    files: sizes.length,
    lines,
    functions: functions.length,
    mean_complexity: rounded(sum(metrics.map(({ cyclomatic }) => cyclomatic)) / functions.length),
    max_complexity: largest(metrics.map(({ cyclomatic_max }) => cyclomatic_max)),
    max_cognitive: largest(metrics.map(({ cognitive_max }) => cognitive_max)),
    complex_functions: functions.filter(isOverThreshold).length,
    long_functions: functions.filter(isLong).length,
    duplicated_lines: clones.duplicated_lines,
    duplication_ratio: rounded(clones.duplicated_lines / lines),
    import_cycles: cycles.length,
    left_out: leftOut.length,
  };
}

/** The functions to look at first. */
export function worstFunctions({ measured }: Pick<CodeMeasures, "measured">): WorstFunction[] {
  return measured
    .flatMap(({ file, source }) =>
      source.functions
        .filter((each) => isOverThreshold(each) || isLong(each))
        .map(({ line, name, lines, cyclomatic, cognitive = 0 }) => ({
          file,
          line,
          name,
          lines,
          cyclomatic,
          cognitive,
        })),
    )
    .sort(
      (a, b) =>
        b.cognitive - a.cognitive ||
        b.cyclomatic - a.cyclomatic ||
        b.lines - a.lines ||
        (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line),
    )
    .slice(0, WORST);
}

function isLong({ lines }: MeasuredFunction): boolean {
  return lines > LONG;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function largest(values: readonly number[]): number {
  return values.reduce((highest, value) => Math.max(highest, value), 0);
}

/** To three decimals; 0 for what is divided by nothing. */
function rounded(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1_000) / 1_000 : 0;
}
