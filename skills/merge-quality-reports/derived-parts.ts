import { type CloneGroup, findClones } from "../duplication.ts";
import { findCycles, resolveImports } from "../import-graph.ts";
import type { Clone, MergeInputs, MessageCount, SkillInputs, Span } from "./inputs.ts";

/** Stands for whichever coordinator conducts the run. */
const COORDINATOR = "coordinator";

/** What follows from the outputs of all batches together: copies, cycles, who imports whom, the swarm's messages. */
export function withDerivedParts(inputs: SkillInputs): MergeInputs {
  const { reports, timeline, ...given } = inputs;
  const fingerprints = reports.flatMap((report) => report.fingerprints ?? []);
  const imports = reports.flatMap((report) => report.imports ?? []);
  const isRead = reports.some((report) => report.imports !== undefined);
  const spans = timeline?.flatMap((entry) =>
    entry.agent === undefined ? [] : [{ ...entry, agent: entry.agent }],
  );
  return {
    reports: reports.map(({ fingerprints: _, imports: __, ...rest }) => rest),
    ...given,
    timeline: spans,
    clones: given.clones ?? (isRead ? clonesOf(findClones(fingerprints).groups) : undefined),
    cycles:
      given.cycles ??
      (isRead
        ? findCycles(imports).map(({ path }) => ({ files: path.map(({ file }) => file) }))
        : undefined),
    imports: given.imports ?? (isRead ? importsByFile(imports) : undefined),
    messages: given.messages ?? (spans === undefined ? undefined : messagesOf(spans)),
  };
}

/** Groups of equal code in the form that the score takes. */
export function clonesOf(groups: readonly CloneGroup[]): Clone[] {
  return groups.map(({ tokens, lines, places }) => ({
    tokens,
    lines,
    places: places.map(({ file, start_line, end_line }) => ({
      file,
      startLine: start_line,
      endLine: end_line,
    })),
  }));
}

/** Imports for types alone lead nowhere when the code runs. */
function importsByFile(files: Parameters<typeof resolveImports>[0]): MergeInputs["imports"] {
  const edges = resolveImports(files).filter(({ kind }) => kind !== "type");
  const byFile = Map.groupBy(edges, ({ from }) => from);
  return files.map(({ file }) => ({
    file,
    imports: [...new Set((byFile.get(file) ?? []).map(({ to }) => to))],
  }));
}

/** An offer to the first agent, the hand-over to a peer if there was one, the result of the agent that had it. */
function messagesOf(spans: readonly Span[]): MessageCount[] {
  const counts = new Map<string, MessageCount>();
  const add = (from: string, to: string, kind: string): void => {
    const key = JSON.stringify([from, to, kind]);
    const known = counts.get(key);
    counts.set(key, { from, to, kind, count: (known?.count ?? 0) + 1 });
  };
  for (const { agent, from, status } of spans) {
    add(COORDINATOR, from ?? agent, "task.offer");
    if (from !== undefined) add(from, agent, "task.hand-over");
    if (status !== "failed") add(agent, COORDINATOR, "task.result");
  }
  return [...counts.values()];
}
