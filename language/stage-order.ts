import { isToken } from "../core/ids.ts";
import { FORBIDDEN_KEYS } from "../core/json.ts";
import { RESERVED_STAGE_IDS } from "./names.ts";
import { didYouMean } from "./nearest.ts";
import { orderStages } from "./order.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { StageSyntax } from "./schema.ts";

/** A stage of a list, in the order in which each comes after those it needs. */
export interface OrderedStage {
  readonly id: string;
  readonly syntax: StageSyntax;
  readonly path: Path;
  /** Others of the list. */
  readonly needs: readonly OrderedStage[];
}

/** Names the stages of a list and puts them into order; without `needs`, a stage needs the one written before it. */
export function orderedStages(
  stages: readonly StageSyntax[],
  path: Path,
  reporter: Reporter,
  around: (id: string) => string | undefined,
): readonly OrderedStage[] {
  const ids = stages.map((stage, index) => idOf(stage, index, path, reporter));
  const positions = new Map<string, number>();
  for (const [index, id] of ids.entries()) {
    if (!positions.has(id)) positions.set(id, index);
  }
  const needs = withLoops(
    stages.map((stage, index) => needsOf(stage, index, positions, { path, reporter, around })),
    stages.map(({ repeat }) => (repeat === undefined ? undefined : positions.get(repeat))),
  );
  const { order, cycle } = orderStages(needs);
  if (cycle !== undefined) {
    const names = cycle.map((index) => ids[index]).join(" → ");
    const message = `stages need each other: ${names}`;
    const hint = "take one of them out of the other's `needs`";
    reporter.report("invalid-cascade", message, [...path, cycle[0] ?? 0], hint);
  }
  const ordered = new Map<number, OrderedStage>();
  for (const index of order) {
    const needed = (needs[index] ?? []).flatMap((each) => ordered.get(each) ?? []);
    const syntax = stages[index] ?? {};
    ordered.set(index, { id: ids[index] ?? "", syntax, path: [...path, index], needs: needed });
  }
  return [...ordered.values()];
}

/** What each loop of a list repeats. */
export function loopBodies(
  ordered: readonly OrderedStage[],
  reporter: Reporter,
): ReadonlyMap<OrderedStage, readonly OrderedStage[]> {
  const loops = ordered.filter(({ syntax }) => syntax.repeat !== undefined);
  const places = new Map(ordered.map((stage, place) => [stage, place]));
  // The first of a name, as everywhere.
  const byId = new Map(ordered.toReversed().map((stage) => [stage.id, stage]));
  return new Map(loops.map((loop) => [loop, loopBody(loop, { places, byId }, reporter)]));
}

type Places = ReadonlyMap<OrderedStage, number>;

/** The stages that a loop repeats: from the one it names to those that its condition needs. */
function loopBody(
  loop: OrderedStage,
  { places, byId }: { places: Places; byId: ReadonlyMap<string, OrderedStage> },
  reporter: Reporter,
): readonly OrderedStage[] {
  const target = byId.get(loop.syntax.repeat ?? "");
  const path = [...loop.path, "repeat"];
  if (target === undefined) {
    const message = `no stage is called ${JSON.stringify(loop.syntax.repeat)}`;
    const ids = [...byId.keys()].filter((id) => id !== loop.id);
    reporter.report("invalid-cascade", message, path, () =>
      didYouMean(loop.syntax.repeat ?? "", ids),
    );
    return [];
  }
  const place = (stage: OrderedStage): number => places.get(stage) ?? 0;
  const body = between(target, loop, { needsOf: ({ needs }) => needs, place });
  if (body.length === 0) {
    const message = `the stage "${target.id}" is not before this one`;
    reporter.report("invalid-cascade", message, path, "repeat a stage that this one needs");
  }
  return body;
}

