import { z } from "zod";
import {
  type FileMetrics,
  type Finding,
  fileMetrics,
  finding,
  type NotAnalysed,
  notAnalysed,
  SEVERITIES,
  type Severity,
  type Tool,
  tool,
} from "../finding.ts";

const count = z.int().min(0);

/** What an analysing skill answers for one batch. */
const batchReport = z.object({
  tool,
  parser: tool.exactOptional(),
  agent: z.string(),
  files_analysed: count,
  findings: z.array(finding),
  not_analysed: z.array(notAnalysed),
  metrics: z.array(fileMetrics).exactOptional(),
  churn: z
    .discriminatedUnion("status", [
      z.object({ status: z.literal("known") }),
      z.object({ status: z.literal("unknown"), reason: z.string() }),
    ])
    .exactOptional(),
});
type BatchReport = z.infer<typeof batchReport>;

const discovery = z.object({
  root: z.string(),
  batches: z.array(z.object({ files: z.array(z.string()) })),
  languages: z.record(z.string(), count),
  not_analysed: z.array(notAnalysed),
  total_files: count,
});

export const mergeInputs = z.object({
  reports: z.array(batchReport),
  discovery,
  path: z.string().nullish(),
});
type MergeInputs = z.infer<typeof mergeInputs>;

/** The content of `report.json`. */
export interface QualityReport {
  readonly v: 1;
  readonly run: string;
  readonly cascade: string;
  /** ISO 8601, UTC. */
  readonly generated_at: string;
  readonly path: string;
  readonly root: string;
  readonly files: {
    readonly total: number;
    readonly analysable: number;
    /** By at least one tool. */
    readonly analysed: number;
  };
  readonly languages: Readonly<Record<string, number>>;
  readonly counts: Counts;
  /** First the one to look at first. */
  readonly findings: readonly Finding[];
  readonly hotspots: readonly Hotspot[];
  /** Why some or all files have no churn; empty when it is known. */
  readonly churn_unknown: readonly string[];
  readonly metrics: readonly FileMetrics[];
  readonly agents: readonly AgentShare[];
  readonly tools: readonly ToolShare[];
  readonly not_analysed: readonly NotAnalysed[];
}

/** `type`, not `interface`, so that it is assignable to plain JSON. */
export type Counts = Readonly<Record<Severity | "total", number>>;

/** `score` is commits in 365 days × cognitive complexity; null when the commits are not known. */
export type Hotspot = FileMetrics & { readonly score: number | null };

export interface AgentShare {
  readonly agent: string;
  readonly batches: number;
  /** A file that two tools analysed counts twice: it was work twice. */
  readonly file_analyses: number;
  readonly findings: number;
}

export interface ToolShare extends Tool {
  readonly parser?: Tool;
  readonly files_analysed: number;
  readonly findings: number;
}

const HOTSPOTS = 10;

/** Puts the batches' reports together. Pure: the same inputs give the same report. */
export function mergeReports(
  { reports, discovery: found, path }: MergeInputs,
  about: { readonly run: string; readonly cascade: string; readonly generatedAtMs: number },
): QualityReport {
  const metrics = onceEach(
    reports.flatMap((report) => report.metrics ?? []),
    ({ file }) => file,
  );
  const findings = rank(
    onceEach(
      reports.flatMap((report) => report.findings),
      (each) => JSON.stringify([each.file, each.line, each.column, each.rule, each.tool]),
    ),
    metrics,
  );
  const analysable = new Set(found.batches.flatMap(({ files }) => files));
  return {
    v: 1,
    run: about.run,
    cascade: about.cascade,
    generated_at: new Date(about.generatedAtMs).toISOString(),
    path: path ?? found.root,
    root: found.root,
    files: {
      total: found.total_files,
      analysable: analysable.size,
      analysed: countAnalysed(analysable, reports),
    },
    languages: found.languages,
    counts: countBySeverity(findings),
    findings,
    hotspots: hotspotsOf(metrics),
    churn_unknown: reasonsWithoutChurn(reports, metrics),
    metrics: [...metrics].sort(by(({ file }) => file)),
    agents: sharesOfAgents(reports, findings),
    tools: sharesOfTools(reports, findings),
    not_analysed: [...found.not_analysed, ...reports.flatMap((report) => report.not_analysed)],
  };
}

/** The result in one sentence. */
export function headlineOf({ counts, files, findings }: QualityReport): string {
  if (files.analysed === 0) {
    return `Nothing was analysed: ${files.total === 0 ? "there are no files" : `none of ${plural(files.total, "file")} could be`}.`;
  }
  if (findings.length === 0) return `No findings in ${plural(files.analysed, "analysed file")}.`;
  const parts = SEVERITIES.filter((severity) => counts[severity] > 0).map(
    (severity) => `${counts[severity]} ${severity}`,
  );
  return `${plural(counts.total, "finding")} in ${plural(files.analysed, "analysed file")}: ${parts.join(", ")}.`;
}

