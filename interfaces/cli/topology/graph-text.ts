import type { MessageGraph } from "./message-graph.ts";

/** The graph for people: members, teams, and who sent how many messages to whom. */
export function graphText(graph: MessageGraph): string {
  const edges = graph.edges();
  const teams = graph.teams();
  const width = Math.max(0, ...edges.map(({ from, to }) => from.length + to.length + 4));
  return [
    `members   ${graph.members.length === 0 ? "none heard" : graph.members.join(", ")}`,
    ...teams.map(
      ({ run, stage, topology, members, silentLinks }) =>
        `team      ${run}/${stage}: ${topology} of ${members.join(", ")}; ${silent(silentLinks.length)}`,
    ),
    ...(edges.length === 0
      ? ["messages  none about tasks"]
      : edges.map(({ from, to, messages, link }, index) =>
          [
            index === 0 ? "messages  " : "          ",
            `${from} -> ${to}`.padEnd(width),
            String(messages).padStart(8),
            link === "linked" ? "" : `  ${link}`,
          ].join(""),
        )),
  ].join("\n");
}

export function graphJson(graph: MessageGraph): object {
  return { members: graph.members, teams: graph.teams(), edges: graph.edges() };
}

/** A Mermaid flowchart; what no topology has a link for is dotted. */
export function graphMermaid(graph: MessageGraph): string {
  const nodes = new Map<string, string>();
  const nodeOf = (name: string): string => {
    const known = nodes.get(name);
    if (known !== undefined) return known;
    const made = `n${nodes.size}["${name}"]`;
    nodes.set(name, `n${nodes.size}`);
    return made;
  };
  const lines = graph.edges().map(({ from, to, messages, link }) => {
    const arrow = link === "unlinked" ? "-.->" : "-->";
    return `  ${nodeOf(from)} ${arrow}|${messages}| ${nodeOf(to)}`;
  });
  return ["flowchart LR", ...lines].join("\n");
}

function silent(links: number): string {
  if (links === 0) return "all its links were used";
  return `${links} of its links ${links === 1 ? "was" : "were"} not used`;
}
