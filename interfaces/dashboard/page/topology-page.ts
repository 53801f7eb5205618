import { useEffect, useRef, useState } from "preact/hooks";
import {
  COORDINATOR,
  type LinkView,
  type Moved,
  type Place,
  placesOf,
  type TrafficFrame,
} from "../state/traffic.ts";
import { useStream } from "./event-source.ts";
import { html } from "./html.ts";
import { Empty, Loading } from "./states.ts";
import { useTitle } from "./title.ts";

const SHOWN_LINKS = 50;
const KINDS = ["task", "result", "finding", "heartbeat"] as const;

/** Who sends messages to whom, as they move. */
export function TopologyPage() {
  useTitle("Topology");
  const [frame, setFrame] = useState<TrafficFrame | undefined>(undefined);
  const [slow, setSlow] = useState(false);
  const [moving, setMoving] = useState<readonly Moved[]>([]);
  const stream = useStream<TrafficFrame>("/api/traffic", (batch) => {
    setFrame(batch.at(-1));
    setMoving(batch.flatMap(({ moved }) => moved));
    return false;
  });
  if (frame === undefined)
    return html`<h1>Topology</h1>${stream === "broken" ? html`<p class="notice" role="status">The connection is lost; it is tried again.</p>` : html`<${Loading} what="the swarm" />`}`;
  const { agents, links } = frame;
  if (agents.length === 0)
    return html`<h1>Topology</h1><${Empty} title="No agent was heard yet">
      <p>Agents say every second or so that they are alive. One more is started with:</p><pre>npm run agent</pre>
    </${Empty}>`;
  const { places, size } = placesOf(
    agents.map(({ id }) => id),
    COORDINATOR,
  );
  const most = links.reduce((largest, { messages }) => Math.max(largest, messages), 1);
  return html`<h1>Topology</h1>
    <div class="filters">
      <button aria-pressed=${slow} onClick=${() => setSlow(!slow)}>Slow motion</button>
      <span class="legend">${KINDS.map((kind) => html`<i class="swatch kind-${kind}"></i> ${kind}`)}</span>
    </div>
    <div class="swarm">
      <svg class="swarm-picture" viewBox="0 0 ${size} ${size}" role="img" aria-label="${agents.length} agents around the coordinator; the tables say the same">
        <g>${links.map((link) => html`<${Link} key="${link.from} ${link.to}" link=${link} places=${places} most=${most} />`)}</g>
        <${Dots} moving=${moving} places=${places} durationMs=${slow ? 3_000 : 600} />
        <${Member} id=${COORDINATOR} place=${places.get(COORDINATOR)} label="coordinator" detail="" share=${0} />
        ${agents.map(({ id, busy, slots }) => html`<${Member} key=${id} id=${id} place=${places.get(id)} label=${id} detail="${busy}/${slots}" share=${slots === 0 ? 0 : busy / slots} />`)}
      </svg>
      <div>
        <h2>Agents</h2>
        <table>
          <thead><tr><th scope="col">Agent</th><th scope="col">Status</th><th scope="col" class="number">Busy</th></tr></thead>
          <tbody>${agents.map(({ id, status, busy, slots }) => html`<tr key=${id}><th scope="row">${id}</th><td>${status}</td><td class="number">${busy} of ${slots}</td></tr>`)}</tbody>
        </table>
        <h2>Messages about tasks</h2>
        ${
          links.length === 0
            ? html`<p class="quiet">None since this page was opened.</p>`
            : html`<table>
          <thead><tr><th scope="col">From</th><th scope="col">To</th><th scope="col" class="number">Messages</th></tr></thead>
          <tbody>${links.slice(0, SHOWN_LINKS).map(({ from, to, messages }) => html`<tr key="${from} ${to}"><td>${from}</td><td>${to}</td><td class="number">${messages}</td></tr>`)}</tbody>
        </table>`
        }
        ${links.length > SHOWN_LINKS ? html`<p class="quiet">The ${SHOWN_LINKS} busiest of ${links.length} links.</p>` : null}
      </div>
    </div>`;
}

interface MemberProps {
  readonly id: string;
  readonly place: Place | undefined;
  readonly label: string;
  readonly detail: string;
  readonly share: number;
}

function Member({ id, place, label, detail, share }: MemberProps) {
  if (place === undefined) return null;
  const radius = id === COORDINATOR ? 26 : 18;
  return html`<g class="member" transform="translate(${place.x} ${place.y})">
    <circle r=${radius} />
    <circle class="load" r=${radius - 4} style=${{ opacity: share }} />
    <text y="4">${detail}</text>
    <text class="name" y=${radius + 14}>${label}</text>
  </g>`;
}

interface LinkProps {
  readonly link: LinkView;
  readonly places: ReadonlyMap<string, Place>;
  readonly most: number;
}

function Link({ link, places, most }: LinkProps) {
  const [from, to] = [places.get(link.from), places.get(link.to)];
  if (from === undefined || to === undefined) return null;
  const width = 1 + (4 * Math.log1p(link.messages)) / Math.log1p(most);
  return html`<line class="link-line" x1=${from.x} y1=${from.y} x2=${to.x} y2=${to.y} stroke-width=${width}><title>${link.from} to ${link.to}: ${link.messages} messages</title></line>`;
}

interface DotsProps {
  readonly moving: readonly Moved[];
  readonly places: ReadonlyMap<string, Place>;
  readonly durationMs: number;
}

/** More would not be seen one by one. */
const MOST_DOTS = 400;

/** A dot for what went over each link since the last frame, moved by the browser itself. */
function Dots({ moving, places, durationMs }: DotsProps) {
  const layer = useRef<SVGGElement>(null);
  useEffect(() => {
    const group = layer.current;
    if (group === null || window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const { from, to, kind, count } of moving.slice(0, MOST_DOTS)) {
      const [a, b] = [places.get(from), places.get(to)];
      if (a === undefined || b === undefined || group.childElementCount > MOST_DOTS) continue;
      const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
      dot.setAttribute("class", `dot kind-${kind}`);
      dot.setAttribute("r", String(Math.min(9, 3 + Math.log2(count + 1))));
      group.append(dot);
      const path = [a, b].map(({ x, y }) => ({ transform: `translate(${x}px, ${y}px)` }));
      dot.animate(path, { duration: durationMs, easing: "linear" }).onfinish = () => dot.remove();
    }
  }, [moving]);
  return html`<g ref=${layer} aria-hidden="true"></g>`;
}