export function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function onceEach<Item>(list: readonly Item[], keyOf: (item: Item) => string): Item[] {
  const first = new Map<string, Item>();
  for (const item of list) {
    const key = keyOf(item);
    if (!first.has(key)) first.set(key, item);
  }
  return [...first.values()];
}

/** Severity, then churn of the file, then its cognitive complexity, then place. Unknown churn ranks behind known. */
function rank(findings: readonly Finding[], metrics: readonly FileMetrics[]): Finding[] {
  const ofFile = new Map(metrics.map((each) => [each.file, each]));
  const keyed = findings.map((each) => ({
    each,
    key: [
      SEVERITIES.indexOf(each.severity),
      -(ofFile.get(each.file)?.commits_365d ?? -1),
      -(ofFile.get(each.file)?.cognitive ?? -1),
      each.file,
      each.line,
      each.column ?? 0,
      each.rule,
    ],
  }));
  return keyed.sort((a, b) => compareLists(a.key, b.key)).map(({ each }) => each);
}

type Sortable = number | string;

function compareLists(a: readonly Sortable[], b: readonly Sortable[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined || left === right) continue;
    return left < right ? -1 : 1;
  }
  return 0;
}

function by<Item>(keyOf: (item: Item) => Sortable): (a: Item, b: Item) => number {
  return (a, b) => compareLists([keyOf(a)], [keyOf(b)]);
}

function countBySeverity(findings: readonly Finding[]): Counts {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, total: findings.length };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

/** A file counts unless every tool left it out. */
function countAnalysed(analysable: ReadonlySet<string>, reports: readonly BatchReport[]): number {
  const tools = new Set(reports.map((report) => report.tool.name));
  if (tools.size === 0) return 0;
  const leftOutBy = new Map<string, Set<string>>();
  for (const report of reports) {
    for (const { file } of report.not_analysed) {
      leftOutBy.set(file, (leftOutBy.get(file) ?? new Set()).add(report.tool.name));
    }
  }
  return [...analysable].filter((file) => (leftOutBy.get(file)?.size ?? 0) < tools.size).length;
}

function hotspotsOf(metrics: readonly FileMetrics[]): Hotspot[] {
  return metrics
    .map((each) => ({
      ...each,
      score: each.commits_365d === null ? null : each.commits_365d * each.cognitive,
    }))
    .filter(({ cognitive, score }) => cognitive > 0 && score !== 0)
    .sort((a, b) =>
      compareLists(
        [-(a.score ?? -1), -a.cognitive, a.file],
        [-(b.score ?? -1), -b.cognitive, b.file],
      ),
    )
    .slice(0, HOTSPOTS);
}

function reasonsWithoutChurn(
  reports: readonly BatchReport[],
  metrics: readonly FileMetrics[],
): string[] {
  const reasons = new Set(
    reports.flatMap(({ churn }) => (churn?.status === "unknown" ? [churn.reason] : [])),
  );
  const untracked = metrics.filter(({ commits_365d }) => commits_365d === null).length;
  if (reasons.size === 0 && untracked > 0) {
    reasons.add(`git does not track ${plural(untracked, "file")}`);
  }
  return [...reasons].sort();
}

function sharesOfAgents(
  reports: readonly BatchReport[],
  findings: readonly Finding[],
): AgentShare[] {
  const agents = [...new Set(reports.map(({ agent }) => agent))].sort();
  return agents.map((agent) => {
    const own = reports.filter((report) => report.agent === agent);
    return {
      agent,
      batches: own.length,
      file_analyses: own.reduce((sum, report) => sum + report.files_analysed, 0),
      findings: findings.filter((each) => each.agent === agent).length,
    };
  });
}

function sharesOfTools(reports: readonly BatchReport[], findings: readonly Finding[]): ToolShare[] {
  const tools = onceEach(reports, (report) => `${report.tool.name} ${report.tool.version}`);
  return tools
    .map(({ tool: { name, version }, parser }) => {
      const isOwn = (other: Tool): boolean => other.name === name && other.version === version;
      return {
        name,
        version,
        ...(parser === undefined ? {} : { parser }),
        files_analysed: reports
          .filter((report) => isOwn(report.tool))
          .reduce((sum, report) => sum + report.files_analysed, 0),
        findings: findings.filter((each) => isOwn({ name: each.tool, version: each.tool_version }))
          .length,
      };
    })
    .sort(by(({ name }) => name));
}
