import { type NotAnalysed, SEVERITIES } from "../finding.ts";
import { adviceOf } from "./advice.ts";
import { renderGraph } from "./markdown-graph.ts";
import { code, table, text } from "./markdown-text.ts";
import { headlineOf, plural } from "./merge.ts";
import type { Hotspot, QualityReport } from "./report-schema.ts";
import { RISK_TEXT } from "./risk.ts";
import { SCORE_TEXT } from "./score.ts";

/** GitHub takes comments up to 65,536 characters; what posts this one adds some of its own. */
const LONGEST = 60_000;
/** Rows that lists may have; the next entry is tried when a report is too long. */
const LIST_LENGTHS = [50, 20, 10, 3];
const LISTED_FILES = 5;

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
  const rows = findings
    .slice(0, listed)
    .map((each, index) => [
      String(index + 1),
      `${each.severity}${each.is_new === true ? ", new" : ""}`,
      code(`${each.file}:${each.line}`),
      text(adviceOf(each)),
      code(each.rule),
      text(each.confirmed_by.map(({ agent }) => agent).join(", ")),
    ]);
  const rest = findings.length - rows.length;
  return section("Look at these first", [
    table(["", "severity", "place", "finding", "rule", "found by"], rows),
    rest > 0 ? `${rest} more in ${code("report.json")}.` : "",
  ]);
}

function renderHotspots({ hotspots, churn_unknown }: QualityReport): string {
  const unknown =
    churn_unknown.length === 0 ? "" : `Churn is not known: ${text(churn_unknown.join("; "))}.`;
  if (hotspots.length === 0) return unknown === "" ? "" : section("Hotspots", [unknown]);
  const withChurn = hotspots.some(({ score }) => score !== null);
  const columns = HOTSPOT_COLUMNS.filter((column) => withChurn || !column.isChurn);
  return section(withChurn ? "Hotspots" : "Most complex files", [
    withChurn
      ? "Changed often and hard to understand: commits in 365 days × cognitive complexity."
      : "",
    unknown,
    table(
      columns.map(({ head }) => head),
      hotspots.map((each) => columns.map(({ cell }) => cell(each))),
    ),
  ]);
}

const HOTSPOT_COLUMNS: readonly {
  readonly head: string;
  readonly isChurn: boolean;
  readonly cell: (hotspot: Hotspot) => string;
}[] = [
  { head: "file", isChurn: false, cell: ({ file }) => code(file) },
  { head: "score", isChurn: true, cell: ({ score }) => numberOrUnknown(score) },
  { head: "commits 90 d", isChurn: true, cell: (each) => numberOrUnknown(each.commits_90d) },
  { head: "commits 365 d", isChurn: true, cell: (each) => numberOrUnknown(each.commits_365d) },
  { head: "cognitive", isChurn: false, cell: ({ cognitive }) => String(cognitive) },
  { head: "worst function", isChurn: false, cell: (each) => String(each.cognitive_max) },
  { head: "lines", isChurn: false, cell: ({ lines }) => String(lines) },
];

function numberOrUnknown(number: number | null): string {
  return number === null ? "unknown" : String(number);
}

function renderFolders({ folders }: QualityReport, rows: number): string {
  const found = folders.filter(({ counts }) => counts.total > 0).slice(0, Math.min(rows, 10));
  if (found.length < 2) return "";
  return section("Folders with the most risk", [
    table(
      ["folder", ...SEVERITIES, "lines"],
      found.map(({ folder, counts, lines }) => [
        code(folder),
        ...SEVERITIES.map((severity) => String(counts[severity])),
        String(lines),
      ]),
    ),
  ]);
}

