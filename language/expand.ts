import { LIMITS } from "../core/limits.ts";
import type { Decision, PlanStage } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import { fixWork, isMendedByFix, onPathOf } from "./auto-fix.ts";
import { budgetOf, refuseUnaffordable } from "./budgets.ts";
import { disabledPart, settingsOf } from "./cascade-settings.ts";
import { DEFAULT_BRANCH, type WrittenBranch, writtenBranches } from "./decision-compiler.ts";
import { EachEntry, hasEntries } from "./each-entry.ts";
import type { ListPlace } from "./list-place.ts";
import { type LoopBodies, LoopTurns, turnsOf } from "./loop-turns.ts";
import { commonFields, type Names } from "./names.ts";
import { type NotifyOrder, notifyingStages } from "./notifications.ts";
import type { Group, PlanBuilder } from "./plan-builder.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { CascadeSyntax, StageSyntax, WorkSyntax } from "./schema.ts";
import { fieldsOf, writtenCalls } from "./skill-calls.ts";
import type { StageCompiler, StageFrame } from "./stage-compiler.ts";
import type { Fields } from "./stage-graph.ts";
import { kindOf, refuseForeignKeys } from "./stage-kind.ts";
import { type MemoryUse, memoryUse, onlyNaming, withMemory } from "./stage-memory.ts";
import { loopBodies, type OrderedStage, orderedStages } from "./stage-order.ts";
import { durationOf, escalationOf } from "./stage-policies.ts";
import { StageScope, type Target } from "./stage-scope.ts";
import type { SubCascades } from "./sub-cascades.ts";

/** Carries written stages over into stages of the plan: branches, loops and nested lists become single stages. */
export class Expander {
  readonly #builder: PlanBuilder;
  readonly #names: Names;
  readonly #compiler: StageCompiler;
  readonly #catalog: SkillCatalog;
  readonly #reporter: Reporter;
  readonly #prefix: string;
  readonly #subCascades: SubCascades;
  readonly #loops: LoopTurns;
  readonly #each: EachEntry;

