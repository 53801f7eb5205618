import { printable } from "../terminal-text.ts";
import type { PlanSummary, StageSummary } from "./plan-summary.ts";
import { directNeeds } from "./stage-order.ts";
import { counted } from "./text-layout.ts";

/** The stages as a Mermaid flowchart. Nodes are called n0, n1, …; what cascades say stands in labels only. */
export function planMermaid({ stages }: PlanSummary): string {
  const positions = new Map(stages.map(({ id }, position) => [id, position]));
  const nodeOf = (id: string): string => `n${positions.get(id) ?? 0}`;
  const needs = directNeeds(stages);
  const nodes = stages.map((stage, at) => `  n${at}["${labelOf(stage)}"]`);
  const edges = stages.flatMap(({ id, guard }, at) =>
    (needs[at] ?? []).map((needed) => {
      const label =
        guard?.stage === needed
          ? `|"${escaped("branch" in guard ? guard.branch : "failed")}"|`
          : "";
      return `  ${nodeOf(needed)} -->${label} ${nodeOf(id)}`;
    }),
  );
  const turns = stages.flatMap((stage) => turnEdges(stage, stages, nodeOf));
  return ["flowchart TD", ...nodes, ...edges, ...turns].join("\n");
}

function labelOf({ id, does }: StageSummary): string {
  const lines = does.kind === "skills" ? does.skills.map(({ skill }) => skill) : [does.kind];
  const shown = lines.length > SKILLS_NAMED ? [...lines.slice(0, SKILLS_NAMED), "…"] : lines;
  return [id, ...shown, ...fanOutLines(does)].map(escaped).join("<br/>");
}

const SKILLS_NAMED = 5;

function fanOutLines(does: StageSummary["does"]): readonly string[] {
  if (does.kind !== "skills" || does.foreach === undefined) return [];
  const { tasks, skills } = does;
  if (tasks !== null) return [counted(tasks, "task")];
  return [`${counted(skills.length, "task")} for each entry`];
}

/** From the end of a loop back to where its turns begin. */
function turnEdges(
  { id, does }: StageSummary,
  stages: readonly StageSummary[],
  nodeOf: (id: string) => string,
): readonly string[] {
  if (does.kind !== "loop" || does.turns < 2) return [];
  const body = new Set(does.stages);
  const first = stages.filter(
    (stage) => body.has(stage.id) && !stage.needs.some((needed) => body.has(needed)),
  );
  const label = `again, up to ${counted(does.turns, "time")}`;
  return first.map((stage) => `  ${nodeOf(id)} -->|"${escaped(label)}"| ${nodeOf(stage.id)}`);
}

/** Everything but letters, digits and a few harmless characters, as Mermaid's codes of characters: `#34;`. */
function escaped(text: string): string {
  return printable(text).replace(/[^\p{L}\p{N} _.,…-]/gu, (character) => {
    return `#${character.codePointAt(0)};`;
  });
}