function renderStructure({ clones, cycles, coverage }: QualityReport, rows: number): string {
  const shown = Math.min(rows, 5);
  const parts = [
    cycles.status === "run" && cycles.groups.length > 0
      ? [
          `${plural(cycles.groups.length, "import cycle")}:`,
          ...cycles.groups.slice(0, shown).map(({ files }) =>
            nameSome(
              files.map((file) => ({ file })),
              " → ",
            ),
          ),
        ].join("\n- ")
      : "",
    clones.status === "run" && clones.groups.length > 0
      ? [
          `${plural(clones.groups.length, "group")} of equal code:`,
          ...clones.groups.slice(0, shown).map(
            ({ lines, places }) =>
              `${plural(lines, "line")} at ${nameSome(
                places.map(({ file, startLine }) => ({ file, line: startLine })),
                ", ",
              )}`,
          ),
        ].join("\n- ")
      : "",
    coverageText(coverage),
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : section("Structure and tests", parts);
}

/** Coverage in a sentence; "" when it is not known. */
function coverageText({ status, files, source }: QualityReport["coverage"]): string {
  if (status === "not-run") return "";
  if (status === "reach") {
    const reached = files.filter((each) => each.reached === true).length;
    return `Tests reach ${reached} of ${plural(files.length, "file")} by imports. That is reach, not coverage.`;
  }
  const covered = files.reduce((sum, each) => sum + (each.covered ?? 0), 0);
  const total = files.reduce((sum, each) => sum + (each.total ?? 0), 0);
  return `Tests cover ${covered} of ${plural(total, "line")}${source == null ? "" : `, read from ${code(source)}`}.`;
}

function renderSwarm(report: QualityReport, listed: number): string {
  const { agents } = report;
  if (agents.length === 0) return "";
  const rows = agents
    .slice(0, listed)
    .map((each) => [
      text(each.agent),
      String(each.batches),
      String(each.file_analyses),
      String(each.findings),
    ]);
  return section("Who did what", [
    renderGraph(report),
    table(["agent", "tasks", "file analyses", "findings"], rows),
    agents.length > rows.length ? `${agents.length - rows.length} more agents.` : "",
  ]);
}

function renderNotRun({ not_run }: QualityReport): string {
  if (not_run.length === 0) return "";
  return section("Not run", [
    not_run.map(({ part, reason }) => `- ${part}: ${text(reason)}`).join("\n"),
  ]);
}

function renderNotAnalysed({ not_analysed }: QualityReport, listed: number): string {
  if (not_analysed.length === 0) {
    return section("Not analysed", ["Every file that was seen was analysed."]);
  }
  const groups = groupReasons(not_analysed);
  const rows = groups
    .slice(0, listed)
    .map(([reason, entries]) => [text(reason), String(entries.length), nameSome(entries, ", ")]);
  return section("Not analysed", [
    "A folder stands for all that lies in it.",
    table(["reason", "entries", "which"], rows),
    groups.length > rows.length ? `${groups.length - rows.length} more reasons.` : "",
  ]);
}

/** Entries by their reason, the most frequent first. */
export function groupReasons(list: readonly NotAnalysed[]): [string, NotAnalysed[]][] {
  const groups = Map.groupBy(list, ({ tool, reason }) =>
    tool === undefined ? reason : `${tool}: ${reason}`,
  );
  return [...groups].sort(
    ([a, listA], [b, listB]) => listB.length - listA.length || (a < b ? -1 : 1),
  );
}

function nameSome(
  entries: readonly { readonly file: string; readonly line?: number }[],
  between: string,
): string {
  const names = entries
    .slice(0, LISTED_FILES)
    .map(({ file, line }) => code(line === undefined ? file : `${file}:${line}`));
  const rest = entries.length - names.length;
  return `${names.join(between)}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function renderTools({ tools, files }: QualityReport): string {
  if (tools.length === 0) return section("Tools", ["None was run."]);
  const rows = tools.map((each) => [
    text(each.name),
    text(each.version),
    each.parser === undefined ? "" : text(`${each.parser.name} ${each.parser.version}`),
    `${each.files_analysed} of ${files.analysable}`,
    String(each.findings),
  ]);
  return section("Tools", [table(["tool", "version", "parser", "files", "findings"], rows)]);
}

function renderMethod({ run, cascade, generated_at, score }: QualityReport): string {
  return [
    "<details><summary>Method</summary>",
    `Score, formula ${score.formula}: ${SCORE_TEXT}.`,
    `Order of findings: ${RISK_TEXT}.`,
    `Run ${code(run)} of cascade ${code(cascade)}, ${generated_at}.`,
    "</details>",
  ].join("\n\n");
}

function section(title: string, parts: readonly string[]): string {
  return [`## ${title}`, ...parts.filter((part) => part !== "")].join("\n\n");
}
