import type { Severity } from "../finding.ts";
import { shortened } from "../visible-text.ts";
import { adviceOf } from "./advice.ts";
import type { QualityReport, RankedFinding } from "./report-schema.ts";

/** GitHub shows 5,000 results of a run and refuses more than 25,000. */
const RESULTS = 5_000;
const MESSAGE = 1_000;

const LEVELS = { critical: "error", high: "error", medium: "warning", low: "note" } as const;
/** CVSS-like numbers by which GitHub tells the severities of security findings apart. */
const SECURITY_SEVERITIES = { critical: "9.5", high: "8.0", medium: "5.5", low: "3.0" } as const;

/** Findings in SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as code-scanning services read it. */
export function renderSarif(report: QualityReport): string {
  const shown = report.findings.slice(0, RESULTS);
  const rules = rulesOf(shown);
  const indexes = new Map(rules.map(({ id }, index) => [id, index]));
  const hidden = report.findings.length - shown.length;
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: report.cascade, rules },
          extensions: report.tools.map(({ name, version }) => ({ name, version })),
        },
        automationDetails: { id: `${report.cascade}/` },
        invocations: [
          {
            executionSuccessful: true,
            endTimeUtc: report.generated_at,
            toolExecutionNotifications: notifications(report, hidden),
          },
        ],
        originalUriBaseIds: { "%SRCROOT%": { description: { text: "The analysed directory." } } },
        columnKind: "utf16CodeUnits",
        results: shown.map((each) => resultOf(each, indexes.get(each.rule) ?? -1)),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

interface Rule {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
  readonly defaultConfiguration: { readonly level: string };
  readonly properties: Readonly<Record<string, string | readonly string[]>>;
}

/** One entry a rule id, in the order of the ids, so that two runs list them alike. */
function rulesOf(findings: readonly RankedFinding[]): Rule[] {
  return [...Map.groupBy(findings, ({ rule }) => rule)]
    .flatMap(([id, [first]]) => {
      if (first === undefined) return [];
      return [
        {
          id,
          shortDescription: { text: shortened(first.help ?? id, MESSAGE) || id },
          defaultConfiguration: { level: LEVELS[first.severity] },
          properties: propertiesOf(first.severity, first.cwe),
        },
      ];
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function propertiesOf(severity: Severity, cwe: string | undefined): Rule["properties"] {
  if (cwe === undefined) return { tags: ["quality"] };
  const number = /^CWE-(\d{1,6})$/.exec(cwe)?.[1];
  return {
    tags: ["security", ...(number === undefined ? [] : [`external/cwe/cwe-${number}`])],
    "security-severity": SECURITY_SEVERITIES[severity],
  };
}

function resultOf(each: RankedFinding, ruleIndex: number): object {
  const region = {
    startLine: each.line,
    ...(each.column === undefined ? {} : { startColumn: each.column }),
  };
  return {
    ruleId: each.rule,
    ruleIndex,
    level: LEVELS[each.severity],
    message: { text: textOf(each) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(each.file), uriBaseId: "%SRCROOT%" },
          region,
        },
      },
    ],
    partialFingerprints: { primaryLocationLineHash: each.fingerprint },
    rank: Math.min(100, (100 * each.risk.value) / 512),
    properties: { tool: each.tool, risk: each.risk.value },
    ...(each.is_new === undefined ? {} : { baselineState: each.is_new ? "new" : "unchanged" }),
  };
}

/** SARIF reads `{0}` and `[text](1)` in messages as placeholders and links. */
function textOf(each: RankedFinding): string {
  const text = shortened(adviceOf(each), MESSAGE);
  return text.replace(/[[\]\\]/g, "\\$&").replace(/[{}]/g, "$&$&") || "no message";
}

function uriOf(file: string): string {
  return file.toWellFormed().split("/").map(encodeURIComponent).join("/");
}

function notifications(report: QualityReport, hidden: number): object[] {
  const entries = report.not_run.map(({ part, reason }) => `${part} was not run: ${reason}`);
  if (hidden > 0) entries.push(`${hidden} findings of least risk stand in report.json only`);
  if (report.not_analysed.length > 0) {
    entries.push(`${report.not_analysed.length} entries were not analysed; report.json lists them`);
  }
  return entries.map((text) => ({ level: "note", message: { text: shortened(text, MESSAGE) } }));
}