  constructor(parts: {
    readonly builder: PlanBuilder;
    readonly names: Names;
    readonly compiler: StageCompiler;
    readonly catalog: SkillCatalog;
    readonly reporter: Reporter;
    /** Begins the ids of a sub-cascade's stages. */
    readonly prefix: string;
    readonly subCascades: SubCascades;
  }) {
    this.#builder = parts.builder;
    this.#names = parts.names;
    this.#compiler = parts.compiler;
    this.#catalog = parts.catalog;
    this.#reporter = parts.reporter;
    this.#prefix = parts.prefix;
    this.#subCascades = parts.subCascades;
    this.#each = new EachEntry({
      compiler: parts.compiler,
      reporter: parts.reporter,
      add: (id, needs, place) => this.#add(id, needs, place),
      put: (frame, stage, fields) => this.#put(frame, stage, fields),
      isFull: () => this.#builder.isFull,
    });
    this.#loops = new LoopTurns({
      stage: (stage, needs, place) => this.#stage(stage, needs, place),
      name: (id, target, scope) => this.#name(id, target, scope),
      isFull: () => this.#builder.isFull,
    });
  }

  /**
   * All stages of a cascade.
   * @param outputsId of the stage that evaluates its outputs, when it has any
   * @returns what the cascade as a whole is to whoever needs it; its output is that of its last stage
   */
  cascade(
    cascade: CascadeSyntax,
    outputsId: string,
    start: Pick<ListPlace, "entry" | "guard" | "settings" | "turns">,
  ): Group {
    const { memory } = start.settings;
    this.#checkMemory(cascade);
    this.#names.addMemoryKeys(memory.nameable);
    const place: ListPlace = {
      ...start,
      memory: { memory, declared: undefined },
      path: ["stages"],
      scope: new StageScope(),
      suffix: "",
      iteration: undefined,
    };
    const from = this.#builder.graph.size;
    const whole = this.#list(cascade.stages, place);
    const result = this.#outputs(cascade, outputsId, whole, place);
    this.#finals(cascade, whole, place);
    const isWhole = this.#prefix === "";
    const name = isWhole ? "the run" : `the cascade ${cascade.name} in ${outputsId}`;
    this.#budget(cascade.budget, { name, ...(isWhole ? {} : { from }) }, ["budget"]);
    return result;
  }

  /** @param from the first stage that it is for, up to the last so far; absent: it is for the whole run */
  #budget(
    written: StageSyntax["budget"],
    { name, from }: { readonly name: string; readonly from?: number },
    path: Path,
  ): void {
    if (written === undefined) return;
    const { stages, graph } = this.#builder;
    const isIts = (position: number): boolean => from !== undefined && position >= from;
    const positions = [...Array(graph.size).keys()].filter(isIts);
    const budget = {
      name,
      limit: budgetOf(written, path, this.#reporter),
      ...(from === undefined ? {} : { stages: positions }),
    };
    const place = { catalog: this.#catalog, path, reporter: this.#reporter };
    refuseUnaffordable(budget, stages, place);
    this.#builder.addBudget(budget);
  }

  #checkMemory({ memory }: CascadeSyntax): void {
    if (memory === undefined) return;
    durationOf(memory.ttl, 0, ["memory", "ttl"], this.#reporter, "memoryTtlMs");
    if (memory.name === undefined || memory.scope !== "global") return;
    const message = "a memory of scope global has no name";
    const hint = "leave out `name`, or write `scope: cascade`";
    this.#reporter.report("invalid-cascade", message, ["memory", "name"], hint);
  }

  #outputs(cascade: CascadeSyntax, outputsId: string, whole: Group, place: ListPlace): Group {
    if (cascade.outputs === undefined) return whole;
    const here = { ...place, path: [] };
    const frame = this.#reserve(outputsId, whole.exits, here);
    const outputs = { ...cascade.outputs };
    const { stage, fields } = this.#compiler.transform(outputs, "outputs", {}, frame);
    return this.#put(frame, stage, fields);
  }

  /** They need all others, and see their names; that a run fails does not keep them from running. */
  #finals(cascade: CascadeSyntax, { exits }: Group, place: ListPlace): void {
    if (this.#prefix !== "") {
      this.#refuseFinals(cascade);
      return;
    }
    const { finally: stages, notify } = cascade;
    const from = this.#builder.stages.length;
    const scope = new StageScope(place.scope);
    const here = { ...place, entry: exits, scope };
    if (stages !== undefined) this.#list(stages, { ...here, path: ["finally"] });
    this.#builder.addTheEnd(exits);
    if (notify !== undefined) {
      const about = { id: "notify", status: "run.status", text: cascade.name, path: ["notify"] };
      this.#notify({ ...about, written: notify, occasion: "success" }, exits, here);
      this.#notify({ ...about, written: notify, occasion: "failure" }, exits, here);
    }
    this.#builder.markFinal(from);
  }

  #refuseFinals(cascade: CascadeSyntax): void {
    for (const key of ["finally", "notify"] as const) {
      if (cascade[key] === undefined) continue;
      const message = `a cascade that is used by another has no \`${key}\``;
      const hint = "write it in the cascade that is run";
      this.#reporter.report("invalid-cascade", message, [key], hint);
    }
  }

  /** A success is told at once; after a failure only final stages run. No other stage waits for either. */
  #notifyOf({ id, syntax, path }: OrderedStage, group: Group, place: ListPlace): void {
    const { notify, gate } = syntax;
    if (notify === undefined) return;
    const scope = new StageScope(place.scope);
    const { target, exits } = group;
    const stages = gate === undefined ? target.stages : [...target.stages, ...exits];
    this.#name(id, { ...target, stages }, scope);
    const about = {
      written: notify,
      id: `${id}--notify`,
      status: `stages["${id}"].status`,
      text: `stage ${id} of \${run.cascade}`,
      path: [...path, "notify"],
    };
    const here = { ...place, scope };
    this.#notify({ ...about, occasion: "success" }, exits, here);
    this.#builder.atTheEnd((entry) => {
      this.#notify({ ...about, occasion: "failure" }, entry, { ...here, guard: undefined });
    });
  }

  #notify(order: NotifyOrder, needs: readonly number[], place: ListPlace): void {
    for (const { id, syntax, path } of notifyingStages(order, this.#reporter)) {
      this.#single(id, syntax, needs, { ...place, path });
    }
  }

  #list(stages: readonly StageSyntax[], place: ListPlace): Group {
    const ordered = orderedStages(stages, place.path, this.#reporter, (id) =>
      this.#names.around(id),
    );
    const bodies = this.#boundedLoops(loopBodies(ordered, this.#reporter), place);
    const repeated = new Set([...bodies].flatMap(([loop, body]) => [loop, ...body]));
    const groups = new Map<OrderedStage, Group>();
    for (const stage of ordered) {
      if (this.#builder.isFull) break;
      const needs = this.#needsOf(stage, groups, place.entry);
      const turns = place.turns * turnsOf(stage, bodies);
      const here = repeated.has(stage) ? { ...place, iteration: 1, turns } : place;
      const group = this.#stage(stage, needs, here);
      groups.set(stage, group);
      this.#name(stage.id, group.target, place.scope);
      const body = bodies.get(stage);
      if (body !== undefined) this.#loops.expand(stage, bodies, groups, place);
    }
    const last = groups.get(ordered.at(-1) ?? EMPTY);
    const needed = new Set(ordered.flatMap((stage) => stage.needs));
    const ends = ordered.filter((stage) => !needed.has(stage));
    const exits = [...new Set(ends.flatMap((stage) => groups.get(stage)?.exits ?? []))];
    return { exits, target: last?.target ?? { stages: [], fields: undefined } };
  }

  /** Loops inside of loops multiply, so a short file could become a plan that takes seconds to make. */
  #boundedLoops(bodies: LoopBodies, { turns }: ListPlace): LoopBodies {
    const bounded = [...bodies].filter(([loop]) => {
      const all = turns * turnsOf(loop, bodies);
      if (all <= LIMITS.loopIterations) return true;
      const message = `loopIterations: ${all} in all, with the loops around it, ${LIMITS.loopIterations} allowed`;
      const hint = "lower `max_iterations` of one of them";
      this.#reporter.report("limit-exceeded", message, loop.path, hint);
      return false;
    });
    return new Map(bounded);
  }

  /** From now on the stage can be named in the scope. */
  #name(id: string, target: Target, scope: StageScope): void {
    scope.set(id, target);
    this.#builder.graph.offer(target.stages, { scope, id, fields: target.fields });
  }

  #needsOf(
    { needs }: OrderedStage,
    groups: ReadonlyMap<OrderedStage, Group>,
    entry: readonly number[],
  ): readonly number[] {
    if (needs.length === 0) return entry;
    return [...new Set(needs.flatMap((needed) => groups.get(needed)?.exits ?? []))];
  }

  #stage(stage: OrderedStage, needs: readonly number[], place: ListPlace): Group {
    const { id, syntax, path } = stage;
    this.#refuseDisabled(syntax, path, place);
    const here = { ...place, path, memory: this.#memoryOf(id, syntax, path, place) };
    const from = this.#builder.graph.size;
    const group = this.#gated(id, syntax, this.#ungated(stage, needs, here), here);
    const name = `stage ${this.#prefix}${id}${place.suffix}`;
    this.#budget(syntax.budget, { name, from }, [...path, "budget"]);
    this.#notifyOf(stage, group, place);
    return group;
  }

  #memoryOf(
    id: string,
    work: Pick<StageSyntax, "memory" | "memory_shared" | "swarm_config">,
    path: Path,
    { settings: { memory } }: ListPlace,
  ): MemoryUse {
    return memoryUse(work, id, { memory, path }, this.#reporter);
  }

  #refuseDisabled(work: WorkSyntax, path: Path, { settings }: ListPlace): void {
    const found = disabledPart(work, settings);
    if (found === undefined) return;
    const message = `\`${found.key}\` needs ${found.part}, which is disabled under \`config\``;
    this.#reporter.reportKey("invalid-cascade", message, path, found.key);
  }

  /** The stages that need this one wait for its gate, which sees its output. */
  #gated(id: string, { gate }: Pick<StageSyntax, "gate">, group: Group, place: ListPlace): Group {
    if (gate === undefined) return group;
    const scope = new StageScope(place.scope);
    this.#name(id, group.target, scope);
    const memory = onlyNaming(place.memory);
    const frame = this.#add(`${id}--gate`, group.exits, { ...place, scope, memory });
    const stage = this.#compiler.gate(gate, group.target.stages, frame);
    const { exits } = this.#put(frame, stage, undefined);
    return { exits, target: group.target };
  }

  #ungated({ id, syntax, path }: OrderedStage, needs: readonly number[], place: ListPlace): Group {
    const here = { ...place, path };
    const kind = kindOf(syntax);
    refuseForeignKeys(syntax, kind, path, this.#reporter);
    switch (kind) {
      case "work":
      case "transform":
      case "pause":
        return this.#single(id, syntax, needs, here);
      case "nested":
      case "cascade":
        return this.#behindWhen(id, syntax, needs, here, (entry, place) =>
          this.#several(id, syntax, entry, place),
        );
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
    if (work.wait !== undefined || work.approve !== undefined) {
      const stage = this.#compiler.pause(work, frame);
      return this.#put(frame, stage, pauseFields(work));
    }
    const calls = writtenCalls(work, place.path);
    const stage = this.#compiler.work(work, calls, frame);
    const fields = fieldsOf(work, calls, this.#catalog);
    const fallbacks = [work.error_handling?.fallback ?? []].flat();
    const question = escalationOf(work, place.settings);
    const isMended = isMendedByFix(work, place.settings);
    const goesOn = fallbacks.length > 0 || question !== undefined;
    if (!isMended && !goesOn) return this.#put(frame, stage, fields);
    const first = this.#put(frame, { ...stage, continueOnError: true }, fields);
    const tries: Try[] = [first];
    if (isMended) {
      const order = { id, failed: { stage, position: first.position }, isLast: !goesOn };
      tries.push(...this.#autoFix(order, work, place));
    }
    for (const [index, skill] of fallbacks.entries()) {
      const isLast = index === fallbacks.length - 1 && question === undefined;
      tries.push(this.#fallback({ id, skill, index, tries, isLast }, work, place));
    }
    if (question !== undefined) {
      return inTurn([...tries, ...this.#escalation({ id, question, tries }, work, place)]);
    }
    return inTurn(tries);
  }

  /** When the stage has failed: `--fix` looks for fixes, and with one that was accepted `--fixed` is the stage once more. */
  #autoFix(
    { id, failed, isLast }: FixOrder,
    work: WorkSyntax & Pick<StageSyntax, "when">,
    place: ListPlace,
  ): readonly Try[] {
    const guard = { stage: failed.position, failed: true } as const;
    const path = [...place.path, "error_handling"];
    const memory = onlyNaming(place.memory);
    const fixing = this.#add(`${id}--fix`, [failed.position], { ...place, path, memory, guard });
    const looking = fixWork(work);
    const fixCalls = writtenCalls(looking, path).map((call) => ({ ...call, path }));
    const found = { catalog: this.#catalog, path, reporter: this.#reporter };
    const fix = onPathOf(
      failed.stage,
      this.#compiler.alternative(looking, fixCalls, fixing),
      found,
    );
    const tolerated = isLast ? {} : ({ continueOnError: true } as const);
    const { exits, position } = this.#put(fixing, { ...fix, ...tolerated }, undefined);
    const frame = this.#add(`${id}--fixed`, [position], { ...place, guard });
    const calls = writtenCalls(work, place.path);
    const again = this.#compiler.alternative(work, calls, frame);
    const when = this.#isOf("succeeded", { stages: [position], path }, frame);
    const fields = fieldsOf(work, calls, this.#catalog);
    const fixed = this.#put(frame, { ...again, ...when, ...tolerated }, fields);
    const isUnmended = { stages: [failed.position, fixed.position], path };
    return [
      { position, exits, target: { stages: [], fields: undefined } },
      { ...fixed, isUnmended, first: failed.position },
    ];
  }

  /** A condition: so ended the last of some stages that was not skipped. */
  #isOf(
    status: "succeeded" | "failed",
    { stages, path }: StagesAt,
    { names }: StageFrame,
  ): Pick<PlanStage, "when"> {
    const scope = new StageScope();
    scope.set(ASKED, { stages, fields: undefined });
    const text = `\${stages["${ASKED}"].status == "${status}"}`;
    const when = this.#compiler.decisions.when(text, path, { ...names, scope });
    return when === undefined ? {} : { when };
  }

  /** The same work by another skill, when the stage has failed. */
  #fallback(
    { id, skill, index, tries, isLast }: FallbackOrder,
    { error_handling: handling, skills: __, ...work }: WorkSyntax,
    place: ListPlace,
  ): Placed {
    const { guard, needs, unmended } = failureOf(tries);
    const number = index === 0 ? "" : `-${index + 1}`;
    const frame = this.#add(`${id}--fallback${number}`, needs, { ...place, guard });
    const whole = [...place.path, "error_handling", "fallback"];
    const path = Array.isArray(handling?.fallback) ? [...whole, index] : whole;
    const calls = writtenCalls({ ...work, skill }, place.path).map((call) => ({ ...call, path }));
    const stage = this.#compiler.alternative({ ...work, skill }, calls, frame);
    const when = unmended === undefined ? {} : this.#isOf("failed", unmended, frame);
    const tolerated = isLast ? {} : ({ continueOnError: true } as const);
    return this.#put(
      frame,
      { ...stage, ...when, ...tolerated },
      fieldsOf(work, calls, this.#catalog),
    );
  }

  /**
   * When all else has failed a person is asked: `--escalated` waits for the answer, `--answer` reads it, and `--again` is the
   * stage once more. A no fails the run, as every approval does.
   */
  #escalation(
    { id, question, tries }: EscalationOrder,
    work: WorkSyntax & Pick<StageSyntax, "when">,
    place: ListPlace,
  ): readonly [exits: Placed, again: Placed] {
    const { guard: failed, needs, unmended } = failureOf(tries);
    const path = [...place.path, "error_handling"];
    const scope = new StageScope(place.scope);
    this.#name(id, inTurn(tries).target, scope);
    const here = { ...place, path, scope, guard: failed };
    const asking = this.#add(`${id}--escalated`, needs, here);
    const when = unmended === undefined ? {} : this.#isOf("failed", unmended, asking);
    const message = questionText(id, question);
    const approve = { message, on_timeout: "deny" } as const;
    const pause = this.#compiler.pause({ approve }, asking);
    const asked = this.#put(asking, { ...pause, ...when }, undefined);
    const reading = this.#add(`${id}--answer`, [asked.position], here);
    const answer = this.#compiler.decision(answerTo(asked.position), {}, reading);
    const read = this.#put(reading, { ...answer, ...when }, undefined);
    const guard = { stage: read.position, branch: AGAIN };
    const frame = this.#add(`${id}--again`, [read.position], { ...place, guard });
    const calls = writtenCalls(work, place.path);
    const stage = this.#compiler.alternative(work, calls, frame);
    const again = this.#put(frame, stage, fieldsOf(work, calls, this.#catalog));
    const exits = [...asked.exits, ...read.exits];
    return [{ position: read.position, exits, target: { stages: [], fields: undefined } }, again];
  }

  /** Several stages behind one `when`: a decision goes before them. */
  #behindWhen(
    id: string,
    { when }: Pick<StageSyntax, "when">,
    needs: readonly number[],
    place: ListPlace,
    expand: (entry: readonly number[], place: ListPlace) => Group,
  ): Group {
    if (when === undefined) return expand(needs, place);
    const frame = this.#add(`${id}--when`, needs, place);
    const on = this.#compiler.decisions.when(when, place.path, frame.names);
    const decision = {
      ...(on === undefined ? {} : { on }),
      branches: [{ name: "then" }, { name: "else" }],
    };
    const { position } = this.#put(frame, this.#compiler.decision(decision, {}, frame), undefined);
    const inner = expand([position], { ...place, guard: { stage: position, branch: "then" } });
    return { exits: [position, ...inner.exits], target: inner.target };
  }

  /** A list of stages or another cascade, once or for each entry of a list. */
  #several(id: string, work: WorkSyntax, needs: readonly number[], place: ListPlace): Group {
    const once = (entry: readonly number[], here: ListPlace): Group =>
      work.cascade === undefined
        ? this.#innerList(work, entry, here)
        : this.#subCascade(id, work, entry, here);
    if (hasEntries(work)) return this.#each.expand(id, work, { needs, place }, once);
    for (const key of ["max_parallel", "max_items"] as const) {
      if (work[key] === undefined) continue;
      const message = `\`${key}\` belongs to a stage with \`foreach\` or \`matrix\``;
      this.#reporter.reportKey("invalid-cascade", message, place.path, key);
    }
    return once(needs, place);
  }

  /** The stages of another cascade: a value that is its inputs, then its stages with the id before theirs. */
  #subCascade(id: string, work: WorkSyntax, needs: readonly number[], place: ListPlace): Group {
    const whole = `${this.#prefix}${id}${place.suffix}`;
    const frame = this.#add(`${id}--inputs`, needs, place);
    const sub = this.#subCascades.open(work.cascade ?? "", {
      path: [...place.path, "cascade"],
      reporter: this.#reporter,
      inputsStage: frame.names.stage,
    });
    const inputs = this.#compiler.inputsOfCascade(sub?.inputs ?? [], work, frame);
    const { position } = this.#put(frame, inputs, undefined);
    if (sub === undefined) return { exits: [position], target: { stages: [], fields: undefined } };
    const inner = new Expander({
      builder: this.#builder,
      catalog: this.#catalog,
      prefix: `${whole}--`,
      ...sub,
    });
    const model = work.model ?? place.settings.model;
    const settings = settingsOf(sub.cascade, { ...place.settings, model });
    const group = inner.cascade(sub.cascade, whole, {
      entry: [position],
      guard: place.guard,
      settings,
      turns: place.turns,
    });
    sub.close();
    return group;
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
    const whole = `${id}--${name}`;
    const written = typeof syntax === "string" ? {} : syntax;
    const here = { ...place, path, guard, memory: this.#memoryOf(id, written, path, place) };
    if (typeof syntax === "string") {
      return this.#single(whole, { skill: syntax }, [decision], {
        ...here,
        path: path.slice(0, -1),
      });
    }
    const { when: _, condition: __, at_least: ___, ...work } = syntax;
    refuseForeignKeys(work, kindOf(work), path, this.#reporter);
    this.#refuseDisabled(work, path, place);
    const from = this.#builder.graph.size;
    const group = this.#gated(whole, work, this.#branchWork(whole, work, [decision], here), here);
    const title = `stage ${this.#prefix}${whole}${place.suffix}`;
    this.#budget(work.budget, { name: title, from }, [...path, "budget"]);
    return group;
  }

  #branchWork(id: string, work: WorkSyntax, needs: readonly number[], place: ListPlace): Group {
    if (work.stages !== undefined || work.cascade !== undefined) {
      return this.#several(id, work, needs, place);
    }
    return this.#single(id, work, needs, place);
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

  #add(id: string, needs: readonly number[], place: ListPlace): StageFrame {
    return this.#reserve(`${this.#prefix}${id}${place.suffix}`, needs, place);
  }

  #reserve(id: string, needs: readonly number[], place: ListPlace): StageFrame {
    const { path, guard, scope, iteration, settings, memory, each } = place;
    const isGuarded = guard === undefined || needs.includes(guard.stage);
    const all = isGuarded ? needs : [...needs, guard.stage];
    const stage = this.#builder.reserve(id, all, path, this.#reporter);
    const isOff = settings.disabled.has("memory_persistence");
    const nameable = isOff ? undefined : memory;
    const names = { stage, scope, hasItem: false, iteration, each, memory: nameable };
    return { id, needs: all, guard, path, names, settings, memory };
  }

  #put(frame: StageFrame, stage: PlanStage, fields: Fields): Group & { readonly position: number } {
    this.#names.addFields(fields);
    return this.#builder.put(frame.names.stage, withMemory(stage, frame.memory), fields);
  }
}

