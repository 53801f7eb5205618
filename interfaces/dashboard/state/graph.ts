import type { StagePlan } from "./plan-view.ts";
import type { StageState, StageStatus } from "./run-fold.ts";

/** A stage, or many that are drawn as one. */
export interface GraphNode {
  readonly key: string;
  readonly label: string;
  /** The kind of stage; "" for a mixed group. */
  readonly type: string;
  /** Positions in the plan. */
  readonly stages: readonly number[];
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** A graph with the places of its nodes, in pixels. */
export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  /** `x` and `y` are of the upper left corner. */
  readonly nodes: readonly (GraphNode & { readonly x: number; readonly y: number })[];
  readonly lines: readonly {
    readonly from: string;
    readonly to: string;
    readonly points: readonly { readonly x: number; readonly y: number }[];
  }[];
}

/** In pixels. */
export const NODE = { width: 208, height: 64 } as const;

/** More nodes are neither readable nor quick to lay out. */
const MOST_SINGLE = 150;
const MOST_LAYERS = 40;
/** Groups of one layer; what is over them is drawn as one. */
const MOST_IN_LAYER = 4;

/** The graph of a plan. One of many stages is drawn by layers, stages of one kind in a layer as one node. Pure. */
export function graphOf(stages: readonly StagePlan[]): Graph {
  const groups = stages.length <= MOST_SINGLE ? stages.map((_, at) => [at]) : layered(stages);
  const nodes = groups.map((members) => nodeOf(stages, members));
  const owner = new Map(groups.flatMap((members, at) => members.map((stage) => [stage, at])));
  const seen = new Set<string>();
  const edges: GraphEdge[] = [];
  for (const [at, { needs }] of stages.entries()) {
    for (const need of needs) {
      const [from, to] = [nodes[owner.get(need) ?? -1], nodes[owner.get(at) ?? -1]];
      if (from === undefined || to === undefined || from === to) continue;
      const key = `${from.key} ${to.key}`;
      if (!seen.has(key)) edges.push({ from: from.key, to: to.key });
      seen.add(key);
    }
  }
  return { nodes, edges };
}

function nodeOf(stages: readonly StagePlan[], members: readonly number[]): GraphNode {
  const named = members.map((at) => stages[at]);
  const [first] = named;
  const last = named.at(-1);
  const kinds = new Set(named.map((stage) => stage?.type));
  return {
    key: `s${members[0]}`,
    label: first === last ? (first?.id ?? "") : `${first?.id} … ${last?.id}`,
    type: kinds.size === 1 ? (first?.type ?? "") : "",
    stages: members,
  };
}

function layered(stages: readonly StagePlan[]): number[][] {
  const layers: number[] = [];
  for (const { needs } of stages) {
    layers.push(needs.reduce((deepest, need) => Math.max(deepest, (layers[need] ?? 0) + 1), 0));
  }
  const depth = layers.reduce((deepest, layer) => Math.max(deepest, layer + 1), 0);
  const perBand = Math.ceil(depth / MOST_LAYERS);
  const bands = new Map<number, number[]>();
  for (const [at, layer] of layers.entries()) {
    const band = Math.floor(layer / perBand);
    const known = bands.get(band);
    if (known === undefined) bands.set(band, [at]);
    else known.push(at);
  }
  const sorted = [...bands].sort(([a], [b]) => a - b).map(([, members]) => members);
  // In a band of several layers, stages of one kind may depend on each other: it stays one node.
  return perBand > 1 ? sorted : sorted.flatMap((members) => byKind(stages, members));
}

function byKind(stages: readonly StagePlan[], members: readonly number[]): number[][] {
  const kinds = new Map<string, number[]>();
  for (const at of members) {
    const stage = stages[at];
    const kind = `${stage?.type} ${stage?.calls.map(({ skill }) => skill).join(" ")}`;
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, [at]);
    else known.push(at);
  }
  const groups = [...kinds.values()].sort((a, b) => b.length - a.length);
  const rest = groups.slice(MOST_IN_LAYER - 1).flat();
  return rest.length === 0
    ? groups
    : [...groups.slice(0, MOST_IN_LAYER - 1), rest.sort((a, b) => a - b)];
}

/** The status that a group is shown in: what a person should look at first. */
const URGENCY: readonly StageStatus[] = [
  "failed",
  "paused",
  "running",
  "stopped",
  "waiting",
  "succeeded",
  "reused",
  "skipped",
];

export function groupStatus(states: readonly (StageState | undefined)[]): StageStatus {
  const present = new Set(states.map((state) => state?.status ?? "waiting"));
  // A group that is under way has stages that wait and others that are through.
  if (present.has("waiting") && (present.has("succeeded") || present.has("skipped")))
    present.add("running");
  return URGENCY.find((status) => present.has(status)) ?? "waiting";
}
