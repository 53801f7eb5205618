import { SwarmError } from "../../core/errors.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { SkillContext } from "../../core/skill.ts";
import { writeArtifact } from "../artifact.ts";
import { parseInputs } from "../skill-inputs.ts";
import { renderBadge } from "./badge.ts";
import { compareFindings } from "./comparison.ts";
import { withDerivedParts } from "./derived-parts.ts";
import { readBaseline, readEarlierRuns, trendPointOf } from "./earlier-runs.ts";
import { decideGate } from "./gate.ts";
import { renderHtml } from "./html/page.ts";
import { type MergeInputs, mergeInputs } from "./inputs.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { headlineOf, mergeReports } from "./merge.ts";
import type { QualityReport } from "./report-schema.ts";
import { renderSarif } from "./sarif.ts";
import { type CodeFrame, markFindings } from "./source-marks.ts";

/** How many findings the output carries and have code frames; the files carry all. */
const TOP = 10;

/** Writes the report in all its forms. `SKILL.md` describes inputs and outputs. */
export async function run(
  inputs: JsonObject,
  context: SkillContext,
): Promise<Record<string, Json>> {
  const { report, frames } = await buildReport(
    withDerivedParts(parseInputs(mergeInputs, inputs)),
    context,
  );
  const files = {
    report_json: ["report.json", jsonOf(report)],
    report_md: ["report.md", renderMarkdown(report)],
    report_html: ["report.html", renderHtml(report, frames)],
    report_sarif: ["report.sarif", renderSarif(report)],
    junit_xml: ["junit.xml", renderJunit(report)],
    badge_svg: ["badge.svg", renderBadge(report.score)],
  } as const;
  const paths: Record<string, string> = {};
  for (const [output, [name, content]] of Object.entries(files)) {
    paths[output] = await writeArtifact(name, content, context);
  }
  const { score, comparison } = report;
  return {
    ...paths,
    headline: headlineOf(report),
    file_analyses: sum(report.tools, ({ files_analysed }) => files_analysed),
    file_analyses_cached: sum(report.tools, ({ files_cached }) => files_cached),
    files: report.files.analysed,
    findings: report.counts,
    ...(score.value === null || score.grade === null
      ? {}
      : { score: score.value, grade: score.grade }),
    ...(comparison.status === "compared" ? { new_findings: comparison.new } : {}),
    comparison,
    gate: report.gate,
    top: report.findings.filter(({ copy_of }) => copy_of === undefined).slice(0, TOP),
  };
}

function sum<Item>(list: readonly Item[], numberOf: (item: Item) => number): number {
  return list.reduce((total, item) => total + numberOf(item), 0);
}

function jsonOf(report: QualityReport): string {
  try {
    return `${JSON.stringify(report, undefined, 2)}\n`;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SwarmError(
      "limit-exceeded",
      `report.json would be longer than a text can be, with ${report.findings.length} findings`,
      { cause: error, hint: "analyse a part of the directory" },
    );
  }
}

async function buildReport(
  inputs: MergeInputs,
  { run: { runId, cascade }, runFolder, signal }: SkillContext,
): Promise<{ readonly report: QualityReport; readonly frames: readonly CodeFrame[] }> {
  const baseline = inputs.baseline ? await readBaseline(inputs.baseline) : undefined;
  const merged = mergeReports(inputs, { run: runId, cascade, generatedAtMs: Date.now() });
  const { root } = merged;
  const earlier = await readEarlierRuns(runFolder, { run: runId, root, signal });
  const marked = await markFindings(merged.findings, { root, frames: TOP, signal });
  const { findings, comparison } = compareFindings(
    marked.findings,
    baseline ?? earlier.at(-1),
    baseline === undefined ? "run-before" : "baseline",
  );
  const { score, counts, generated_at } = merged;
  const report = {
    ...merged,
    findings,
    comparison,
    sources: marked.sources,
    gate: decideGate(findings, inputs.fail_on || undefined, comparison),
    trend: [
      ...earlier.map((each) => trendPointOf(each, score)),
      { run: runId, generated_at, findings: counts.total, score: score.value, comparable: true },
    ],
  };
  return { report, frames: marked.frames };
}
