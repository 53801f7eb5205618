import { Graph as Directed, layout } from "@dagrejs/dagre";
import type { Graph } from "./graph.ts";

export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  /** Upper left corners, by node key. */
  readonly places: ReadonlyMap<string, { readonly x: number; readonly y: number }>;
  readonly lines: readonly {
    readonly from: string;
    readonly to: string;
    readonly points: readonly { readonly x: number; readonly y: number }[];
  }[];
}

/** In pixels. */
export const NODE = { width: 208, height: 64 } as const;
const MARGIN = 16;

/** Where nodes stand and how lines go, from left to right. Pure. */
export function placed({ nodes, edges }: Graph): PlacedGraph {
  const graph = new Directed();
  graph.setGraph({ rankdir: "LR", nodesep: 20, ranksep: 56, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { key } of nodes) graph.setNode(key, { ...NODE });
  for (const { from, to } of edges) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const places = new Map(
    nodes.map(({ key }) => {
      const { x = 0, y = 0 } = graph.node(key) as { x?: number; y?: number };
      return [key, { x: x - NODE.width / 2, y: y - NODE.height / 2 }];
    }),
  );
  const lines = edges.map(({ from, to }) => {
    const { points = [] } = graph.edge(from, to) as { points?: { x: number; y: number }[] };
    return { from, to, points };
  });
  return { width, height, places, lines };
}
