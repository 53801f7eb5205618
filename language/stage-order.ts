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
): readonly OrderedStage[] {
  const ids = stages.map((stage, index) => idOf(stage, index, path, reporter));
  const positions = new Map<string, number>();
  for (const [index, id] of ids.entries()) {
    if (!positions.has(id)) positions.set(id, index);
  }
  const needs = withLoops(
    stages.map((stage, index) => needsOf(stage, index, positions, { path, reporter })),
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
  return new Map(loops.map((loop) => [loop, loopBody(loop, ordered, reporter)]));
}

/** The stages that a loop repeats: from the one it names to those that its condition needs. */
function loopBody(
  loop: OrderedStage,
  ordered: readonly OrderedStage[],
  reporter: Reporter,
): readonly OrderedStage[] {
  const target = ordered.find(({ id }) => id === loop.syntax.repeat);
  const place = [...loop.path, "repeat"];
  if (target === undefined) {
    const message = `no stage is called ${JSON.stringify(loop.syntax.repeat)}`;
    const ids = ordered.filter((stage) => stage !== loop).map(({ id }) => id);
    reporter.report("invalid-cascade", message, place, () =>
      didYouMean(loop.syntax.repeat ?? "", ids),
    );
    return [];
  }
  const fromTarget = reaching(ordered, target);
  const body = ordered.filter((stage) => fromTarget.has(stage) && needed(loop).has(stage));
  if (body.length === 0) {
    const message = `the stage "${target.id}" is not before this one`;
    reporter.report("invalid-cascade", message, place, "repeat a stage that this one needs");
  }
  return body;
}

/** Stages outside of a loop that need one inside wait for the loop to end. */
function withLoops(
  needs: readonly (readonly number[])[],
  repeats: readonly (number | undefined)[],
): readonly (readonly number[])[] {
  if (repeats.every((repeat) => repeat === undefined)) return needs;
  const all = needs.map((list) => new Set(list));
  const before = needs.map((_, index) => closure(needs, index));
  for (const [loop, target] of repeats.entries()) {
    if (target === undefined) continue;
    const isInside = (stage: number): boolean =>
      before[loop]?.has(stage) === true &&
      (stage === target || before[stage]?.has(target) === true);
    for (const [stage, list] of needs.entries()) {
      if (stage === loop || isInside(stage)) continue;
      if (list.some(isInside)) all[stage]?.add(loop);
    }
  }
  return all.map((list) => [...list]);
}

function closure(needs: readonly (readonly number[])[], start: number): ReadonlySet<number> {
  const found = new Set<number>();
  const open = [...(needs[start] ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(needs[next] ?? []));
  }
  return found;
}

function needed(stage: OrderedStage): ReadonlySet<OrderedStage> {
  const found = new Set<OrderedStage>();
  const open = [...stage.needs];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...next.needs);
  }
  return found;
}

/** A stage and all that need it, directly or through others. */
function reaching(
  ordered: readonly OrderedStage[],
  target: OrderedStage,
): ReadonlySet<OrderedStage> {
  const found = new Set([target]);
  for (const stage of ordered) {
    if (stage.needs.some((each) => found.has(each))) found.add(stage);
  }
  return found;
}

interface ListReport {
  readonly path: Path;
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
  { path, reporter }: ListReport,
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
