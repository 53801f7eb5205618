import { plainText, section, table } from "../markdown-text.ts";
import { shortened } from "../visible-text.ts";
import type { DataReport } from "./data-report.ts";
import { textOf } from "./data-report.ts";
import { numberText } from "./number-text.ts";
import { CELL, COLUMNS, GROUP_ROWS } from "./shown.ts";
import { summaryOf } from "./summary.ts";

/** The report as Markdown: whatever the data holds is text in it. */
export function renderMarkdown(report: DataReport): string {
  const parts = [
    `# ${cell(report.title)}`,
    summaryOf(report).map(cell).join("\n"),
    totals(report),
    groups(report),
    rows(report),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function totals({ totals: all }: DataReport): string {
  if (all.length === 0) return "";
  const head = ["measure", "rows", "sum", "min", "max", "mean"];
  const lines = all.map(({ name, count, sum, min, max, mean }) => [
    cell(name),
    numberText(count),
    ...[sum, min, max, mean].map(numberText),
  ]);
  return section("Totals", [table(head, lines)]);
}

function groups({ grouping, totals: all }: DataReport): string {
  if (grouping === undefined || grouping.groups.length === 0) return "";
  const lines = grouping.groups
    .slice(0, GROUP_ROWS)
    .map(({ label, rows: count, sums }) => [
      cell(label),
      numberText(count),
      ...sums.map(numberText),
    ]);
  const head = [cell(grouping.by), "rows", ...all.map(({ name }) => cell(name))];
  const rest = grouping.groups.length - lines.length;
  return section(`By ${cell(grouping.by)}`, [table(head, lines), leftOut(rest, "groups")]);
}

function rows({ rows: shown, rowCount, columns }: DataReport): string {
  if (shown.length === 0) return "";
  const names = columns.slice(0, COLUMNS);
  const lines = shown.map((row) =>
    names.map((name) => cell(Object.hasOwn(row, name) ? textOf(row[name]) : "")),
  );
  return section("Rows", [
    table(names.map(cell), lines),
    leftOut(rowCount - shown.length, "rows"),
    leftOut(columns.length - names.length, "columns"),
  ]);
}

function leftOut(count: number, what: string): string {
  return count > 0 ? `${numberText(count)} more ${what} are not shown.` : "";
}

function cell(raw: string): string {
  return plainText(shortened(raw, CELL));
}
