import type { NotAnalysed } from "../finding.ts";
import { code, nameSome, section, table, text } from "../markdown-text.ts";
import { renderGraph } from "./markdown-graph.ts";
import type { QualityReport } from "./report-schema.ts";
import { RISK_TEXT } from "./risk.ts";
import { SCORE_TEXT } from "./score.ts";

/** What each agent did, with the graph of the run. */
export function renderSwarm(report: QualityReport, listed: number): string {
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

/** Analyses that were not made. */
export function renderNotRun({ not_run }: QualityReport): string {
  if (not_run.length === 0) return "";
  return section("Not run", [
    not_run.map(({ part, reason }) => `- ${part}: ${text(reason)}`).join("\n"),
  ]);
}

/** What was left out, by reason. */
export function renderNotAnalysed({ not_analysed }: QualityReport, listed: number): string {
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

/** What was run, in which version. */
export function renderTools({ tools, files }: QualityReport): string {
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

/** How score and order are made, folded away. */
export function renderMethod({ run, cascade, generated_at, score }: QualityReport): string {
  return [
    "<details><summary>Method</summary>",
    `Score, formula ${score.formula}: ${SCORE_TEXT}.`,
    `Order of findings: ${RISK_TEXT}.`,
    `Run ${code(run)} of cascade ${code(cascade)}, ${generated_at}.`,
    "</details>",
  ].join("\n\n");
}
