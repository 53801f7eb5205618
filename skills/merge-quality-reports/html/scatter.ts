import { html, type Markup, NOTHING } from "../../markup.ts";
import { shortened } from "../../visible-text.ts";
import { plural } from "../merge.ts";
import type { QualityReport } from "../report-schema.ts";
import { logarithmicScale, logarithmicTicks } from "./scale.ts";
import { absent } from "./section.ts";

const WIDTH = 1_000;
const HEIGHT = 380;
const LEFT = 56;
const RIGHT = 20;
const TOP = 16;
const BOTTOM = 44;
const POINTS = 300;
const LABELS = 6;
const LABEL = 36;
const LABEL_HEIGHT = 15;
const NAME = 120;

interface Point {
  readonly file: string;
  readonly commits: number;
  readonly cognitive: number;
}

/** Files by how often they change and how hard they are to understand; what is top right is worth the work. */
export function renderScatter({ metrics, churn_unknown }: QualityReport): Markup {
  const points = metrics
    .flatMap(({ file, commits_365d, cognitive }): Point[] =>
      commits_365d === null || cognitive === 0 ? [] : [{ file, commits: commits_365d, cognitive }],
    )
    .sort((a, b) => b.commits * b.cognitive - a.commits * a.cognitive);
  if (points.length === 0) {
    const reason = churn_unknown.length === 0 ? "no file has complexity" : churn_unknown.join("; ");
    return absent(`Not drawn: ${reason}.`);
  }
  const shown = points.slice(0, POINTS);
  const x = logarithmicScale(Math.max(...shown.map(({ commits }) => commits)), [
    LEFT,
    WIDTH - RIGHT,
  ]);
  const y = logarithmicScale(Math.max(...shown.map(({ cognitive }) => cognitive)), [
    HEIGHT - BOTTOM,
    TOP,
  ]);
  return html`<div class="chart"><svg class="scatter" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Files by commits and complexity">
${axes(shown, x, y)}${shown.toReversed().map((point) => dot(point, x, y))}${labels(shown.slice(0, LABELS), x, y)}</svg></div>
${points.length > shown.length ? html`<p class="note">The ${POINTS} files that rank highest; ${plural(points.length - shown.length, "file")} left out.</p>` : NOTHING}
${churn_unknown.length === 0 ? NOTHING : absent(`Partly unknown: ${churn_unknown.join("; ")}.`)}`;
}

type Scale = (value: number) => number;

function axes(points: readonly Point[], x: Scale, y: Scale): Markup {
  const across = logarithmicTicks(Math.max(...points.map(({ commits }) => commits)));
  const up = logarithmicTicks(Math.max(...points.map(({ cognitive }) => cognitive)));
  return html`<g class="axis">${across.map((tick) => html`<line x1="${x(tick)}" x2="${x(tick)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text x="${x(tick)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${tick}</text>`)}${up.map((tick) => html`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${LEFT - 8}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`)}<text class="title" x="${WIDTH - RIGHT}" y="${HEIGHT - 6}" text-anchor="end">commits in 365 days</text><text class="title" x="${-TOP}" y="14" text-anchor="end" transform="rotate(-90)">cognitive complexity</text></g>`;
}

function dot({ file, commits, cognitive }: Point, x: Scale, y: Scale): Markup {
  return html`<circle cx="${x(commits)}" cy="${y(cognitive)}" r="5"><title>${shortened(file, NAME)}: ${plural(commits, "commit")}, cognitive complexity ${cognitive}</title></circle>`;
}

/** Names beside the first points, each moved down until it covers no other. */
function labels(points: readonly Point[], x: Scale, y: Scale): Markup[] {
  const taken: { readonly x: number; readonly y: number }[] = [];
  return points.map(({ file, commits, cognitive }) => {
    const isRight = x(commits) > WIDTH / 2;
    const at = x(commits) + (isRight ? -9 : 9);
    let line = y(cognitive) + 4;
    while (
      taken.some(
        (other) => Math.abs(other.y - line) < LABEL_HEIGHT && Math.abs(other.x - at) < LABEL * 7,
      )
    ) {
      line += LABEL_HEIGHT;
    }
    taken.push({ x: at, y: line });
    const name = file.slice(file.lastIndexOf("/") + 1);
    return html`<text x="${at}" y="${line}" text-anchor="${isRight ? "end" : "start"}">${shortened(name, LABEL)}</text>`;
  });
}
