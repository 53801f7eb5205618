import { setImmediate } from "node:timers/promises";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { openFileList } from "../file-list.ts";
import type { FileMetrics, Finding, NotAnalysed, Severity } from "../finding.ts";
import { countLines } from "../source-file.ts";
import { PARSER, parseSyntax } from "../syntax.ts";
import { type Churn, readChurn } from "./churn.ts";
import {
  ANONYMOUS,
  type MeasuredFile,
  type MeasuredFunction,
  measureFile,
  TOP_LEVEL,
} from "./measure.ts";

const ANALYSIS = { name: "complexity-analysis", version: "1.0.0" } as const;

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

/** Measures a batch of files. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const { root, sources, notAnalysed } = await openFileList(inputs, context.signal);
  const churn = await readChurn(
    root,
    sources.map(({ file }) => file),
    { nowS: Math.floor(Date.now() / 1_000), signal: context.signal },
  );
  const metrics: FileMetrics[] = [];
  const findings: Finding[] = [];
  const notParsed: NotAnalysed[] = [];
  for (const { file, text } of sources) {
    await setImmediate();
    context.signal.throwIfAborted();
    const syntax = parseSyntax(file, text);
    if (syntax.status === "not-parsed") {
      const { reason, line } = syntax;
      notParsed.push({ file, reason, ...(line === undefined ? {} : { line }) });
      continue;
    }
    const measured = measureFile(syntax.program);
    metrics.push(metricsOf(file, countLines(text), measured, churn));
    findings.push(...findingsOf(file, measured, context.agentId));
  }
  return {
    tool: ANALYSIS,
    parser: PARSER,
    agent: context.agentId,
    files_analysed: metrics.length,
    findings,
    metrics,
    churn:
      churn.status === "known" ? { status: "known" } : { status: "unknown", reason: churn.reason },
    not_analysed: [...notAnalysed, ...notParsed].map((entry) => ({
      ...entry,
      tool: ANALYSIS.name,
    })),
  };
}

function metricsOf(
  file: string,
  lines: number,
  { functions, topLevel }: MeasuredFile,
  churn: Churn,
): FileMetrics {
  const cyclomatic = functions.map((each) => each.cyclomatic);
  const cognitive = [topLevel, ...functions].map((each) => each.cognitive ?? 0);
  const commits = churn.status === "known" ? churn.files.get(file) : undefined;
  return {
    file,
    lines,
    functions: functions.length,
    cyclomatic: sum(cyclomatic),
    cyclomatic_max: largest(cyclomatic),
    cognitive: sum(cognitive),
    cognitive_max: largest(cognitive),
    commits_90d: commits?.commits90d ?? null,
    commits_365d: commits?.commits365d ?? null,
  };
}

function findingsOf(file: string, measured: MeasuredFile, agent: string): Finding[] {
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

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function largest(values: readonly number[]): number {
  return values.reduce((highest, value) => Math.max(highest, value), 0);
}
