import { nice, tickStep, ticks } from "d3-array";
import { html, type Markup } from "../../markup.ts";
import { shortForm } from "../number-text.ts";

/** Places of values along a chart, and where round ones lie. */
export interface Scale {
  at(value: number): number;
  readonly ticks: readonly number[];
}

/** A scale whose ends are round and hold 0 and all values. */
export function scaleOf(
  values: readonly number[],
  range: readonly [number, number],
  count: number,
): Scale {
  const [low, high] = nice(Math.min(0, ...values), Math.max(0, ...values), count);
  return exactScale([low, high > low ? high : low + 1], range, count);
}

/** A scale between two values as they are. */
export function exactScale(
  [low, high]: readonly [number, number],
  [start, end]: readonly [number, number],
  count: number,
): Scale {
  const all = ticks(low, high, count);
  return {
    at: (value) => start + ((value - low) / (high - low)) * (end - start),
    ticks: all,
  };
}

/** Only whole numbers, for an axis that counts. */
export function wholeTicks(scale: Scale): readonly number[] {
  return scale.ticks.filter(Number.isInteger);
}

/** Texts for the ticks of a scale, with as many decimals as their distance needs. */
export function tickText(all: readonly number[]): (tick: number) => string {
  const step = tickStep(all[0] ?? 0, all.at(-1) ?? 1, Math.max(1, all.length - 1));
  const decimals = Math.min(20, Math.max(0, -Math.floor(Math.log10(Math.abs(step) || 1))));
  const largest = Math.max(...all.map(Math.abs), 0);
  if (largest >= 1e4 || decimals > 6) return shortForm(all);
  const format = new Intl.NumberFormat("en", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return (tick) => format.format(tick);
}

/** Lines from top to bottom at each tick, with its text below. */
export function acrossAxis(scale: Scale, [top, bottom]: readonly [number, number]): Markup {
  const shown = tickText(scale.ticks);
  return html`<g class="axis">${scale.ticks.map((tick) => html`<line x1="${scale.at(tick)}" x2="${scale.at(tick)}" y1="${top}" y2="${bottom}"/><text x="${scale.at(tick)}" y="${bottom + 18}" text-anchor="middle">${shown(tick)}</text>`)}</g>`;
}
