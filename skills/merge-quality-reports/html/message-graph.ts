import { html, type Markup } from "../../markup.ts";
import { shortened } from "../../visible-text.ts";
import type { MessageCount } from "../inputs.ts";
import type { QualityReport } from "../report-schema.ts";
import { absent, more, table } from "./section.ts";

const SIZE = 420;
const WIDTH = 700;
const RADIUS = 150;
const NODES = 24;
const NAME = 22;
const KINDS = 12;

/** Who sent how many messages to whom, as lines between points on a circle. */
export function renderMessages({ messages }: QualityReport): Markup {
  if (messages === null || messages.length === 0)
    return absent("The messages of this run were not recorded.");
  const pairs = sumBy(messages, ({ from, to }) => JSON.stringify([from, to]));
  const nodes = [...new Set(messages.flatMap(({ from, to }) => [from, to]))].sort();
  const shown = nodes.slice(0, NODES);
  const places = new Map(shown.map((name, index) => [name, placeOf(index, shown.length)]));
  const most = Math.max(...pairs.map(({ count }) => count), 1);
  const kinds = sumBy(messages, ({ kind }) => kind).sort((a, b) => b.count - a.count);
  return html`<div class="chart"><svg class="messages" viewBox="0 0 ${WIDTH} ${SIZE}" role="img" aria-label="Messages between the parts of the swarm">${pairs.map((pair) => edge(pair, places, most))}${[...places].map(([name, place]) => node(name, place))}</svg></div>
<p class="note">The wider a line, the more messages; each bends to the right as its sender sees it.</p>
${more(nodes.length - shown.length, "took part")}
${table(
  [{ title: "message" }, { title: "sent", isNumber: true }],
  kinds
    .slice(0, KINDS)
    .map(({ kind, count }) => [
      html`<code>${shortened(kind, 80)}</code>`,
      html`${count.toLocaleString("en")}`,
    ]),
)}${more(kinds.length - KINDS, "kinds in report.json")}`;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

function sumBy(
  messages: readonly MessageCount[],
  keyOf: (message: MessageCount) => string,
): MessageCount[] {
  return [...Map.groupBy(messages, keyOf).values()].flatMap((own) =>
    own
      .slice(0, 1)
      .map((first) => ({ ...first, count: own.reduce((sum, { count }) => sum + count, 0) })),
  );
}

function placeOf(index: number, total: number): Place {
  const angle = (2 * Math.PI * index) / total - Math.PI / 2;
  return { x: WIDTH / 2 + RADIUS * Math.cos(angle), y: SIZE / 2 + RADIUS * Math.sin(angle) };
}

/** Bent to the right as seen from the sender, so that both directions can be seen. */
function edge(
  { from, to, count }: MessageCount,
  places: ReadonlyMap<string, Place>,
  most: number,
): Markup {
  const [a, b] = [places.get(from), places.get(to)];
  if (a === undefined || b === undefined) return html``;
  const width = 1 + (5 * Math.log1p(count)) / Math.log1p(most);
  const middle = {
    x: (a.x + b.x) / 2 + (b.y - a.y) * 0.12,
    y: (a.y + b.y) / 2 - (b.x - a.x) * 0.12,
  };
  return html`<path d="M${a.x} ${a.y}Q${middle.x} ${middle.y} ${b.x} ${b.y}" stroke-width="${width}"><title>${shortened(from, NAME)} to ${shortened(to, NAME)}: ${count}</title></path>`;
}

function node(name: string, { x, y }: Place): Markup {
  const side = Math.round((x - WIDTH / 2) / RADIUS);
  const anchor = side === 0 ? "middle" : side > 0 ? "start" : "end";
  const dy = side !== 0 ? 4 : y < SIZE / 2 ? -14 : 24;
  return html`<circle cx="${x}" cy="${y}" r="6"/><text x="${x + side * 14}" y="${y + dy}" text-anchor="${anchor}">${shortened(name, NAME)}</text>`;
}
