import { parseStageId, type StageId } from "../core/ids.ts";
import type { Json } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { Decision, InputSpec, PlanStage, Template } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import { isAutoFix, isMendedByFix } from "./auto-fix.ts";
import type { CascadeSettings } from "./cascade-settings.ts";
import { DecisionCompiler } from "./decision-compiler.ts";
import { refuseBesideInline } from "./inline-work.ts";
import { InputBinding } from "./input-binding.ts";
import type { NamePlace, Names } from "./names.ts";
import { Origins } from "./origins.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { StageSyntax, WorkSyntax } from "./schema.ts";
import { SkillCalls, type WrittenCall } from "./skill-calls.ts";
import { stageCacheOf } from "./stage-cache.ts";
import { type Fields, fieldsOfTemplate } from "./stage-graph.ts";
import type { MemoryUse } from "./stage-memory.ts";
import { modelPolicyOf, NO_RETRY, pauseOf, retryOf, swarmOf, timeoutOf } from "./stage-policies.ts";
import { mayBe, TemplateCompiler } from "./template-compiler.ts";

/** What a stage of the plan has of its place, whatever it does. */
export interface StageFrame {
  readonly id: string;
  readonly needs: readonly number[];
  readonly guard: PlanStage["guard"];
  readonly path: Path;
  readonly names: NamePlace;
  readonly settings: CascadeSettings;
  readonly memory: MemoryUse;
}

/** Compiles single stages of the plan. */
export class StageCompiler {
  readonly decisions: DecisionCompiler;
  readonly #templates: TemplateCompiler;
  readonly #skills: SkillCalls;
  readonly #binding: InputBinding;
  readonly #reporter: Reporter;
  readonly #catalog: SkillCatalog;

