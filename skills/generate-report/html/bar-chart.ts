import { html, type Markup } from "../../markup.ts";
import { shortened } from "../../visible-text.ts";
import type { Group } from "../data-report.ts";
import { numberText, shortForm } from "../number-text.ts";
import { GROUP_BARS } from "../shown.ts";
import { acrossAxis, scaleOf } from "./axis.ts";

const WIDTH = 760;
const LEFT = 190;
const RIGHT = 70;
const TOP = 8;
const BOTTOM = 28;
const ROW = 28;
const BAR = 18;
const LABEL = 26;
const NAME = 120;

/** Bars of a value by group, from 0 to either side. @param id unique in the page */
export function barChart(
  id: string,
  title: string,
  bars: readonly { readonly group: Group; readonly value: number }[],
): Markup {
  const shown = bars.slice(0, GROUP_BARS);
  const bottom = TOP + shown.length * ROW;
  const scale = scaleOf(
    shown.map(({ value }) => value),
    [LEFT, WIDTH - RIGHT],
    6,
  );
  const [first] = shown;
  const short = shortForm(shown.map(({ value }) => value));
  const described = `${shown.length} bars, the longest first${first === undefined ? "" : `: ${shortened(first.group.label, NAME)} with ${numberText(first.value)}`}.`;
  const rest = bars.length - shown.length;
  return html`<figure><figcaption>${title}</figcaption><svg viewBox="0 0 ${WIDTH} ${bottom + BOTTOM}" role="img" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${title}</title><desc id="${id}-desc">${described}</desc>${acrossAxis(scale, [TOP, bottom])}${shown.map((bar, index) => barOf(bar, { top: TOP + index * ROW, at: scale.at, short }))}<line class="zero" x1="${scale.at(0)}" x2="${scale.at(0)}" y1="${TOP}" y2="${bottom}"/></svg>${rest > 0 ? html`<p class="note">The ${GROUP_BARS} largest; ${numberText(rest)} more in the table or left out there.</p>` : html``}</figure>`;
}

interface BarPlace {
  readonly top: number;
  readonly at: (value: number) => number;
  readonly short: (value: number) => string;
}

function barOf(
  { group, value }: { readonly group: Group; readonly value: number },
  { top, at, short }: BarPlace,
): Markup {
  const [start, end] = [Math.min(at(0), at(value)), Math.max(at(0), at(value))];
  const middle = top + ROW / 2 + 4;
  const name = html`<title>${shortened(group.label, NAME)}: ${numberText(value)}</title>`;
  const label = html`<text x="${LEFT - 10}" y="${middle}" text-anchor="end">${shortened(group.label, LABEL)}</text>`;
  const number = html`<text class="value" x="${end + 6}" y="${middle}">${short(value)}</text>`;
  return html`<g>${name}<rect class="${value < 0 ? "bar negative" : "bar"}" x="${start}" y="${top + (ROW - BAR) / 2}" width="${Math.max(end - start, 1)}" height="${BAR}" rx="2"/>${label}${number}</g>`;
}
