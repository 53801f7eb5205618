import { html, type Markup } from "../../markup.ts";
import type { Bar } from "../data-report.ts";
import { numberText } from "../number-text.ts";
import { exactScale, type Scale, scaleOf, tickText, wholeTicks } from "./axis.ts";

const WIDTH = 760;
const HEIGHT = 260;
const LEFT = 64;
const RIGHT = 24;
const TOP = 12;
const BOTTOM = 40;

/** How often values of a measure lie between round limits. @param id unique in the page */
export function histogram(id: string, title: string, bars: readonly Bar[]): Markup {
  const [first, last] = [bars[0], bars.at(-1)];
  if (first === undefined || last === undefined) return html``;
  const across = exactScale([first.from, last.to], [LEFT, WIDTH - RIGHT], 8);
  const up = scaleOf(
    bars.map(({ count }) => count),
    [HEIGHT - BOTTOM, TOP],
    5,
  );
  const most = bars.reduce((fullest, bar) => (bar.count > fullest.count ? bar : fullest), first);
  const described = `${bars.length} bars from ${numberText(first.from)} to ${numberText(last.to)}. Most values, ${numberText(most.count)}, lie between ${numberText(most.from)} and ${numberText(most.to)}.`;
  return html`<figure><figcaption>${title}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${title}</title><desc id="${id}-desc">${described}</desc>${axes(across, up)}${bars.map((bar) => barOf(bar, across, up))}<line class="zero" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}"/></svg></figure>`;
}

function axes(across: Scale, up: Scale): Markup {
  const [acrossText, counts] = [tickText(across.ticks), wholeTicks(up)];
  return html`<g class="axis">${counts.map((tick) => html`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${up.at(tick)}" y2="${up.at(tick)}"/><text x="${LEFT - 8}" y="${up.at(tick) + 4}" text-anchor="end">${numberText(tick)}</text>`)}${across.ticks.map((tick) => html`<text x="${across.at(tick)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${acrossText(tick)}</text>`)}<text class="name" x="${LEFT}" y="${HEIGHT - 4}">rows by value</text></g>`;
}

function barOf({ from, to, count }: Bar, across: Scale, up: Scale): Markup {
  if (count === 0) return html``;
  const [left, right] = [across.at(from) + 1, across.at(to) - 1];
  return html`<rect class="bar" x="${left}" y="${up.at(count)}" width="${Math.max(right - left, 1)}" height="${HEIGHT - BOTTOM - up.at(count)}"><title>${numberText(from)} to ${numberText(to)}: ${numberText(count)}</title></rect>`;
}
