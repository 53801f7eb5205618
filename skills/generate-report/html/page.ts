import { createHash } from "node:crypto";
import { html, type Markup } from "../../markup.ts";
import { shortened } from "../../visible-text.ts";
import { type DataReport, textOf } from "../data-report.ts";
import { numberText } from "../number-text.ts";
import { BAR_CHARTS, CELL, COLUMNS, GROUP_ROWS, HISTOGRAMS } from "../shown.ts";
import { summaryOf } from "../summary.ts";
import { barChart } from "./bar-chart.ts";
import { histogram } from "./histogram.ts";
import { STYLE } from "./style.ts";

/** Nothing may be loaded or run, whatever else ends up in the page. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'`;

/** The report as one file that needs nothing else: no script and no request. */
export function renderHtml(report: DataReport, run: string): string {
  const title = shortened(report.title, CELL);
  const head = html`<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${{ markup: POLICY }}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><title>${title}</title>`;
  const body = html`<main><h1>${title}</h1>${summaryOf(report).map((sentence) => html`<p>${sentence}</p>`)}
${totals(report)}${groups(report)}${distributions(report)}${rows(report)}</main>
<footer>Run ${shortened(run, CELL)}.</footer>`;
  return `<!doctype html>
<html lang="en">
<head>${head.markup}<style>${STYLE}</style></head>
<body>
${body.markup}
</body>
</html>
`;
}

function totals({ totals: all }: DataReport): Markup {
  if (all.length === 0) return html``;
  const lines = all.map(({ name, count, sum, min, max, mean }) => [
    name,
    ...[count, sum, min, max, mean].map(numberText),
  ]);
  const head = ["measure", "rows", "sum", "min", "max", "mean"];
  return html`<section><h2>Totals</h2>${table(head, lines, (column) => column > 0)}</section>`;
}

function groups({ grouping, totals: all }: DataReport): Markup {
  if (grouping === undefined || grouping.groups.length === 0) return html``;
  const { by } = grouping;
  const charted = all.length === 0 ? [{ name: "rows" }] : all.slice(0, BAR_CHARTS);
  const charts = charted.map(({ name }, index) => {
    const bars = grouping.groups
      .map((group) => ({ group, value: all.length === 0 ? group.rows : (group.sums[index] ?? 0) }))
      .filter(({ value }) => Number.isFinite(value))
      .sort((a, b) => b.value - a.value);
    return barChart(`bars-${index}`, `${shortened(name, CELL)} by ${shortened(by, CELL)}`, bars);
  });
  const lines = grouping.groups
    .slice(0, GROUP_ROWS)
    .map(({ label, rows: count, sums }) => [label, ...[count, ...sums].map(numberText)]);
  const head = [by, "rows", ...all.map(({ name }) => name)];
  return html`<section><h2>By ${shortened(by, CELL)}</h2>${charts}${leftOut(all.length - BAR_CHARTS, "measures without a chart")}${table(head, lines, (column) => column > 0)}${leftOut(grouping.groups.length - lines.length, "groups")}</section>`;
}

function distributions({ totals: all, histograms }: DataReport): Markup {
  if (all.length === 0) return html``;
  const shown = all.slice(0, HISTOGRAMS).map(({ name, count, min, max }, index) => {
    const title = `Distribution of ${shortened(name, CELL)}`;
    const bars = histograms[index] ?? [];
    if (bars.length > 0) return histogram(`histogram-${index}`, title, bars);
    const why =
      min === max
        ? `all ${numberText(count)} values are ${numberText(min)}`
        : "the values are too far apart, or too close together, to be drawn";
    return html`<p class="note">${title}: ${why}.</p>`;
  });
  return html`<section><h2>Distributions</h2>${shown}${leftOut(all.length - HISTOGRAMS, "measures")}</section>`;
}

function rows({ rows: shown, rowCount, columns, totals: all }: DataReport): Markup {
  if (shown.length === 0) return html``;
  const names = columns.slice(0, COLUMNS);
  const lines = shown.map((row) =>
    names.map((name) => (Object.hasOwn(row, name) ? textOf(row[name]) : "")),
  );
  const measures = new Set(all.map(({ name }) => name));
  const isNumber = (column: number): boolean => measures.has(names[column] ?? "");
  return html`<section><h2>Rows</h2>${table(names, lines, isNumber)}${leftOut(rowCount - shown.length, "rows")}${leftOut(columns.length - names.length, "columns")}</section>`;
}

function table(
  head: readonly string[],
  lines: readonly (readonly string[])[],
  isNumber: (column: number) => boolean,
): Markup {
  const kind = (column: number): Markup => (isNumber(column) ? html` class="number"` : html``);
  return html`<div class="wide"><table><thead><tr>${head.map((name, column) => html`<th scope="col"${kind(column)}>${shortened(name, CELL)}</th>`)}</tr></thead><tbody>${lines.map((cells) => html`<tr>${cells.map((cell, column) => html`<td${kind(column)}>${shortened(cell, CELL)}</td>`)}</tr>`)}</tbody></table></div>`;
}

function leftOut(count: number, what: string): Markup {
  return count > 0
    ? html`<p class="note">${numberText(count)} more ${what} are not shown.</p>`
    : html``;
}
