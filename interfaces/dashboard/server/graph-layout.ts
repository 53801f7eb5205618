import { Graph as Directed, layout } from "@dagrejs/dagre";
import type { Graph, PlacedGraph } from "../state/graph.ts";
import { NODE } from "../state/graph.ts";

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
  const placedNodes = nodes.map((node) => {
    const { x = 0, y = 0 } = graph.node(node.key) as { x?: number; y?: number };
    return { ...node, x: x - NODE.width / 2, y: y - NODE.height / 2 };
  });
  const lines = edges.map(({ from, to }) => {
    const { points = [] } = graph.edge(from, to) as { points?: { x: number; y: number }[] };
    return { from, to, points };
  });
  return { width, height, nodes: placedNodes, lines };
}