interface FixOrder {
  readonly id: string;
  readonly failed: { readonly stage: PlanStage; readonly position: number };
  /** Nothing comes after it. */
  readonly isLast: boolean;
}

/** Stages of the plan, and what is written that asks for them. */
interface StagesAt {
  readonly stages: readonly number[];
  readonly path: Path;
}

interface FallbackOrder {
  readonly id: string;
  readonly skill: string;
  /** Among the fallbacks of the stage. */
  readonly index: number;
  /** What has failed before. */
  readonly tries: readonly Try[];
  /** Nothing comes after it. */
  readonly isLast: boolean;
}

interface EscalationOrder {
  readonly id: string;
  readonly question: string | true;
  readonly tries: readonly Try[];
}

type Placed = Group & { readonly position: number };
type Try = Placed & {
  /** It is skipped when there is no fix: then the failure of these stages counts, of which the first ran in any case. */
  readonly isUnmended?: StagesAt;
  readonly first?: number;
};

/** What is true when all that was tried has failed. */
function failureOf(tries: readonly Try[]): {
  readonly guard: NonNullable<PlanStage["guard"]>;
  readonly needs: readonly number[];
  readonly unmended: StagesAt | undefined;
} {
  const { position = 0, isUnmended: unmended, first = position } = tries.at(-1) ?? {};
  return { guard: { stage: first, failed: true }, needs: [position], unmended };
}

