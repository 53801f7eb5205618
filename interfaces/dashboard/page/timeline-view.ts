import { useState } from "preact/hooks";
import { durationText } from "../../cli/runs/time-text.ts";
import type { AttemptState, RunFold } from "../state/run-fold.ts";
import { timeText } from "../state/sentences.ts";
import {
  lanesOf,
  type TimelineBar,
  type TimelineGrouping,
  type TimelineRow,
  ticksOf,
  timelineOf,
} from "../state/timeline.ts";
import { useNow } from "./event-source.ts";
import { html } from "./html.ts";
import { Empty } from "./states.ts";
import { STATUS_WORDS } from "./status.ts";

const LABEL = 190;
const WIDTH = 1_000;
const LANE = 18;
const GAP = 8;
const TOP = 28;

/** Who worked on what, and when. */
export function TimelineView({
  fold,
  select,
}: {
  readonly fold: RunFold;
  readonly select: (stage: string) => void;
}) {
  const [grouping, setGrouping] = useState<TimelineGrouping>("agent");
  const now = useNow(fold.status === "running");
  const { fromMs, toMs, rows, hiddenRows } = timelineOf(fold, grouping, now);
  if (rows.length === 0)
    return html`<${Empty} title="No attempt yet"><p>Bars appear here when agents are offered tasks.</p></${Empty}>`;
  const x = (ms: number): number => LABEL + ((ms - fromMs) / (toMs - fromMs)) * WIDTH;
  const tops: number[] = [];
  let height = TOP;
  for (const row of rows) {
    tops.push(height);
    height += lanesOf(row.bars).count * LANE + GAP;
  }
  return html`<div class="filters" role="group" aria-label="Rows">
      ${(["agent", "stage"] as const).map((each) => html`<button aria-pressed=${grouping === each} onClick=${() => setGrouping(each)}>by ${each}</button>`)}
      <span class="legend"><i class="swatch wait"></i> waits for an agent <i class="swatch succeeded"></i> succeeded <i class="swatch failed"></i> failed <i class="swatch running"></i> running</span>
    </div>
    <section class="graph timeline" aria-label="Timeline by ${grouping}" tabindex="0">
      <svg width=${LABEL + WIDTH + 20} height=${height} viewBox="0 0 ${LABEL + WIDTH + 20} ${height}" role="img" aria-label="${rows.length} rows, ${durationText(toMs - fromMs)}; the table below says the same">
        <defs><pattern id="wait" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6" class="hatch" /></pattern></defs>
        ${ticksOf(toMs - fromMs).map((at) => html`<g key=${at} class="tick"><line x1=${x(fromMs + at)} x2=${x(fromMs + at)} y1=${TOP - 6} y2=${height} /><text x=${x(fromMs + at)} y="16">${at === 0 ? "0" : durationText(at)}</text></g>`)}
        ${rows.map((row, at) => html`<${Row} key=${row.name} row=${row} top=${tops[at] ?? 0} x=${x} select=${select} />`)}
      </svg>
    </section>
    ${hiddenRows === 0 ? null : html`<p class="quiet">${hiddenRows} more rows are not drawn.</p>`}
    <${Longest} fold=${fold} now=${now} select=${select} />`;
}

interface RowProps {
  readonly row: TimelineRow;
  readonly top: number;
  readonly x: (ms: number) => number;
  readonly select: (stage: string) => void;
}

function Row({ row, top, x, select }: RowProps) {
  const { lanes } = lanesOf(row.bars);
  return html`<g>
    <text class="label" x="8" y=${top + 13}>${row.name.length > 24 ? `${row.name.slice(0, 23)}…` : row.name}<title>${row.name}</title></text>
    ${row.bars.map((bar, at) => {
      const y = top + (lanes[at] ?? 0) * LANE;
      const begin = x(bar.startMs);
      const ready = x(bar.readyMs);
      return html`<g key=${at} class="bar ${bar.status}" onClick=${() => select(bar.attempts[0]?.stage ?? "")}>
        <title>${barText(bar)}</title>
        ${begin - ready < 1 ? null : html`<rect class="wait" x=${ready} y=${y + 5} width=${begin - ready} height=${LANE - 12} />`}
        <rect x=${begin} y=${y + 1} width=${Math.max(2, x(bar.endMs) - begin)} height=${LANE - 4} rx="2" />
        ${bar.attempts.some(({ attempt }) => attempt > 1) ? html`<text class="again" x=${begin + 3} y=${y + 12}>↻</text>` : null}
      </g>`;
    })}
  </g>`;
}

function barText({ attempts, status, readyMs, startMs, endMs }: TimelineBar): string {
  const [first] = attempts;
  if (first === undefined || attempts.length > 1)
    return `${attempts.length} short attempts, ${status}`;
  return `${first.stage} task ${first.index}, attempt ${first.attempt}: ${status} after ${durationText(endMs - startMs)}, waited ${durationText(startMs - readyMs)}`;
}

const SHOWN = 20;

function Longest({
  fold,
  now,
  select,
}: {
  readonly fold: RunFold;
  readonly now: number;
  readonly select: (stage: string) => void;
}) {
  const attempts = [...fold.stages.values()].flatMap((stage) => stage.attempts);
  const took = ({ startedMs, offeredMs, endedMs = now }: AttemptState): number =>
    endedMs - (startedMs ?? offeredMs);
  const longest = [...attempts].sort((a, b) => took(b) - took(a)).slice(0, SHOWN);
  return html`<section aria-labelledby="longest"><h2 id="longest">Longest attempts</h2>
    <table>
      <thead><tr><th scope="col">Stage</th><th scope="col">Task</th><th scope="col">Attempt</th><th scope="col">Status</th><th scope="col">Agent</th><th scope="col">Offered</th><th scope="col" class="number">Waited</th><th scope="col" class="number">Took</th></tr></thead>
      <tbody>${longest.map((tried) => {
        const { stage, index, attempt, status, agent, offeredMs, startedMs } = tried;
        return html`<tr key="${stage}/${index}/${attempt}">
          <th scope="row"><button class="link" onClick=${() => select(stage)}>${stage}</button></th>
          <td>${index}</td><td>${attempt}</td><td>${STATUS_WORDS[status]}</td><td>${agent ?? ""}</td><td>${timeText(offeredMs)}</td>
          <td class="number">${startedMs === undefined ? "" : durationText(startedMs - offeredMs)}</td><td class="number">${durationText(Math.max(0, took(tried)))}</td>
        </tr>`;
      })}</tbody>
    </table></section>`;
}