/** Stages outside of a loop that need one inside wait for the loop to end. */
function withLoops(
  needs: readonly (readonly number[])[],
  repeats: readonly (number | undefined)[],
): readonly (readonly number[])[] {
  const { order, cycle } = orderStages(needs);
  // Stages that need each other are reported by whoever puts them into order.
  if (cycle !== undefined || repeats.every((repeat) => repeat === undefined)) return needs;
  const places: number[] = [];
  for (const [at, stage] of order.entries()) places[stage] = at;
  const place = (stage: number): number => places[stage] ?? 0;
  const needsOf = (stage: number): readonly number[] => needs[stage] ?? [];
  const needing = needs.map((): number[] => []);
  for (const [stage, list] of needs.entries()) {
    for (const needed of list) needing[needed]?.push(stage);
  }
  const all = needs.map((list) => new Set(list));
  for (const [loop, target] of repeats.entries()) {
    if (target === undefined) continue;
    const inside = new Set(between(target, loop, { needsOf, place }));
    for (const stage of [...inside].flatMap((each) => needing[each] ?? [])) {
      if (stage !== loop && !inside.has(stage)) all[stage]?.add(loop);
    }
  }
  return all.map((list) => [...list]);
}

/**
 * The stages that `last` needs and that are `first` or need it, directly or through others, in order. Looks at no stage
 * that is placed before `first`, so that many small loops in a long cascade cost no more than what is in them.
 */
function between<Stage>(
  first: Stage,
  last: Stage,
  graph: { needsOf(stage: Stage): readonly Stage[]; place(stage: Stage): number },
): readonly Stage[] {
  const earliest = graph.place(first);
  const needed = new Set<Stage>();
  const open = [...graph.needsOf(last)];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (needed.has(next) || graph.place(next) < earliest) continue;
    needed.add(next);
    open.push(...graph.needsOf(next));
  }
  const inOrder = [...needed].sort((a, b) => graph.place(a) - graph.place(b));
  const found = new Set([first]);
  return inOrder.filter((stage) => {
    if (stage !== first && !graph.needsOf(stage).some((each) => found.has(each))) return false;
    found.add(stage);
    return true;
  });
}

interface ListReport {
  readonly path: Path;
  /** The id of the stage that another is inside of. */
  readonly around: (id: string) => string | undefined;
  readonly reporter: Reporter;
}

function idOf(stage: StageSyntax, index: number, list: Path, reporter: Reporter): string {
  const path = [...list, index];
  if (stage.stage !== undefined && stage.stage_id !== undefined) {
    reporter.report("invalid-cascade", "a stage has `stage` or `stage_id`, not both", path);
  }
  const id = stage.stage_id ?? stage.stage ?? stage.name;
  if (id === undefined) {
    const hint = "add `stage: <name>`";
    reporter.report("invalid-cascade", "a stage needs a name", path, hint);
    return `stage-${index + 1}`;
  }
  const key = stage.stage_id !== undefined ? "stage_id" : stage.stage ? "stage" : "name";
  if (!isToken(id)) {
    const hint = "use letters, digits, hyphens and underscores, or add `stage_id`";
    const message = `${JSON.stringify(id)} cannot name a stage`;
    reporter.report("invalid-cascade", message, [...path, key], hint);
    return `stage-${index + 1}`;
  }
  if (RESERVED_STAGE_IDS.has(id) || FORBIDDEN_KEYS.has(id)) {
    const message = `"${id}" cannot name a stage: it has a meaning of its own`;
    reporter.report("invalid-cascade", message, [...path, key]);
  }
  return id;
}

function needsOf(
  stage: StageSyntax,
  index: number,
  positions: ReadonlyMap<string, number>,
  { path, reporter, around }: ListReport,
): readonly number[] {
  if (stage.needs !== undefined && stage.dependencies !== undefined) {
    const message = "a stage has `needs` or `dependencies`, not both";
    reporter.report("invalid-cascade", message, [...path, index]);
  }
  const written = stage.needs ?? stage.dependencies;
  if (written === undefined) return index === 0 ? [] : [index - 1];
  const key = stage.needs === undefined ? "dependencies" : "needs";
  const needs = written.flatMap((name, at) => {
    const position = positions.get(name);
    if (position !== undefined) return [position];
    const outer = around(name);
    if (outer !== undefined && positions.has(outer)) {
      const message = `the stage "${name}" is inside "${outer}"`;
      const hint = `need "${outer}" instead`;
      reporter.report("invalid-cascade", message, [...path, index, key, at], hint);
      return [];
    }
    const message = `no stage is called ${JSON.stringify(name)}`;
    reporter.report("invalid-cascade", message, [...path, index, key, at], () =>
      didYouMean(
        name,
        [...positions.keys()].filter((id) => positions.get(id) !== index),
      ),
    );
    return [];
  });
  return [...new Set(needs)];
}
