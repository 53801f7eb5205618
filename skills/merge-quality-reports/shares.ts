import type { FileMetrics, Finding, Tool } from "../finding.ts";
import type { BatchReport } from "./inputs.ts";
import { compareLists } from "./order.ts";
import type { AgentShare, Counts, FolderShare, RankedFinding, ToolShare } from "./report-schema.ts";

const FOLDERS = 200;

export function countBySeverity(findings: readonly Pick<Finding, "severity">[]): Counts {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, total: findings.length };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

/** What each agent did. A finding that two agents report counts for both. */
export function sharesOfAgents(
  reports: readonly BatchReport[],
  findings: readonly Pick<RankedFinding, "confirmed_by">[],
): AgentShare[] {
  const found = new Map<string, number>();
  for (const { confirmed_by } of findings) {
    for (const agent of new Set(confirmed_by.map((each) => each.agent))) {
      found.set(agent, (found.get(agent) ?? 0) + 1);
    }
  }
  return [...Map.groupBy(reports, ({ agent }) => agent)]
    .map(([agent, own]) => ({
      agent,
      batches: own.length,
      file_analyses: own.reduce((sum, report) => sum + report.files_analysed, 0),
      findings: found.get(agent) ?? 0,
    }))
    .sort((a, b) => compareLists([a.agent], [b.agent]));
}

export function sharesOfTools(
  reports: readonly BatchReport[],
  findings: readonly Pick<RankedFinding, "confirmed_by">[],
): ToolShare[] {
  const found = new Map<string, number>();
  for (const { confirmed_by } of findings) {
    for (const tool of new Set(confirmed_by.map((each) => each.tool))) {
      found.set(tool, (found.get(tool) ?? 0) + 1);
    }
  }
  return [...Map.groupBy(reports, ({ tool }) => keyOf(tool)).values()]
    .flatMap((own) => {
      const [first] = own;
      if (first === undefined) return [];
      const { tool, parser } = first;
      return [
        {
          ...tool,
          ...(parser === undefined ? {} : { parser }),
          files_analysed: own.reduce((sum, report) => sum + report.files_analysed, 0),
          files_cached: own.reduce((sum, report) => sum + (report.files_cached ?? 0), 0),
          findings: found.get(tool.name) ?? 0,
        },
      ];
    })
    .sort((a, b) => compareLists([a.name], [b.name]));
}

function keyOf({ name, version }: Tool): string {
  return JSON.stringify([name, version]);
}

/** Size and findings of each folder, without those of the folders in it; the most risk first. */
export function sharesOfFolders(
  metrics: readonly FileMetrics[],
  findings: readonly Pick<RankedFinding, "file" | "risk" | "severity">[],
): FolderShare[] {
  const measured = Map.groupBy(metrics, ({ file }) => folderOf(file));
  const found = Map.groupBy(findings, ({ file }) => folderOf(file));
  return [...new Set([...measured.keys(), ...found.keys()])]
    .map((folder) => {
      const files = measured.get(folder) ?? [];
      const own = found.get(folder) ?? [];
      const risk = own.reduce((sum, each) => sum + each.risk.value, 0);
      return {
        folder,
        files: files.length,
        lines: files.reduce((sum, { lines }) => sum + lines, 0),
        risk: Math.round(risk * 100) / 100,
        counts: countBySeverity(own),
      };
    })
    .sort((a, b) => compareLists([-a.risk, -a.lines, a.folder], [-b.risk, -b.lines, b.folder]))
    .slice(0, FOLDERS);
}

function folderOf(file: string): string {
  const end = file.lastIndexOf("/");
  return end === -1 ? "." : file.slice(0, end);
}
