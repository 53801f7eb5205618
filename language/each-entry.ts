import { LIMITS } from "../core/limits.ts";
import type { Decision, Expression, PlanStage, Template } from "../core/plan.ts";
import type { ListPlace } from "./list-place.ts";
import type { Group } from "./plan-builder.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { StageSyntax } from "./schema.ts";
import type { StageCompiler, StageFrame } from "./stage-compiler.ts";
import type { Fields } from "./stage-graph.ts";

type EachWork = Pick<StageSyntax, "foreach" | "matrix" | "max_parallel" | "max_items">;

/** What expands a stage once for each entry of a list. */
export interface EachParts {
  readonly compiler: StageCompiler;
  readonly reporter: Reporter;
  add(id: string, needs: readonly number[], place: ListPlace): StageFrame;
  put(frame: StageFrame, stage: PlanStage, fields: Fields): Group & { readonly position: number };
  /** True when the plan has too many stages. */
  isFull(): boolean;
}

/** True when the work of the stage, whatever that is, is done for each entry of a list. */
export function hasEntries({ foreach, matrix }: EachWork): boolean {
  return foreach !== undefined || matrix !== undefined;
}

/**
 * Several stages for each entry of a list: `--items` is the list, every entry has copies of the stages behind a decision whether
 * the list is so long, and the stage itself gathers their outputs. A list that only data tells has as many copies as it says at most.
 */
export class EachEntry {
  readonly #parts: EachParts;

  constructor(parts: EachParts) {
    this.#parts = parts;
  }

  expand(
    id: string,
    work: EachWork,
    start: { readonly needs: readonly number[]; readonly place: ListPlace },
    expandOne: (entry: readonly number[], place: ListPlace) => Group,
  ): Group {
    const { compiler, reporter, isFull } = this.#parts;
    const { needs, place } = start;
    const frame = this.#parts.add(`${id}--items`, needs, place);
    const list = compiler.list(work, frame);
    const known = entriesOf(list);
    const most = Math.min(known ?? work.max_items ?? 0, LIMITS.entriesOfStages);
    refuseEntries(known, work, place.path, reporter);
    const items = { ...compiler.valueOf(list, frame), atMost: most };
    const { position } = this.#parts.put(frame, items, undefined);
    const groups: Group[] = [];
    const decisions: number[] = [];
    for (let entry = 0; entry < most && !isFull(); entry++) {
      const before = groups[entry - (work.max_parallel ?? most)]?.exits ?? [];
      const each = { stage: position, position: entry, isMatrix: work.matrix !== undefined };
      const here = { ...place, suffix: `${place.suffix}--${entry + 1}`, each };
      const decision = this.#decision(id, each, [position, ...before], here);
      decisions.push(decision);
      const guard = { stage: decision, branch: "then" };
      const group = expandOne([decision], { ...here, guard });
      groups.push({ ...group, exits: [decision, ...group.exits] });
    }
    return this.#gathered(id, { groups, decisions, items: position }, place);
  }

  #decision(
    id: string,
    each: NonNullable<ListPlace["each"]>,
    needs: readonly number[],
    place: ListPlace,
  ): number {
    const frame = this.#parts.add(`${id}--entry`, needs, place);
    const source = `has entry ${each.position + 1}`;
    const scope = { kind: "stage", indexes: [each.stage] } as const;
    const reference = { scope, path: [each.position], isPresence: true, source } as const;
    const on: Expression = {
      ...{ kind: "expression", text: "r0", references: [reference], iterates: false, source },
    };
    const decision: Decision = { on, branches: [{ name: "then" }, { name: "else" }] };
    const stage = this.#parts.compiler.decision(decision, {}, frame);
    return this.#parts.put(frame, stage, undefined).position;
  }

  /** `{results}`: the outputs in the order of the entries. */
  #gathered(
    id: string,
    made: {
      readonly groups: readonly Group[];
      readonly decisions: readonly number[];
      readonly items: number;
    },
    place: ListPlace,
  ): Group {
    const { groups, decisions, items } = made;
    const exits = groups.flatMap((group) => group.exits);
    const frame = this.#parts.add(id, [items, ...exits], place);
    const results = groups.map(({ target }): Template => {
      if (target.stages.length === 0) return { kind: "literal", value: null };
      const scope = { kind: "stage", indexes: target.stages } as const;
      return { kind: "reference", reference: { scope, path: [], source: `\${${id}}` } };
    });
    const value: Template = { kind: "map", entries: { results: { kind: "list", items: results } } };
    const stage = { ...this.#parts.compiler.valueOf(value, frame), gathers: decisions };
    return this.#parts.put(frame, stage, RESULTS);
  }
}

const RESULTS: Fields = new Map([["results", { type: "array", isOffered: false }]]);

/** How long the list is; undefined when only data tells. */
function entriesOf(list: Template): number | undefined {
  if (list.kind === "literal") return Array.isArray(list.value) ? list.value.length : 0;
  if (list.kind === "list") return list.items.length;
  if (list.kind !== "product") return undefined;
  const lengths = Object.values(list.axes).map(entriesOf);
  return lengths.reduce<number | undefined>(
    (product, length) =>
      product === undefined || length === undefined ? undefined : product * length,
    1,
  );
}

function refuseEntries(
  known: number | undefined,
  { max_items: most }: EachWork,
  path: Path,
  reporter: Reporter,
): void {
  if (known === undefined && most === undefined) {
    const message =
      "how many entries the list has is known only in the run: `max_items` is missing";
    const hint = `add \`max_items\`, at most ${LIMITS.entriesOfStages}: the plan has stages for so many; or do the work with one skill, for which a list may have any length`;
    reporter.report("invalid-cascade", message, path, hint);
  }
  if (known === undefined) return;
  const allowed = Math.min(most ?? LIMITS.entriesOfStages, LIMITS.entriesOfStages);
  if (known <= allowed) return;
  reporter.report("limit-exceeded", `entriesOfStages: ${known} given, ${allowed} allowed`, path);
}
