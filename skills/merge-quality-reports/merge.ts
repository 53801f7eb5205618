import { type FileMetrics, SEVERITIES } from "../finding.ts";
import { mergeDuplicates } from "./duplicates.ts";
import type { BatchReport, MergeInputs } from "./inputs.ts";
import { compareLists } from "./order.ts";
import type { Hotspot, PartName, QualityReport, RankedFinding } from "./report-schema.ts";
import { dependentsOf, riskOf } from "./risk.ts";
import { scoreOf } from "./score.ts";
import { countBySeverity, sharesOfAgents, sharesOfFolders, sharesOfTools } from "./shares.ts";

const HOTSPOTS = 10;

/** A finding before its file was read for the fingerprint. */
export type UnmarkedFinding = Omit<RankedFinding, "fingerprint" | "is_new">;

/** The report before anything is read from disk. */
export type MergedReport = Omit<
  QualityReport,
  "findings" | "sources" | "comparison" | "gate" | "trend"
> & { readonly findings: readonly UnmarkedFinding[] };

/** Puts the batches' reports together. Pure: the same inputs give the same report. */
export function mergeReports(
  inputs: MergeInputs,
  about: { readonly run: string; readonly cascade: string; readonly generatedAtMs: number },
): MergedReport {
  const { reports, discovery: found, path } = inputs;
  const metrics = onceEach(reports.flatMap((report) => report.metrics ?? []));
  const findings = rank(inputs, metrics);
  const analysable = new Set(found.batches.flatMap(({ files }) => files));
  const lines = metrics.length === 0 ? null : metrics.reduce((sum, each) => sum + each.lines, 0);
  return {
    v: 2,
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
    lines,
    languages: found.languages,
    score: scoreOf({
      lines,
      run: partsRun(inputs),
      findings: findings.map((each) => ({ severity: each.severity, part: partOf(each.tool) })),
      clones: inputs.clones ?? [],
      cycles: inputs.cycles?.length ?? 0,
    }),
    counts: countBySeverity(findings),
    findings,
    folders: sharesOfFolders(metrics, findings),
    hotspots: hotspotsOf(metrics),
    churn_unknown: reasonsWithoutChurn(reports, metrics),
    metrics: metrics.toSorted((a, b) => compareLists([a.file], [b.file])),
    ...graphsOf(inputs),
    agents: sharesOfAgents(reports, findings),
    tools: sharesOfTools(reports, findings),
    timeline: inputs.timeline?.slice() ?? null,
    messages: inputs.messages ?? null,
    not_run: analysesNotRun(inputs),
    not_analysed: [...found.not_analysed, ...reports.flatMap((report) => report.not_analysed)],
    suppressed: reports.reduce((sum, report) => sum + (report.suppressed ?? 0), 0),
  };
}

/** The result in one sentence. */
export function headlineOf({ counts, files }: Pick<QualityReport, "counts" | "files">): string {
  if (files.analysed === 0) {
    return `Nothing was analysed: ${files.total === 0 ? "there are no files" : `none of ${plural(files.total, "file")} could be`}.`;
  }
  if (counts.total === 0) return `No findings in ${plural(files.analysed, "analysed file")}.`;
  const parts = SEVERITIES.filter((severity) => counts[severity] > 0).map(
    (severity) => `${counts[severity]} ${severity}`,
  );
  return `${plural(counts.total, "finding")} in ${plural(files.analysed, "analysed file")}: ${parts.join(", ")}.`;
}

export function plural(number: number, noun: string, several = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : several}`;
}

function onceEach(list: readonly FileMetrics[]): FileMetrics[] {
  const first = new Map<string, FileMetrics>();
  for (const item of list) if (!first.has(item.file)) first.set(item.file, item);
  return [...first.values()];
}

/** By risk, then severity, then place. */
function rank(inputs: MergeInputs, metrics: readonly FileMetrics[]): UnmarkedFinding[] {
  const ofFile = new Map(metrics.map((each) => [each.file, each]));
  const dependents = inputs.imports == null ? undefined : dependentsOf(inputs.imports);
  const reach = new Map<string, number>();
  return mergeDuplicates(inputs.reports.flatMap((report) => report.findings))
    .map((each) => {
      const known = reach.get(each.file) ?? dependents?.(each.file);
      if (known !== undefined) reach.set(each.file, known);
      const risk = riskOf(each.severity, ofFile.get(each.file), known);
      return { each: { ...each, risk }, key: orderOf(each, risk.value) };
    })
    .sort((a, b) => compareLists(a.key, b.key))
    .map(({ each }) => each);
}

function orderOf(each: Omit<UnmarkedFinding, "risk">, risk: number): (number | string)[] {
  const { severity, file, line, column, rule, tool } = each;
  return [-risk, SEVERITIES.indexOf(severity), file, line, column ?? 0, rule, tool];
}

function partOf(tool: string): PartName {
  if (tool === "security-scan") return "security";
  return tool === "complexity-analysis" ? "complexity" : "correctness";
}

function partsRun({ reports, clones, cycles }: MergeInputs): Set<PartName> {
  return new Set<PartName>([
    // Its findings count as correctness, but it takes no linter's place.
    ...reports
      .filter(({ tool }) => tool.name !== "theater-detection")
      .map(({ tool }) => partOf(tool.name)),
    ...(clones == null ? [] : (["duplication"] as const)),
    ...(cycles == null ? [] : (["cycles"] as const)),
  ]);
}

const NOT_GIVEN = "this cascade has no stage that delivers it";

function graphsOf({
  clones,
  cycles,
  coverage,
}: MergeInputs): Pick<QualityReport, "clones" | "cycles" | "coverage"> {
  const absent = { status: "not-run", reason: NOT_GIVEN } as const;
  return {
    clones: clones == null ? absent : { status: "run", groups: clones },
    cycles: cycles == null ? absent : { status: "run", groups: cycles },
    coverage: coverage ?? absent,
  };
}

function analysesNotRun(inputs: MergeInputs): QualityReport["not_run"] {
  const run = partsRun(inputs);
  const { coverage } = inputs;
  const missing = [
    { part: "linting", isRun: run.has("correctness") },
    { part: "complexity and churn", isRun: run.has("complexity") },
    { part: "security scan", isRun: run.has("security") },
    { part: "duplication", isRun: run.has("duplication") },
    { part: "import cycles", isRun: run.has("cycles") },
    { part: "import graph", isRun: inputs.imports != null },
  ].filter(({ isRun }) => !isRun);
  const reason = inputs.discovery.batches.length === 0 ? "there was no file for it" : NOT_GIVEN;
  return [
    ...missing.map(({ part }) => ({ part, reason })),
    ...(coverage == null || coverage.status === "not-run"
      ? [{ part: "test coverage", reason: coverage?.reason ?? reason }]
      : []),
    ...advisoriesNotRun(inputs.reports),
  ];
}

/** One batch has the lock file; when it was asked for, the others' reasons do not count. */
function advisoriesNotRun(reports: readonly BatchReport[]): QualityReport["not_run"] {
  const given = reports.flatMap(({ advisories }) => advisories ?? []);
  if (given.some(({ status }) => status === "run")) return [];
  const reasons = new Set(
    given.flatMap((each) => (each.status === "not-run" ? [each.reason] : [])),
  );
  const [reason] = reasons;
  return reason === undefined ? [] : [{ part: "dependency advisories", reason }];
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
