import { type GraphNode, groupStatus, NODE, type PlacedGraph } from "../state/graph.ts";
import type { StagePlan } from "../state/plan-view.ts";
import type { RunFold, StageState } from "../state/run-fold.ts";
import { html } from "./html.ts";
import { STATUS_WORDS, statusShape } from "./status.ts";

interface Props {
  readonly graph: PlacedGraph;
  readonly stages: readonly StagePlan[];
  readonly fold: RunFold;
  readonly chosen?: string;
  readonly select: (stage: string) => void;
}

/** The stages as a graph, from left to right. */
export function GraphView({ graph, stages, fold, chosen, select }: Props) {
  const { width, height, nodes, lines } = graph;
  const states = new Map(
    nodes.map(({ key, stages: members }) => [
      key,
      members.map((at) => fold.stages.get(stages[at]?.id ?? "")),
    ]),
  );
  return html`<section class="graph" aria-label="Graph of the stages" tabindex="0">
    <svg width=${width} height=${height} viewBox="0 0 ${width} ${height}">
      <g class="lines" aria-hidden="true">
        ${lines.map(({ from, to, points }) => {
          const isFlowing = groupStatus(states.get(to) ?? []) === "running";
          return html`<path key="${from} ${to}" class=${isFlowing ? "line flowing" : "line"} d=${curve(points)} />`;
        })}
      </g>
      ${nodes.map((node) => {
        const props = { node, stages, states: states.get(node.key) ?? [], chosen, select };
        return html`<${Node} key=${node.key} ...${props} />`;
      })}
    </svg>
  </section>`;
}

interface NodeProps {
  readonly node: GraphNode & { readonly x: number; readonly y: number };
  readonly stages: readonly StagePlan[];
  readonly states: readonly (StageState | undefined)[];
  readonly chosen: string | undefined;
  readonly select: (stage: string) => void;
}

function Node({ node, stages, states, chosen, select }: NodeProps) {
  const status = groupStatus(states);
  const members = node.stages.map((at) => stages[at]?.id ?? "");
  const detail = members.length === 1 ? stageDetail(states[0]) : groupDetail(states);
  const label = members.length === 1 ? node.label : `${members.length} stages`;
  const about = `${node.type}${node.type === "" ? "" : " · "}${detail}`;
  // Of a group, the one to look at first is opened.
  const at = states.findIndex((state) => (state?.status ?? "waiting") === status);
  const target = members[Math.max(0, at)] ?? "";
  const isChosen = chosen !== undefined && members.includes(chosen);
  const open = (event: Event): void => {
    event.preventDefault();
    select(target);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter" || event.key === " ") open(event);
  };
  return html`<g class="node ${status} ${isChosen ? "chosen" : ""}" transform="translate(${node.x} ${node.y})"
    role="button" tabindex="0" aria-pressed=${isChosen} aria-label="${label} ${about}"
    onClick=${open} onKeyDown=${onKeyDown}>
    ${label === short(label, 21) ? null : html`<title>${node.label}</title>`}
    ${members.length > 1 ? html`<rect class="behind" x="5" y="5" width=${NODE.width} height=${NODE.height} rx="8" />` : null}
    <rect class="box" width=${NODE.width} height=${NODE.height} rx="8" />
    <path class="mark" transform="translate(12 12)" d=${statusShape(status)} />
    <text class="label" x="36" y="25">${short(label, 21)}</text>${" "}
    <text class="sub" x="12" y="50">${short(about, 31)}</text>
  </g>`;
}

function stageDetail(state: StageState | undefined): string {
  if (state === undefined) return "waiting";
  const tries = state.attempts.length - new Set(state.attempts.map(({ index }) => index)).size;
  const tasks =
    state.tasks === undefined || state.tasks === 0 ? "" : ` ${state.succeeded}/${state.tasks}`;
  const cost = state.costUsd === 0 ? "" : ` $${state.costUsd.toFixed(2)}`;
  return `${STATUS_WORDS[state.status]}${tasks}${tries === 0 ? "" : ` ↻${tries}`}${cost}`;
}

function groupDetail(states: readonly (StageState | undefined)[]): string {
  const counts = new Map<string, number>();
  for (const state of states) {
    const word = STATUS_WORDS[state?.status ?? "waiting"];
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => a - b)
    .map(([word, count]) => `${count} ${word}`)
    .join(", ");
}

function short(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** A smooth line through the points that the layout gives. */
function curve(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  let d = `M${first.x} ${first.y}`;
  let before = first;
  for (const point of rest) {
    const middle = (before.x + point.x) / 2;
    d += `C${middle} ${before.y} ${middle} ${point.y} ${point.x} ${point.y}`;
    before = point;
  }
  return d;
}
