import { isJsonObject, type Json, type JsonObject } from "../../../core/json.ts";
import type { FileState } from "./file-state.ts";
import type { ReportedFinding } from "./report-findings.ts";

/** What became of a finding that was executed again. */
export interface Verdict {
  readonly finding: ReportedFinding;
  /** `changed`: its file is another one by now, so nothing can be said. */
  readonly status: "confirmed" | "changed" | "not-reproduced";
  /** Why it is not confirmed. */
  readonly reason?: string;
}

/**
 * Compares findings with what the tools answer now. Pure.
 * @param outputs of the analysing skills, over all files of the findings
 * @param states of all those files
 */
export function compareFindings(
  findings: readonly ReportedFinding[],
  outputs: readonly Json[],
  states: ReadonlyMap<string, FileState>,
): readonly Verdict[] {
  const reports = outputs.filter(isJsonObject);
  const found = new Set(reports.flatMap((report) => listOf(report, "findings")).map(keyOf));
  return findings.map((finding): Verdict => {
    const state = states.get(finding.file) ?? "gone";
    if (found.has(keyOf(finding))) return { finding, status: "confirmed" };
    if (state === "changed")
      return { finding, status: "changed", reason: "changed since the report" };
    if (state === "gone") return { finding, status: "changed", reason: "does not exist any more" };
    const reason =
      state === "outside" ? "outside the analysed directory" : whyNot(finding, reports);
    return { finding, status: "not-reproduced", reason };
  });
}

/** What makes two findings the same one. The tool's version does not: a newer one should find it, too. */
function keyOf(finding: JsonObject | ReportedFinding): string {
  const { file, line, column, rule, severity, message, tool } = finding;
  return JSON.stringify([file, line, column ?? null, rule, severity, message, tool]);
}

function whyNot(
  { file, line, tool, tool_version }: ReportedFinding,
  reports: readonly JsonObject[],
): string {
  const own = reports.filter(
    (report) => isJsonObject(report["tool"]) && report["tool"]["name"] === tool,
  );
  if (own.length === 0) return `no tool called ${tool} was executed`;
  const leftOut = own
    .flatMap((report) => listOf(report, "not_analysed"))
    .find((entry) => entry["file"] === file);
  if (leftOut !== undefined) return `${tool} leaves the file out: ${String(leftOut["reason"])}`;
  const versions = new Set(
    own.flatMap(({ tool: each }) => (isJsonObject(each) ? [each["version"]] : [])),
  );
  const version = [...versions].map(String).join(", ");
  const other =
    tool_version == null || versions.has(tool_version) ? "" : `, the report's ${tool_version}`;
  return `${tool} (${version}${other}) does not find this at line ${line}`;
}

function listOf(report: JsonObject, name: string): readonly JsonObject[] {
  const list = report[name];
  return Array.isArray(list) ? (list as readonly Json[]).filter(isJsonObject) : [];
}
