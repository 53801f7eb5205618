import { SEVERITIES } from "../finding.ts";
import { code, section, table, text } from "../markdown-text.ts";
import { adviceOf } from "./advice.ts";
import { gatherCopies } from "./copies.ts";
import {
  renderMethod,
  renderNotAnalysed,
  renderNotRun,
  renderSwarm,
  renderTools,
} from "./markdown-trust.ts";
import { renderFolders, renderHotspots, renderStructure } from "./markdown-where.ts";
import { headlineOf, plural } from "./merge.ts";
import type { QualityReport } from "./report-schema.ts";

/** GitHub takes comments up to 65,536 characters; what posts this one adds some of its own. */
const LONGEST = 60_000;
/** Rows that lists may have; the next entry is tried when a report is too long. */
const LIST_LENGTHS = [50, 20, 10, 3];

/** The report as a pull request comment. Names and messages come from the analysed files and are shown as text, whatever they hold. */
export function renderMarkdown(report: QualityReport): string {
  let markdown = "";
  for (const rows of LIST_LENGTHS) {
    markdown = renderSections(report, rows);
    if (markdown.length < LONGEST) break;
  }
  return markdown;
}

function renderSections(report: QualityReport, rows: number): string {
  const sections = [
    `# Code quality: ${text(report.path)}`,
    `**${renderVerdict(report)}**`,
    renderChange(report),
    renderCounts(report),
    renderFindings(report, rows),
    renderHotspots(report),
    renderFolders(report, rows),
    renderStructure(report, rows),
    renderSwarm(report, rows),
    renderNotRun(report),
    renderNotAnalysed(report, rows),
    renderTools(report),
    renderMethod(report),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function renderVerdict(report: QualityReport): string {
  const { value, grade, reason } = report.score;
  const headline = headlineOf(report);
  if (value !== null) return `${grade} · ${value} of 100. ${headline}`;
  return report.files.analysed === 0 ? headline : `${headline} Not scored: ${reason}.`;
}

function renderChange({ comparison, gate, trend }: QualityReport): string {
  const earlier = trend.at(-2);
  const now = trend.at(-1);
  return [
    comparison.status === "compared"
      ? `Since ${comparison.with === "baseline" ? "the baseline" : "the run before"} (${text(comparison.run)}): ${comparison.new} new, ${comparison.gone} gone.`
      : "",
    earlier?.comparable && earlier.score !== null && now?.score != null
      ? `Score before: ${earlier.score}.`
      : "",
    gate.status === "not-set"
      ? ""
      : `Quality gate ${gate.status}${gate.reasons.length > 0 ? `: ${gate.reasons.join(", ")}` : ""}.`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}

function renderCounts({ counts, files, languages }: QualityReport): string {
  const seen = Object.entries(languages)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 10)
    .map(([language, number]) => `${text(language)} ${number}`);
  return [
    table(
      [...SEVERITIES, "all"],
      [[...SEVERITIES.map((severity) => String(counts[severity])), String(counts.total)]],
    ),
    `${plural(files.total, "file")} seen, ${files.analysable} to analyse, ${files.analysed} analysed.${
      seen.length === 0 ? "" : ` By language: ${seen.join(", ")}.`
    }`,
  ].join("\n\n");
}

function renderFindings({ findings }: QualityReport, listed: number): string {
  if (findings.length === 0) return "";
  const gathered = gatherCopies(findings);
  const rows = gathered
    .slice(0, listed)
    .map(({ finding, copies, isNew }, index) => [
      String(index + 1),
      `${finding.severity}${isNew ? ", new" : ""}`,
      `${code(`${finding.file}:${finding.line}`)}${copies.length === 0 ? "" : ` and in ${plural(copies.length, "copy", "copies")}`}`,
      text(adviceOf(finding)),
      code(finding.rule),
      text(finding.confirmed_by.map(({ agent }) => agent).join(", ")),
    ]);
  const rest = gathered.length - rows.length;
  return section("Look at these first", [
    table(["", "severity", "place", "finding", "rule", "found by"], rows),
    rest > 0 ? `${rest} more in ${code("report.json")}.` : "",
  ]);
}