  constructor(parts: {
    readonly catalog: SkillCatalog;
    readonly names: Names;
    readonly reporter: Reporter;
    /** Those of the plan that are compiled already, by position. */
    readonly stages: readonly PlanStage[];
  }) {
    const { catalog, names, reporter } = parts;
    this.#reporter = reporter;
    this.#catalog = catalog;
    this.#templates = new TemplateCompiler(names, reporter);
    this.#binding = new InputBinding(names, this.#templates, reporter);
    const origins = new Origins(parts.stages);
    this.#skills = new SkillCalls({ catalog, binding: this.#binding, reporter, origins });
    this.decisions = new DecisionCompiler(this.#templates, reporter);
  }

  /** A stage that runs skills. */
  work(
    work: WorkSyntax & Pick<StageSyntax, "when">,
    calls: readonly WrittenCall[],
    frame: StageFrame,
  ): PlanStage {
    const { path } = frame;
    const type = work.type ?? "sequential";
    if (work.skill !== undefined && work.skills !== undefined) {
      this.#reporter.report("invalid-cascade", "a stage has `skill` or `skills`, not both", path);
    }
    if (calls.length === 0) {
      const hint = "add `skill: <name>`";
      this.#reporter.report("invalid-cascade", "a stage needs a skill", path, hint);
    }
    if (type === "sequential" && calls.length > 1) {
      const hint = "use `type: parallel`, or one stage for each skill";
      const message = "a sequential stage has one skill";
      this.#reporter.report("invalid-cascade", message, [...path, "skills"], hint);
    }
    if (work.foreach !== undefined && work.matrix !== undefined) {
      const message = "a stage has `foreach` or `matrix`, not both";
      this.#reporter.report("invalid-cascade", message, path);
    }
    if (work.skills !== undefined && work.outputs !== undefined) {
      const message = "`outputs` belongs to one skill, and this stage has several";
      const hint = "write it with each: { skill, inputs, outputs }";
      this.#reporter.reportKey("invalid-cascade", message, path, "outputs", hint);
    }
    const { strategy, fallback } = work.error_handling ?? {};
    if (type === "codex-sandbox" && strategy !== undefined && isAutoFix(strategy)) {
      const message = "a stage of type codex-sandbox looks for fixes itself";
      const hint = `leave \`strategy: ${strategy}\` out`;
      this.#reporter.report("invalid-cascade", message, [...path, "error_handling"], hint);
    }
    if (strategy?.startsWith("fallback") === true && fallback === undefined) {
      const message = `the strategy ${strategy} needs a skill to fall back to`;
      const hint = "add `fallback: <skill>` beside it";
      this.#reporter.report("invalid-cascade", message, [...path, "error_handling"], hint);
    }
    this.#refuseForeignSettings(work, frame);
    refuseBesideInline(work, path, this.#reporter);
    this.#skills.refuseUnknownInputs(work, path, calls);
    const stage = this.alternative(work, calls, frame);
    const { skills } = stage;
    const cached = { work, calls, skills, memory: frame.memory, path };
    const place = { path: [...path, "cache", "key"], names: frame.names };
    const cache = stageCacheOf(
      cached,
      this.#catalog,
      this.#reporter,
      (key) => this.#templates.compile(key, place).template,
    );
    return cache === undefined ? stage : { ...stage, cache };
  }

  /** The same without a look at what is wrong whatever carries it out. */
  alternative(
    work: WorkSyntax & Pick<StageSyntax, "when">,
    calls: readonly WrittenCall[],
    frame: StageFrame,
  ): PlanStage {
    const { path, names } = frame;
    const hasMatrix = work.matrix !== undefined;
    const hasItem = work.foreach !== undefined || hasMatrix;
    const foreach = this.#foreach(work.foreach, frame) ?? this.#matrix(work.matrix, frame);
    const swarm = swarmOf(work, path, this.#reporter);
    const policy = modelPolicyOf(work, frame.settings);
    return {
      ...this.#frame(frame, work),
      type: work.type ?? "sequential",
      skills: calls.map((call) =>
        this.#skills.compile(
          call,
          { ...names, hasItem, hasMatrix },
          { foreach, policy, context: frame.settings.context },
        ),
      ),
      ...(foreach === undefined ? {} : { foreach }),
      ...(work.max_parallel === undefined ? {} : { maxParallel: work.max_parallel }),
      ...(swarm === undefined ? {} : { swarm }),
      ...policy,
      retry: retryOf(work, frame, this.#reporter),
      timeoutMs: timeoutOf(work, path, this.#reporter),
      single: !hasItem && calls.length === 1,
    };
  }

  /** A stage whose output the coordinator evaluates. */
  transform(
    value: Json,
    key: string,
    work: Pick<StageSyntax, "when" | "continue_on_error">,
    frame: StageFrame,
  ): { readonly stage: PlanStage; readonly fields: Fields } {
    const place = { path: [...frame.path, key], names: frame.names };
    const { template } = this.#templates.compile(value, place);
    return {
      stage: { ...this.#frame(frame, work), ...WITHOUT_TASKS, type: "transform", value: template },
      fields: fieldsOfTemplate(template),
    };
  }

  /** What a stage with several stages goes through: `foreach` or `matrix`. */
  list(work: Pick<StageSyntax, "foreach" | "matrix">, frame: StageFrame): Template {
    if (work.foreach !== undefined && work.matrix !== undefined) {
      const message = "a stage has `foreach` or `matrix`, not both";
      this.#reporter.report("invalid-cascade", message, frame.path);
    }
    const list = this.#foreach(work.foreach, frame) ?? this.#matrix(work.matrix, frame);
    return list ?? { kind: "literal", value: [] };
  }

  /** A stage whose output is a compiled value. */
  valueOf(value: Template, frame: StageFrame): PlanStage {
    return { ...this.#frame(frame, {}), ...WITHOUT_TASKS, type: "transform", value };
  }

  /** A stage that waits for a time, for a signal or for a person. */
  pause(work: WorkSyntax & Pick<StageSyntax, "when">, frame: StageFrame): PlanStage {
    const { path, names } = frame;
    if (work.wait !== undefined && work.approve !== undefined) {
      const message = "a stage has `wait` or `approve`, not both";
      this.#reporter.report("invalid-cascade", message, path);
    }
    const { ms } = pauseOf(work, path, this.#reporter);
    const base = { ...this.#frame(frame, work), ...WITHOUT_TASKS };
    const { wait, approve } = work;
    const limit = ms === undefined ? {} : { timeoutMs: ms };
    if (typeof wait === "object") {
      const { signal, on_timeout: onTimeout } = wait;
      return { ...base, type: "wait", pause: { for: "signal", signal, ...limit, onTimeout } };
    }
    if (wait !== undefined) return { ...base, type: "wait", pause: { for: "time", ms: ms ?? 0 } };
    const isMapping = typeof approve === "object";
    const text = isMapping ? approve.message : approve === true ? "Go on?" : (approve ?? "");
    const place = isMapping ? [...path, "approve", "message"] : [...path, "approve"];
    const { template } = this.#templates.compile(text, { path: place, names });
    const onTimeout = isMapping ? approve.on_timeout : "deny";
    return {
      ...base,
      type: "approve",
      pause: { for: "approval", message: template, ...limit, onTimeout },
    };
  }

  /** What must be true of these stages when they have ended. */
  gate(written: string | boolean, stages: readonly number[], frame: StageFrame): PlanStage {
    const value = this.decisions.truth("gate", written, frame.path, frame.names);
    const gate = { source: String(written), stages };
    return {
      ...this.#frame(frame, {}),
      ...WITHOUT_TASKS,
      type: "transform",
      value: value ?? { kind: "literal", value: true },
      gate,
    };
  }

  /** The inputs of a sub-cascade, as one value. */
  inputsOfCascade(specs: readonly InputSpec[], work: WorkSyntax, frame: StageFrame): PlanStage {
    const given = { values: work.inputs ?? {}, path: [...frame.path, "inputs"] };
    const title = `the cascade "${work.cascade}"`;
    const callee = { title, path: [...frame.path, "cascade"], inputs: [given] };
    this.#binding.refuseUnknown(
      given,
      specs.map(({ name }) => name),
      `${title} has`,
    );
    const entries = specs.map((spec): readonly [string, Template] => {
      const bound = this.#binding.bind(spec, callee, frame.names);
      return [spec.name, bound ?? { kind: "literal", value: spec.default ?? null }];
    });
    const value: Template = { kind: "map", entries: Object.fromEntries(entries) };
    return { ...this.#frame(frame, {}), ...WITHOUT_TASKS, type: "transform", value };
  }

  decision(
    decision: Decision,
    work: Pick<StageSyntax, "when" | "continue_on_error">,
    frame: StageFrame,
  ): PlanStage {
    return { ...this.#frame(frame, work), ...WITHOUT_TASKS, type: "conditional", decision };
  }

  #frame(
    { id, needs, guard, path, names }: StageFrame,
    work: Pick<StageSyntax, "when" | "continue_on_error">,
  ): Pick<PlanStage, "id" | "needs" | "guard" | "when" | "continueOnError"> {
    const when = this.decisions.when(work.when, path, names);
    return {
      id: stageId(id),
      needs,
      ...(guard === undefined ? {} : { guard }),
      ...(when === undefined ? {} : { when }),
      ...(work.continue_on_error === true ? { continueOnError: true } : {}),
    };
  }

  #refuseForeignSettings(work: WorkSyntax, { path, settings }: StageFrame): void {
    if (work.type === "codex-sandbox" || isMendedByFix(work, settings)) return;
    for (const key of SANDBOX_KEYS) {
      if (work[key] === undefined) continue;
      const message = `\`${key}\` belongs to a \`codex-sandbox\` stage, or one with \`strategy: codex-auto-fix\``;
      this.#reporter.reportKey("invalid-cascade", message, path, key);
    }
  }

  #foreach(written: Json | undefined, { path, names }: StageFrame): Template | undefined {
    if (written === undefined) return undefined;
    const place = { path: [...path, "foreach"], names };
    const { template, type } = this.#templates.compile(written, place);
    if (!mayBe(type, "array")) {
      const message = `\`foreach\` must be a list, but is of type ${type}`;
      this.#reporter.report("invalid-cascade", message, place.path);
    }
    const given = Array.isArray(written) ? written.length : 0;
    if (given > LIMITS.fanOutItems) {
      const message = `fanOutItems: ${given} given, ${LIMITS.fanOutItems} allowed`;
      this.#reporter.report("limit-exceeded", message, place.path);
    }
    return template;
  }

  /** Every combination of the matrix's values. */
  #matrix(written: WorkSyntax["matrix"], { path, names }: StageFrame): Template | undefined {
    if (written === undefined) return undefined;
    const axes: Record<string, Template> = {};
    let combinations = 1;
    for (const [name, values] of Object.entries(written)) {
      const place = { path: [...path, "matrix", name], names };
      const { template, type } = this.#templates.compile(values, place);
      if (!mayBe(type, "array")) {
        const message = `\`matrix.${name}\` must be a list, but is of type ${type}`;
        this.#reporter.report("invalid-cascade", message, place.path);
      }
      if (Array.isArray(values)) combinations *= values.length;
      axes[name] = template;
    }
    if (combinations > LIMITS.fanOutItems) {
      const message = `fanOutItems: ${combinations} given, ${LIMITS.fanOutItems} allowed`;
      this.#reporter.report("limit-exceeded", message, [...path, "matrix"]);
    }
    return { kind: "product", axes };
  }
}

const SANDBOX_KEYS = [
  ...(["test_suite", "tests", "codex_config", "fix_strategy", "error_recovery"] as const),
];

const WITHOUT_TASKS = {
  skills: [],
  retry: NO_RETRY,
  timeoutMs: 0,
  single: true,
} satisfies Partial<PlanStage>;

/** An id that was found wrong is reported where it is written; the plan that holds it is never used. */
function stageId(id: string): StageId {
  return parseStageId(id.slice(0, 64));
}