const ASKED = "asked";

/** Stages of which each stands in for those before it: the last that succeeded gives the output. */
function inTurn(groups: readonly Group[]): Group {
  const withOutput = groups.filter(({ target }) => target.stages.length > 0);
  return {
    exits: groups.flatMap(({ exits }) => exits),
    target: {
      stages: withOutput.flatMap(({ target }) => target.stages),
      fields: commonFields(withOutput.map(({ target }) => target.fields)),
    },
  };
}

const AGAIN = "again";

/** `skip` as the comment of an approval goes on without the stage; whatever else, it is done once more. */
function answerTo(asked: number): Decision {
  const scope = { kind: "stage", indexes: [asked] } as const;
  const reference = { scope, path: ["comment"], source: "${the comment of the answer}" };
  const branches = [{ name: "skip" }];
  return { on: { kind: "reference", reference }, branches, otherwise: AGAIN };
}

function questionText(id: string, question: string | true): string {
  const error = `\${stages["${id}"].error.code}: \${stages["${id}"].error.message}`;
  const asked = question === true ? `The stage ${id} has failed for good.` : question;
  return `${asked}\n${error}\nApprove to try it once more, approve with the comment "skip" to go on without it, deny to end the run.`;
}

const DECISION_FIELDS: Fields = new Map([
  ["branch", { type: "string", isOffered: false }],
  ["value", { type: "any", isOffered: false }],
]);

function pauseFields({ wait }: WorkSyntax): Fields {
  if (wait === undefined) return APPROVAL_FIELDS;
  return typeof wait === "object" ? SIGNAL_FIELDS : WAIT_FIELDS;
}

const WAIT_FIELDS: Fields = new Map([["waited", { type: "boolean", isOffered: false }]]);
const SIGNAL_FIELDS: Fields = new Map([
  ["received", { type: "boolean", isOffered: false }],
  ["data", { type: "any", isOffered: false }],
  ["by", { type: "any", isOffered: false }],
]);
const APPROVAL_FIELDS: Fields = new Map([
  ["approved", { type: "boolean", isOffered: false }],
  ["by", { type: "any", isOffered: false }],
  ["comment", { type: "any", isOffered: false }],
]);

const EMPTY: OrderedStage = { id: "", syntax: {}, path: [], needs: [] };

/** Stages of a parallel list without `needs` of their own need nothing in it. */
function withoutOrder(stage: StageSyntax): StageSyntax {
  return stage.needs === undefined && stage.dependencies === undefined
    ? { ...stage, needs: [] }
    : stage;
}
