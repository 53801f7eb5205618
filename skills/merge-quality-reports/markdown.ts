import { type NotAnalysed, SEVERITIES } from "../finding.ts";
import { type Hotspot, headlineOf, plural, type QualityReport } from "./report.ts";

const LISTED_FINDINGS = 50;
const LISTED_RULES = 20;
const LISTED_FILES = 5;

/** The report as a person reads it. Names and messages come from the analysed files and are shown as text, whatever they hold. */
export function renderMarkdown(report: QualityReport): string {
  const sections = [
    `# Code quality: ${text(report.path)}`,
    `**${headlineOf(report)}**`,
    `Run ${code(report.run)} of cascade ${code(report.cascade)}, ${report.generated_at}.`,
    renderCounts(report),
    renderFindings(report),
    renderRules(report),
    renderHotspots(report),
    renderAgents(report),
    renderNotAnalysed(report),
    renderTools(report),
  ];
  return `${sections.filter((section) => section !== "").join("\n\n")}\n`;
}

function renderCounts({ counts, files, languages }: QualityReport): string {
  const seen = Object.entries(languages)
    .sort(([, a], [, b]) => b - a)
    .map(([language, number]) => `${language} ${number}`);
  return [
    table(
      ["severity", "findings"],
      [
        ...SEVERITIES.map((severity) => [severity, String(counts[severity])]),
        ["**all**", `**${counts.total}**`],
      ],
    ),
    `${plural(files.total, "file")} seen, ${files.analysable} to analyse, ${files.analysed} analysed.${
      seen.length === 0 ? "" : ` By language: ${seen.join(", ")}.`
    }`,
  ].join("\n\n");
}

function renderFindings({ findings }: QualityReport): string {
  if (findings.length === 0) return "";
  const rows = findings
    .slice(0, LISTED_FINDINGS)
    .map((each, index) => [
      String(index + 1),
      each.severity,
      code(`${each.file}:${each.line}`),
      text(each.message),
      code(each.rule),
      text(each.agent),
    ]);
  const rest = findings.length - rows.length;
  return [
    "## Look at these first",
    "Ranked by severity, then by commits to the file in the last 365 days, then by the file's cognitive complexity.",
    table(["", "severity", "place", "finding", "rule", "found by"], rows),
    rest > 0 ? `${rest} more in ${code("report.json")}.` : "",
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function renderRules({ findings }: QualityReport): string {
  if (findings.length === 0) return "";
  const counts = new Map<string, number>();
  for (const { rule } of findings) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  const rows = [...counts]
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, LISTED_RULES)
    .map(([rule, number]) => [code(rule), String(number)]);
  return ["## By rule", table(["rule", "findings"], rows)].join("\n\n");
}

function renderHotspots({ hotspots, churn_unknown }: QualityReport): string {
  const unknown =
    churn_unknown.length === 0 ? "" : `Churn is not known: ${text(churn_unknown.join("; "))}.`;
  if (hotspots.length === 0) return unknown === "" ? "" : `## Hotspots\n\n${unknown}`;
  const withChurn = hotspots.some(({ score }) => score !== null);
  const columns = HOTSPOT_COLUMNS.filter((column) => withChurn || !column.isChurn);
  return [
    withChurn ? "## Hotspots" : "## Most complex files",
    withChurn
      ? "Changed often and hard to understand: commits in 365 days × cognitive complexity."
      : "",
    unknown,
    table(
      columns.map(({ head }) => head),
      hotspots.map((each) => columns.map(({ cell }) => cell(each))),
    ),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
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

function renderAgents({ agents }: QualityReport): string {
  if (agents.length === 0) return "";
  const rows = agents.map((each) => [
    text(each.agent),
    String(each.batches),
    String(each.file_analyses),
    String(each.findings),
  ]);
  return ["## Who did what", table(["agent", "tasks", "file analyses", "findings"], rows)].join(
    "\n\n",
  );
}

function renderNotAnalysed({ not_analysed }: QualityReport): string {
  if (not_analysed.length === 0) return "## Not analysed\n\nEvery file that was seen was analysed.";
  const byReason = new Map<string, NotAnalysed[]>();
  for (const entry of not_analysed) {
    const reason = entry.tool === undefined ? entry.reason : `${entry.tool}: ${entry.reason}`;
    byReason.set(reason, [...(byReason.get(reason) ?? []), entry]);
  }
  const rows = [...byReason]
    .sort(([a, listA], [b, listB]) => listB.length - listA.length || (a < b ? -1 : 1))
    .map(([reason, entries]) => [text(reason), String(entries.length), nameSome(entries)]);
  return [
    "## Not analysed",
    "A folder stands for all that lies in it.",
    table(["reason", "entries", "which"], rows),
  ].join("\n\n");
}

function nameSome(entries: readonly NotAnalysed[]): string {
  const names = entries
    .slice(0, LISTED_FILES)
    .map(({ file, line }) => code(line === undefined ? file : `${file}:${line}`));
  const rest = entries.length - names.length;
  return rest > 0 ? `${names.join(", ")} and ${rest} more` : names.join(", ");
}

function renderTools({ tools, files }: QualityReport): string {
  if (tools.length === 0) return "## Tools\n\nNone was run.";
  const rows = tools.map((each) => [
    text(each.name),
    text(each.version),
    each.parser === undefined ? "" : text(`${each.parser.name} ${each.parser.version}`),
    `${each.files_analysed} of ${files.analysable}`,
    String(each.findings),
  ]);
  return ["## Tools", table(["tool", "version", "parser", "files", "findings"], rows)].join("\n\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** Control characters, and those that turn the reading direction, made visible. */
function visible(raw: string): string {
  return raw.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === "\n") return "\\n";
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** Text outside code. What stands in backticks becomes code; nothing else has a meaning for Markdown or HTML. */
function text(raw: string): string {
  return visible(raw)
    .split(/(`[^`]+`)/)
    .map((part) => (/^`[^`]+`$/.test(part) ? code(part.slice(1, -1)) : escapeText(part)))
    .join("");
}

function escapeText(plain: string): string {
  return plain
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/[\\`*|[\]~]|\b_|_\b/g, "\\$&");
}

/** A code span inside a table cell: its fence is longer than any run of backticks in it, and a bar is escaped. */
function code(raw: string): string {
  const shown = visible(raw).replaceAll("|", "\\|");
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return longest === 0 ? `${fence}${shown}${fence}` : `${fence} ${shown} ${fence}`;
}
