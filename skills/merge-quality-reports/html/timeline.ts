import { html, type Markup } from "../../markup.ts";
import { shortened } from "../../visible-text.ts";
import type { Span } from "../inputs.ts";
import type { QualityReport } from "../report-schema.ts";
import { roundStep } from "./scale.ts";
import { absent, more } from "./section.ts";

const WIDTH = 1_000;
const LEFT = 130;
const ROW = 28;
const AXIS = 26;
const SPANS = 1_500;
const AGENTS = 40;
const STAGES = 6;
const NAME = 18;
const TICKS = 8;

/** What each agent did when: a row an agent, a bar an attempt. */
export function renderTimeline({ timeline }: QualityReport): Markup {
  if (timeline === null || timeline.length === 0)
    return absent("The times of this run were not recorded.");
  const spans = timeline.toSorted((a, b) => a.startedMs - b.startedMs).slice(0, SPANS);
  const agents = [...new Set(spans.map(({ agent }) => agent))].sort().slice(0, AGENTS);
  const stages = [...new Set(spans.map(({ stage }) => stage))];
  const start = spans[0]?.startedMs ?? 0;
  const length = Math.max(
    1,
    spans.reduce((end, span) => Math.max(end, span.endedMs), start) - start,
  );
  const x = (atMs: number): number => LEFT + ((atMs - start) / length) * (WIDTH - LEFT - 10);
  const height = agents.length * ROW + AXIS;
  const rows = agents.map((agent, index) => {
    const top = index * ROW;
    return html`<text x="0" y="${top + 18}">${shortened(agent, NAME)}</text>${spans.filter((span) => span.agent === agent).map((span) => bar(span, stages, { x, top }))}`;
  });
  return html`<div class="chart"><svg class="timeline" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Attempts by agent over time">${axis(length, start, { x, height })}${rows}</svg></div>
<ul class="legend">${stages.slice(0, STAGES).map((stage, index) => html`<li><i class="stage-${index}"></i>${shortened(stage, 60)}</li>`)}<li>hollow: a further attempt</li></ul>
${more(timeline.length - spans.length, "attempts were made")}`;
}

function bar(
  span: Span,
  stages: readonly string[],
  at: { x: (atMs: number) => number; top: number },
): Markup {
  const stage = Math.min(stages.indexOf(span.stage), STAGES - 1);
  const seconds = (span.endedMs - span.startedMs) / 1_000;
  const from = at.x(span.startedMs);
  return html`<rect class="stage-${stage}${span.attempt > 1 ? " again" : ""}" x="${from}" y="${at.top + 5}" width="${Math.max(2, at.x(span.endedMs) - from - 1)}" height="${ROW - 10}"><title>${shortened(span.stage, 60)} ${span.index}, attempt ${span.attempt}: ${seconds.toFixed(2)} s</title></rect>`;
}

function axis(
  length: number,
  start: number,
  at: { x: (atMs: number) => number; height: number },
): Markup {
  const step = roundStep(length, TICKS);
  const ticks = Array.from({ length: Math.floor(length / step) + 1 }, (_, index) => index * step);
  const bottom = at.height - AXIS;
  return html`<g class="axis">${ticks.map((tick) => html`<line x1="${at.x(start + tick)}" x2="${at.x(start + tick)}" y1="0" y2="${bottom}"/><text x="${at.x(start + tick)}" y="${bottom + 16}" text-anchor="middle">${String(Math.round(tick) / 1_000)} s</text>`)}</g>`;
}
