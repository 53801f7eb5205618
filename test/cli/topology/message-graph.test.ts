import { describe, expect, it } from "vitest";
import { graphMermaid, graphText } from "../../../interfaces/cli/topology/graph-text.ts";
import { MessageGraph } from "../../../interfaces/cli/topology/message-graph.ts";

const team = { topology: "hierarchical", members: ["a", "b", "c"] };
const offer = { v: 1, from: "x", tasks: [{ run: "r1", stage: "s", index: 0, team }] };

function graphOf(...messages: readonly (readonly [string, unknown])[]): MessageGraph {
  const graph = new MessageGraph();
  for (const [subject, body] of messages) graph.add(subject, () => body);
  return graph;
}

describe("the message graph", () => {
  const graph = graphOf(
    ["cascade.agent.a.heartbeat", {}],
    ["cascade.agent.a.task", offer],
    ["cascade.peer.a.b.task", offer],
    ["cascade.peer.a.b.task", offer],
    ["cascade.peer.b.c.task", offer],
    ["cascade.peer.x.y.result", {}],
    ["cascade.result.3.a", {}],
    ["cascade.events.r1.s.task-offered", {}],
  );

  it("counts the messages of every edge, and says which the topology has a link for", () => {
    expect(graph.edges()).toEqual([
      { from: "a", to: "b", messages: 2, link: "linked" },
      { from: "a", to: "coordinator", messages: 1, link: "linked" },
      { from: "b", to: "c", messages: 1, link: "unlinked" },
      { from: "coordinator", to: "a", messages: 1, link: "linked" },
      { from: "x", to: "y", messages: 1, link: "unknown" },
    ]);
  });

  it("names the teams that it saw, and their links that were silent", () => {
    expect(graph.teams()).toEqual([
      {
        ...{ run: "r1", stage: "s", topology: "hierarchical", members: ["a", "b", "c"] },
        silentLinks: [
          ["a", "c"],
          ["b", "a"],
          ["c", "a"],
        ],
      },
    ]);
  });

  it("is shown as text and as a flowchart", () => {
    expect(graphText(graph)).toBe(`members   a
team      r1/s: hierarchical of a, b, c; 3 of its links were not used
messages  a -> b                 2
          a -> coordinator       1
          b -> c                 1  unlinked
          coordinator -> a       1
          x -> y                 1  unknown`);
    expect(graphMermaid(graph)).toBe(`flowchart LR
  n0["a"] -->|2| n1["b"]
  n0 -->|1| n2["coordinator"]
  n1 -.->|1| n3["c"]
  n2 -->|1| n0
  n4["x"] -->|1| n5["y"]`);
    expect(graphText(new MessageGraph())).toBe("members   none heard\nmessages  none about tasks");
  });
});
