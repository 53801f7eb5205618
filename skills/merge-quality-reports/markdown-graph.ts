import { plural } from "./merge.ts";
import type { QualityReport } from "./report-schema.ts";

const AGENTS = 12;
const STAGES = 12;
const LABEL = 40;

/** The run as a Mermaid graph: its stages with the agents of each when a timeline was recorded, else the agents alone. */
export function renderGraph({ timeline, agents, files, counts }: QualityReport): string {
  const lines =
    timeline === null || timeline.length === 0
      ? agents
          .slice(0, AGENTS)
          .flatMap(({ agent, batches }, index) => [
            `  source --> a${index}["${label(agent)}: ${plural(batches, "task")}"]`,
            `  a${index} --> report`,
          ])
      : stageLines(timeline);
  if (lines.length === 0) return "";
  return [
    "```mermaid",
    "graph LR",
    `  source["${plural(files.analysable, "file")}"]`,
    `  report["${plural(counts.total, "finding")}"]`,
    ...lines,
    "```",
  ].join("\n");
}

function stageLines(timeline: NonNullable<QualityReport["timeline"]>): string[] {
  const stages = [
    ...Map.groupBy(
      timeline.toSorted((a, b) => a.startedMs - b.startedMs),
      ({ stage }) => stage,
    ),
  ].slice(0, STAGES);
  const nodes = stages.flatMap(([stage, spans], index) => [
    `  subgraph s${index}["${label(stage)}"]`,
    ...[...Map.groupBy(spans, ({ agent }) => agent)]
      .slice(0, AGENTS)
      .map(
        ([agent, own], at) =>
          `    s${index}a${at}["${label(agent)}: ${plural(own.length, "task")}"]`,
      ),
    "  end",
  ]);
  const chain = ["source", ...stages.map((_, index) => `s${index}`), "report"];
  return [...nodes, `  ${chain.join(" --> ")}`];
}

/** Mermaid has no safe way to quote: only plain characters are kept. */
function label(raw: string): string {
  return raw.replace(/[^A-Za-z0-9 ._/-]/g, "_").slice(0, LABEL) || "_";
}
