import { isToken } from "../core/ids.ts";
import type { Json } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { PlanStage } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import { DEFAULT_BRANCH, type WrittenBranch, writtenBranches } from "./decision-compiler.ts";
import { commonFields, type NamePlace, type Names } from "./names.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { StageSyntax, WorkSyntax } from "./schema.ts";
import { fieldsOf, writtenCalls } from "./skill-calls.ts";
import type { StageCompiler, StageFrame } from "./stage-compiler.ts";
import type { Fields, StageGraph } from "./stage-graph.ts";
import { kindOf, refuseForeignKeys } from "./stage-kind.ts";
import { loopBodies, type OrderedStage, orderedStages } from "./stage-order.ts";
import { StageScope, type Target } from "./stage-scope.ts";

/** Where a list of stages stands. */
interface ListPlace {
  readonly path: Path;
  /** What stages need that need no other of the list. */
  readonly entry: readonly number[];
  readonly guard: PlanStage["guard"];
  readonly scope: StageScope;
  /** Ends the ids of a loop's later turns: `--2`. */
  readonly suffix: string;
  readonly iteration: number | undefined;
}

/** What one written stage became. */
interface Group {
  /** Whoever needs the stage needs these. */
  readonly exits: readonly number[];
  readonly target: Target;
}

const DEFAULT_ITERATIONS = 3;

/** Carries written stages over into stages of the plan: branches, loops and nested lists become single stages. */
export class Expander {
  readonly stages: PlanStage[] = [];
  readonly #graph: StageGraph;
  readonly #names: Names;
  readonly #compiler: StageCompiler;
  readonly #catalog: SkillCatalog;
  readonly #reporter: Reporter;
  readonly #ids = new Set<string>();
  #isOverLimit = false;

  constructor(parts: {
    readonly graph: StageGraph;
    readonly names: Names;
    readonly compiler: StageCompiler;
    readonly catalog: SkillCatalog;
    readonly reporter: Reporter;
  }) {
    this.#graph = parts.graph;
    this.#names = parts.names;
    this.#compiler = parts.compiler;
    this.#catalog = parts.catalog;
    this.#reporter = parts.reporter;
  }

  /** @returns what the list as a whole is to whoever needs it; its target is that of its last stage */
  cascade(
    stages: readonly StageSyntax[],
    outputs: Readonly<Record<string, Json>> | undefined,
  ): Target {
    const place: ListPlace = {
      path: ["stages"],
      entry: [],
      guard: undefined,
      scope: new StageScope(),
      suffix: "",
      iteration: undefined,
    };
    const whole = this.#list(stages, place);
    if (outputs === undefined) return whole.target;
    const frame = this.#add("outputs", whole.exits, { ...place, path: [] });
    const { stage, fields } = this.#compiler.transform({ ...outputs }, "outputs", {}, frame);
    return this.#put(frame, stage, fields).target;
  }

  #list(stages: readonly StageSyntax[], place: ListPlace): Group {
    const ordered = orderedStages(stages, place.path, this.#reporter);
    const bodies = loopBodies(ordered, this.#reporter);
    const repeated = new Set([...bodies].flatMap(([loop, body]) => [loop, ...body]));
    const groups = new Map<OrderedStage, Group>();
    for (const stage of ordered) {
      const needs = this.#needsOf(stage, groups, place.entry);
      const here = repeated.has(stage) ? { ...place, iteration: 1 } : place;
      const group = this.#stage(stage, needs, here);
      groups.set(stage, group);
      this.#name(stage.id, group.target, place.scope);
      const body = bodies.get(stage);
      if (body !== undefined) this.#turns(stage, body, groups, place);
    }
    const last = groups.get(ordered.at(-1) ?? EMPTY);
    const needed = new Set(ordered.flatMap((stage) => stage.needs));
    const ends = ordered.filter((stage) => !needed.has(stage));
    const exits = [...new Set(ends.flatMap((stage) => groups.get(stage)?.exits ?? []))];
    return { exits, target: last?.target ?? { stages: [], fields: undefined } };
  }

  /** From now on the stage can be named in the scope. */
  #name(id: string, target: Target, scope: StageScope): void {
    scope.set(id, target);
    this.#graph.offer(target.stages, { scope, id, fields: target.fields });
  }

