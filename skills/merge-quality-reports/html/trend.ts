import { html, type Markup } from "../../markup.ts";
import type { QualityReport, TrendPoint } from "../report-schema.ts";
import { absent, fileName, table } from "./section.ts";

const WIDTH = 1_000;
const HEIGHT = 160;
const EDGE = 40;

/** Scores of this directory's runs, oldest left; only those made alike are joined. */
export function renderTrend({ trend }: QualityReport): Markup {
  if (trend.length < 2)
    return absent("This is the first run of this directory whose report can be found.");
  const step = (WIDTH - 2 * EDGE) / (trend.length - 1);
  const places = trend.map((point, index) => ({ point, x: EDGE + index * step }));
  const y = (value: number): number => HEIGHT - 20 - (value / 100) * (HEIGHT - 40);
  const joined = places
    .filter(({ point }) => point.comparable && point.score !== null)
    .map(({ point, x }) => `${x.toFixed(1)},${y(point.score ?? 0).toFixed(1)}`)
    .join(" ");
  return html`<div class="chart"><svg class="trend" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Score by run"><g class="axis">${[0, 50, 100].map((tick) => html`<line x1="${EDGE}" x2="${WIDTH - EDGE}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${EDGE - 8}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`)}</g><polyline points="${joined}"/>${places.map(({ point, x }) => (point.score === null ? html`` : html`<circle class="${point.comparable ? "" : "other"}" cx="${x}" cy="${y(point.score)}" r="5"><title>${point.score} on ${point.generated_at}</title></circle>`))}</svg></div>
${table(
  [
    { title: "run" },
    { title: "when" },
    { title: "score", isNumber: true },
    { title: "findings", isNumber: true },
    { title: "" },
  ],
  trend.toReversed().map(row),
)}`;
}

function row(point: TrendPoint): Markup[] {
  return [
    fileName(point.run),
    html`${point.generated_at.slice(0, 16).replace("T", " ")}`,
    point.score === null ? html`none` : html`${point.score}`,
    html`${point.findings}`,
    point.comparable ? html`` : html`other formula or analyses`,
  ];
}