  #needsOf(
    { needs }: OrderedStage,
    groups: ReadonlyMap<OrderedStage, Group>,
    entry: readonly number[],
  ): readonly number[] {
    if (needs.length === 0) return entry;
    return [...new Set(needs.flatMap((needed) => groups.get(needed)?.exits ?? []))];
  }

  #stage({ id, syntax, path }: OrderedStage, needs: readonly number[], place: ListPlace): Group {
    const here = { ...place, path };
    const kind = kindOf(syntax);
    refuseForeignKeys(syntax, kind, path, this.#reporter);
    switch (kind) {
      case "work":
      case "transform":
        return this.#single(id, syntax, needs, here);
      case "nested":
        return this.#nested(id, syntax, needs, here);
      case "choice":
        return this.#choice(id, syntax, needs, here);
      case "loop":
        return this.#loopDecision(id, syntax, needs, here);
      default:
        return kind satisfies never;
    }
  }

  /** One stage of the plan that runs skills, or evaluates a value. */
  #single(
    id: string,
    work: WorkSyntax & Pick<StageSyntax, "when">,
    needs: readonly number[],
    place: ListPlace,
  ): Group {
    const frame = this.#add(id, needs, place);
    if (work.transform !== undefined) {
      const { stage, fields } = this.#compiler.transform(work.transform, "transform", work, frame);
      return this.#put(frame, stage, fields);
    }
    const calls = writtenCalls(work, place.path);
    const stage = this.#compiler.work(work, calls, frame);
    return this.#put(frame, stage, fieldsOf(work, calls, this.#catalog));
  }

  /** A list of stages; with `when`, a decision goes before it. `type: parallel` lets them all start at once. */
  #nested(id: string, syntax: StageSyntax, needs: readonly number[], place: ListPlace): Group {
    const { when } = syntax;
    if (when === undefined) return this.#innerList(syntax, needs, place);
    const frame = this.#add(`${id}--when`, needs, place);
    const on = this.#compiler.decisions.when(when, place.path, frame.names);
    const decision = {
      ...(on === undefined ? {} : { on }),
      branches: [{ name: "then" }, { name: "else" }],
    };
    const { position } = this.#put(frame, this.#compiler.decision(decision, {}, frame), undefined);
    const guard = { stage: position, branch: "then" };
    const inner = this.#innerList(syntax, [position], { ...place, guard });
    return { exits: [position, ...inner.exits], target: inner.target };
  }

  #innerList(work: WorkSyntax, entry: readonly number[], place: ListPlace): Group {
    const stages = work.stages ?? [];
    const free = work.type === "parallel" ? stages.map(withoutOrder) : stages;
    const scope = new StageScope(place.scope);
    return this.#list(free, { ...place, path: [...place.path, "stages"], entry, scope });
  }

  #choice(id: string, syntax: StageSyntax, needs: readonly number[], place: ListPlace): Group {
    const branches = writtenBranches(syntax, place.path);
    const frame = this.#add(`${id}--decision`, needs, place);
    const decision = this.#compiler.decisions.choice(syntax, place.path, branches, frame.names);
    const { position } = this.#put(
      frame,
      this.#compiler.decision(decision, syntax, frame),
      undefined,
    );
    const groups = branches.map((branch) => this.#branch(id, branch, position, place));
    return {
      exits: [position, ...groups.flatMap((group) => group.exits)],
      target: {
        stages: groups.flatMap((group) => group.target.stages),
        fields: commonFields(groups.map((group) => group.target.fields)),
      },
    };
  }

  #branch(id: string, branch: WrittenBranch, decision: number, place: ListPlace): Group {
    const { name, path, syntax } = branch;
    const guard = { stage: decision, branch: name === DEFAULT_BRANCH ? DEFAULT_BRANCH : name };
    const here = { ...place, path, guard };
    if (typeof syntax === "string") {
      return this.#single(`${id}--${name}`, { skill: syntax }, [decision], {
        ...here,
        path: path.slice(0, -1),
      });
    }
    const { when: _, condition: __, at_least: ___, ...work } = syntax;
    refuseForeignKeys(work, kindOf(work), path, this.#reporter);
    if (work.stages !== undefined) return this.#innerList(work, [decision], here);
    return this.#single(`${id}--${name}`, work, [decision], here);
  }

  #loopDecision(
    id: string,
    syntax: StageSyntax,
    needs: readonly number[],
    place: ListPlace,
  ): Group {
    const frame = this.#add(id, needs, place);
    const decision = this.#compiler.decisions.loop(syntax, place.path, frame.names);
    if (syntax.condition === undefined) {
      const message = "`repeat` needs a condition";
      const hint = "add `condition: ${…}`: it is repeated while that is true";
      this.#reporter.report("invalid-cascade", message, place.path, hint);
    }
    return this.#put(frame, this.#compiler.decision(decision, syntax, frame), DECISION_FIELDS);
  }

  /** The later turns of a loop: copies of its stages, each behind the decision of the turn before. */
  #turns(
    loop: OrderedStage,
    body: readonly OrderedStage[],
    groups: Map<OrderedStage, Group>,
    place: ListPlace,
  ): void {
    const first = new Map([...body, loop].map((stage) => [stage, groups.get(stage)] as const));
    const turns = [first];
    const iterations = loop.syntax.max_iterations ?? DEFAULT_ITERATIONS;
    for (let turn = 2; turn <= iterations && !this.#isOverLimit; turn++) {
      const before = turns.at(-1)?.get(loop)?.exits ?? [];
      turns.push(this.#turn(turn, [...body, loop], before, groups, place));
    }
    for (const stage of [...body, loop]) {
      const targets = turns.flatMap((groupsOfTurn) => groupsOfTurn.get(stage)?.target ?? []);
      const target: Target = {
        stages: targets.flatMap((each) => each.stages),
        fields: targets[0]?.fields,
      };
      const exits = turns.flatMap((groupsOfTurn) => groupsOfTurn.get(loop)?.exits ?? []);
      groups.set(stage, { exits, target });
      this.#name(stage.id, target, place.scope);
    }
  }

  #turn(
    turn: number,
    stages: readonly OrderedStage[],
    before: readonly number[],
    outer: ReadonlyMap<OrderedStage, Group>,
    place: ListPlace,
  ): Map<OrderedStage, Group> {
    const [decision = 0] = before;
    const scope = new StageScope(place.scope);
    const here: ListPlace = {
      ...place,
      entry: before,
      guard: { stage: decision, branch: "repeat" },
      scope,
      suffix: `${place.suffix}--${turn}`,
      iteration: turn,
    };
    const groups = new Map<OrderedStage, Group>();
    for (const stage of stages) {
      const own = stage.needs.filter((needed) => stages.includes(needed));
      const outside = stage.needs.filter((needed) => !stages.includes(needed));
      const needs = [
        ...(own.length === 0 ? before : own.flatMap((needed) => groups.get(needed)?.exits ?? [])),
        ...outside.flatMap((needed) => outer.get(needed)?.exits ?? []),
      ];
      const group = this.#stage(stage, [...new Set(needs)], here);
      groups.set(stage, group);
      this.#name(stage.id, group.target, scope);
    }
    return groups;
  }

  /** Takes a place in the plan, so that the names in the stage know what is before it. */
  #add(id: string, needs: readonly number[], place: ListPlace): StageFrame {
    const { path, guard, scope, iteration, suffix } = place;
    const whole = `${id}${suffix}`;
    const guarded =
      guard === undefined || needs.includes(guard.stage) ? needs : [...needs, guard.stage];
    const names: NamePlace = { stage: this.#graph.size, scope, hasItem: false, iteration };
    this.#refuseId(whole, path);
    this.#graph.add(guarded);
    return { id: whole, needs: guarded, guard, path, names };
  }

  #put(frame: StageFrame, stage: PlanStage, fields: Fields): Group & { readonly position: number } {
    const position = frame.names.stage;
    this.#names.addFields(fields);
    this.stages.push(stage);
    return { position, exits: [position], target: { stages: [position], fields } };
  }

  #refuseId(id: string, path: Path): void {
    if (this.#ids.has(id)) {
      this.#reporter.report("invalid-cascade", `two stages are called "${id}"`, path);
    } else if (!isToken(id)) {
      const message = `"${id}" is too long to name a stage`;
      this.#reporter.report("invalid-cascade", message, path, "use a shorter name");
    }
    this.#ids.add(id);
    if (this.#ids.size <= LIMITS.stagesPerCascade || this.#isOverLimit) return;
    this.#isOverLimit = true;
    const message = `stagesPerCascade: more than ${LIMITS.stagesPerCascade} with the turns of its loops`;
    this.#reporter.report("limit-exceeded", message, path);
  }
}

const DECISION_FIELDS: Fields = new Map([
  ["branch", { type: "string", isOffered: false }],
  ["value", { type: "any", isOffered: false }],
]);

const EMPTY: OrderedStage = { id: "", syntax: {}, path: [], needs: [] };

/** Stages of a parallel list without `needs` of their own need nothing in it. */
function withoutOrder(stage: StageSyntax): StageSyntax {
  return stage.needs === undefined && stage.dependencies === undefined
    ? { ...stage, needs: [] }
    : stage;
}
