import type { ErrorCode } from "../core/errors.ts";
import { isToken, parseStageId } from "../core/ids.ts";
import { isJsonObject, type Json } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type {
  InputSpec,
  InputType,
  Plan,
  PlanStage,
  RetryPolicy,
  SkillCall,
  Template,
} from "../core/plan.ts";
import { kindOf, type SkillCatalog, type SkillManifest } from "../core/skill.ts";
import type { Diagnostic, Warning } from "./diagnostic.ts";
import { DURATION_FORM, parseDuration } from "./duration.ts";
import { Findings } from "./findings.ts";
import { fitsType } from "./inputs.ts";
import { Names, type OutputField, RESERVED_STAGE_IDS, type Resolved } from "./names.ts";
import { didYouMean } from "./nearest.ts";
import { orderStages } from "./order.ts";
import { type ParsedYaml, parseYaml, type Source } from "./parse.ts";
import { type CascadeSyntax, cascadeAsMapping, cascadeAsName, type StageSyntax } from "./schema.ts";
import { SchemaIssues } from "./schema-issues.ts";
import { splitText, type TextPart } from "./template.ts";

export type Compiled =
  | { readonly ok: true; readonly plan: Plan; readonly warnings: readonly Warning[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

const DEFAULT_TIMEOUT_MS = 600_000;
const DEFAULT_RETRIES = 3;
const DEFAULT_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/** Checks a cascade and compiles it to a plan, or says everything that is wrong with it and where. */
export function compileCascade(source: Source, catalog: SkillCatalog): Compiled {
  const yaml = parseYaml(source);
  if (!yaml.ok) return yaml;
  const findings = new Findings();
  const asName = isJsonObject(yaml.data) && typeof yaml.data["cascade"] === "string";
  const syntax = (asName ? cascadeAsName : cascadeAsMapping).safeParse(yaml.data);
  if (!syntax.success) {
    new SchemaIssues(yaml, asName, findings).report(syntax.error.issues);
    return { ok: false, diagnostics: findings.list() };
  }
  const root = asName ? [] : ["cascade"];
  return new Compiler(syntax.data.cascade, yaml, root, catalog, findings).compile();
}

type Path = readonly PropertyKey[];

/** A stage, where it stands in the file and in the plan. */
interface OrderedStage {
  readonly id: string;
  readonly syntax: StageSyntax;
  readonly path: Path;
  readonly position: number;
  /** Positions in the plan. */
  readonly needs: readonly number[];
  readonly calls: readonly WrittenCall[];
}

/** A skill as a stage names it. Inputs of its own go before those that the stage gives to all its skills. */
interface WrittenCall {
  readonly skill: string;
  readonly path: Path;
  readonly inputs: readonly WrittenInputs[];
}

interface WrittenInputs {
  readonly values: Readonly<Record<string, Json>>;
  readonly path: Path;
}

/** Where a template stands. */
interface TemplatePlace {
  readonly path: Path;
  readonly stage: OrderedStage;
  readonly hasItem: boolean;
}

interface Typed {
  readonly template: Template;
  readonly type: InputType;
}

class Compiler {
  readonly #cascade: CascadeSyntax;
  readonly #yaml: ParsedYaml;
  readonly #root: Path;
  readonly #catalog: SkillCatalog;
  readonly #findings: Findings;

  constructor(
    cascade: CascadeSyntax,
    yaml: ParsedYaml,
    root: Path,
    catalog: SkillCatalog,
    findings: Findings,
  ) {
    this.#cascade = cascade;
    this.#yaml = yaml;
    this.#root = root;
    this.#catalog = catalog;
    this.#findings = findings;
  }

  compile(): Compiled {
    const inputs = this.#compileInputs();
    const ordered = this.#orderStages();
    const names = new Names(
      inputs,
      ordered.map((stage) => ({
        id: stage.id,
        needs: stage.needs,
        fields: this.#fieldsOf(stage),
      })),
    );
    const stages = ordered.map((stage) => this.#compileStage(stage, names));
    if (!this.#findings.isEmpty) return { ok: false, diagnostics: this.#findings.list() };
    const { name, version, description } = this.#cascade;
    const plan: Plan = {
      v: 1,
      cascade: name,
      // As written: the number 1.10 would read as 1.1.
      ...(version === undefined
        ? {}
        : { version: this.#yaml.written([...this.#root, "version"]) ?? String(version) }),
      ...(description === undefined ? {} : { description }),
      inputs,
      stages,
    };
    return { ok: true, plan, warnings: this.#unusedInputs(names) };
  }

  #compileInputs(): readonly InputSpec[] {
    const seen = new Set<string>();
    return this.#cascade.inputs.map((input, index) => {
      const { required, default: fallback, ...rest } = input;
      if (fallback !== undefined && !fitsType(fallback, input.type)) {
        this.#report(
          "invalid-cascade",
          `the default of "${input.name}" must be of type ${input.type}`,
          ["inputs", index, "default"],
        );
      }
      if (seen.has(input.name)) {
        const path = ["inputs", index, "name"];
        this.#report("invalid-cascade", `the input "${input.name}" is declared twice`, path);
      }
      seen.add(input.name);
      return {
        ...rest,
        required: required ?? fallback === undefined,
        ...(fallback === undefined ? {} : { default: fallback }),
      };
    });
  }

  #unusedInputs(names: Names): readonly Warning[] {
    return this.#cascade.inputs.flatMap(({ name }, index): Warning[] => {
      if (names.isUsed(name)) return [];
      const location = this.#yaml.locate([...this.#root, "inputs", index]);
      const message = `the input "${name}" is not used by any stage`;
      return [{ severity: "warning", code: "unused-input", message, location }];
    });
  }

  #orderStages(): readonly OrderedStage[] {
    const { stages } = this.#cascade;
    const ids = stages.map((stage, index) => this.#idOf(stage, index));
    const positions = new Map<string, number>();
    for (const [index, id] of ids.entries()) {
      if (positions.has(id)) {
        this.#report("invalid-cascade", `two stages are called "${id}"`, ["stages", index]);
      } else {
        positions.set(id, index);
      }
    }
    const needs = stages.map((stage, index) => this.#needsOf(stage, index, positions));
    const { order, cycle } = orderStages(needs);
    if (cycle !== undefined) {
      const names = cycle.map((index) => ids[index]).join(" → ");
      const path = ["stages", cycle[0] ?? 0];
      this.#report("invalid-cascade", `stages need each other: ${names}`, path);
    }
    const planned = new Map(order.map((written, position) => [written, position]));
    return order.flatMap((written, position): OrderedStage[] => {
      const syntax = stages[written];
      if (syntax === undefined) return [];
      return [
        {
          id: ids[written] ?? "",
          syntax,
          path: ["stages", written],
          position,
          needs: (needs[written] ?? []).flatMap((needed) => planned.get(needed) ?? []),
          calls: writtenCalls(syntax, ["stages", written]),
        },
      ];
    });
  }

  #idOf(stage: StageSyntax, index: number): string {
    const path = ["stages", index];
    if (stage.stage !== undefined && stage.stage_id !== undefined) {
      this.#report("invalid-cascade", "a stage has `stage` or `stage_id`, not both", path);
    }
    const id = stage.stage_id ?? stage.stage ?? stage.name;
    if (id === undefined) {
      const hint = "add `stage: <name>`";
      this.#report("invalid-cascade", "a stage needs a name", path, hint);
      return `stage-${index + 1}`;
    }
    const key = stage.stage_id !== undefined ? "stage_id" : stage.stage ? "stage" : "name";
    if (!isToken(id)) {
      const hint = "use letters, digits, hyphens and underscores, or add `stage_id`";
      const message = `${JSON.stringify(id)} cannot name a stage`;
      this.#report("invalid-cascade", message, [...path, key], hint);
      return `stage-${index + 1}`;
    }
    if (RESERVED_STAGE_IDS.has(id)) {
      const message = `"${id}" cannot name a stage: it has a meaning of its own`;
      this.#report("invalid-cascade", message, [...path, key]);
    }
    return id;
  }

  /** Without `needs`, a stage needs the one written before it. */
  #needsOf(
    stage: StageSyntax,
    index: number,
    positions: ReadonlyMap<string, number>,
  ): readonly number[] {
    if (stage.needs !== undefined && stage.dependencies !== undefined) {
      const message = "a stage has `needs` or `dependencies`, not both";
      this.#report("invalid-cascade", message, ["stages", index]);
    }
    const written = stage.needs ?? stage.dependencies;
    if (written === undefined) return index === 0 ? [] : [index - 1];
    const key = stage.needs === undefined ? "dependencies" : "needs";
    const needs = written.flatMap((name, at) => {
      const needed = positions.get(name);
      if (needed !== undefined) return [needed];
      this.#report(
        "invalid-cascade",
        `no stage is called ${JSON.stringify(name)}`,
        ["stages", index, key, at],
        () =>
          didYouMean(
            name,
            [...positions.keys()].filter((id) => positions.get(id) !== index),
          ),
      );
      return [];
    });
    return [...new Set(needs)];
  }

  /** What `${stage.…}` may name; undefined when nothing is declared about it. See `stageOutput`. */
  #fieldsOf({ syntax, calls }: OrderedStage): ReadonlyMap<string, OutputField> | undefined {
    const isMany = syntax.foreach !== undefined || calls.length > 1;
    if (isMany) {
      const type = syntax.foreach === undefined ? "object" : "array";
      const skills = calls.map((call) => call.skill);
      const once = skills.filter((skill) => skills.indexOf(skill) === skills.lastIndexOf(skill));
      return new Map([
        ...once.map((skill) => [skill, { type, isOffered: false }] as const),
        ["results", { type: "array", isOffered: false }],
      ]);
    }
    const outputs = this.#catalog.find(calls[0]?.skill ?? "")?.outputs ?? [];
    if (outputs.length === 0) return undefined;
    return new Map(
      outputs.map(({ name, type, required }) => [name, { type, isOffered: required }]),
    );
  }

  #compileStage(stage: OrderedStage, names: Names): PlanStage {
    const { syntax, path, calls } = stage;
    if (syntax.skill !== undefined && syntax.skills !== undefined) {
      this.#report("invalid-cascade", "a stage has `skill` or `skills`, not both", path);
    }
    if (calls.length === 0) {
      this.#report("invalid-cascade", "a stage needs a skill", path, "add `skill: <name>`");
    }
    if (syntax.type === "sequential" && calls.length > 1) {
      const hint = "use `type: parallel`, or one stage for each skill";
      const message = "a sequential stage has one skill";
      this.#report("invalid-cascade", message, [...path, "skills"], hint);
    }
    this.#refuseUnknownInputs(stage);
    const foreach = this.#foreach(stage, names);
    const swarm = this.#swarm(syntax, path);
    return {
      id: parseStageId(stage.id),
      type: syntax.type,
      needs: stage.needs,
      skills: calls.map((call) => this.#compileCall(call, stage, names)),
      ...(foreach === undefined ? {} : { foreach }),
      ...(swarm === undefined ? {} : { swarm }),
      retry: this.#retry(syntax, path),
      timeoutMs: this.#timeout(syntax, path),
      single: syntax.foreach === undefined && calls.length === 1,
    };
  }

  #foreach(stage: OrderedStage, names: Names): Template | undefined {
    const written = stage.syntax.foreach;
    if (written === undefined) return undefined;
    const path = [...stage.path, "foreach"];
    const { template, type } = this.#template(written, { path, stage, hasItem: false }, names);
    if (!mayBe(type, "array")) {
      this.#report("invalid-cascade", `\`foreach\` must be a list, but is of type ${type}`, path);
    }
    const given = Array.isArray(written) ? written.length : 0;
    if (given > LIMITS.fanOutItems) {
      const message = `fanOutItems: ${given} given, ${LIMITS.fanOutItems} allowed`;
      this.#report("limit-exceeded", message, path);
    }
    return template;
  }

  #compileCall(call: WrittenCall, stage: OrderedStage, names: Names): SkillCall {
    const manifest = this.#catalog.find(call.skill);
    const refusal = this.#catalog.refusalOf(call.skill);
    if (refusal !== undefined) {
      this.#report(refusal.code, refusal.message, call.path, refusal.hint);
    }
    if (manifest === undefined) {
      if (refusal === undefined) {
        const message = `no skill is called ${JSON.stringify(call.skill)}`;
        this.#report("unknown-skill", message, call.path, () =>
          didYouMean(call.skill, this.#catalog.names()),
        );
      }
      return { skill: call.skill, lane: "light", inputs: {} };
    }
    if (kindOf(manifest) === "prompt") {
      const message = `the skill "${call.skill}" instructs a model, which this version cannot run`;
      this.#report("not-supported", message, call.path);
    }
    const inputs: Record<string, Template> = {};
    for (const spec of manifest.inputs) {
      const template = this.#bind(spec, call, stage, names);
      if (template !== undefined) inputs[spec.name] = template;
    }
    return { skill: call.skill, lane: manifest.lane, inputs };
  }

  /** Inputs that a stage gives to all its skills must be known to one of them, a skill's own to that skill. */
  #refuseUnknownInputs({ syntax, path, calls }: OrderedStage): void {
    const specsOf = (manifest: SkillManifest): readonly string[] =>
      manifest.inputs.map((spec) => spec.name);
    const manifests = calls.map((call) => this.#catalog.find(call.skill));
    for (const [index, call] of calls.entries()) {
      const manifest = manifests[index];
      const own = call.inputs.length > 1 ? call.inputs[0] : undefined;
      if (manifest === undefined || own === undefined) continue;
      const who = `the skill "${call.skill}" has`;
      this.#refuseUnknownKeys(Object.keys(own.values), specsOf(manifest), own.path, who);
    }
    // An unknown skill, reported on its own, may know any input.
    if (manifests.includes(undefined) || manifests.length === 0) return;
    const known = manifests.flatMap((manifest) =>
      manifest === undefined ? [] : specsOf(manifest),
    );
    const who =
      calls.length === 1 ? `the skill "${calls[0]?.skill}" has` : "the skills of this stage have";
    const given = Object.keys(syntax.inputs ?? {});
    this.#refuseUnknownKeys(given, [...new Set(known)], [...path, "inputs"], who);
  }

  #refuseUnknownKeys(
    given: readonly string[],
    known: readonly string[],
    path: Path,
    who: string,
  ): void {
    for (const key of given) {
      if (known.includes(key)) continue;
      this.#findings.report(
        "unknown-input",
        `${who} no input ${JSON.stringify(key)}`,
        () => this.#yaml.locate([...this.#root, ...path], key),
        () => didYouMean(key, known),
      );
    }
  }

  /**
   * Where an input comes from: what is written; else the cascade input of that name; else the output of that
   * name which the nearest needed stage declares; else the skill's own default.
   */
  #bind(
    spec: InputSpec,
    call: WrittenCall,
    stage: OrderedStage,
    names: Names,
  ): Template | undefined {
    for (const { values, path } of call.inputs) {
      if (!Object.hasOwn(values, spec.name)) continue;
      const place = {
        path: [...path, spec.name],
        stage,
        hasItem: stage.syntax.foreach !== undefined,
      };
      return this.#typedTemplate(values[spec.name] ?? null, spec, place, names);
    }
    const implied = names.implied(spec.name, stage.position);
    if (implied !== undefined) return this.#impliedTemplate(implied, spec, call);
    if (spec.required && spec.default === undefined) {
      const what = spec.description === undefined ? "" : `: ${spec.description}`;
      const message = `the skill "${call.skill}" needs the input "${spec.name}"`;
      this.#report("missing-input", message, call.path, `add it under \`inputs\`${what}`);
    }
    return undefined;
  }

  #typedTemplate(value: Json, spec: InputSpec, place: TemplatePlace, names: Names): Template {
    const { template, type } = this.#template(value, place, names);
    const isEmpty = template.kind === "literal" && template.value === null && !spec.required;
    const fits =
      template.kind === "literal" ? fitsType(template.value, spec.type) : mayBe(type, spec.type);
    if (!fits && !isEmpty) {
      const given = template.kind === "literal" ? "" : `, but ${JSON.stringify(value)} is ${type}`;
      const message = `"${spec.name}" must be of type ${spec.type}${given}`;
      this.#report("invalid-input", message, place.path);
    }
    return template;
  }

  #impliedTemplate(implied: Resolved, spec: InputSpec, call: WrittenCall): Template | undefined {
    const what = `the input "${spec.name}" of the skill "${call.skill}" is not given and`;
    if (!implied.ok) {
      this.#report("missing-input", `${what} ${implied.why}`, call.path, implied.hint);
      return undefined;
    }
    const { reference, type } = implied;
    if (!mayBe(type, spec.type)) {
      const message = `${what} ${reference.source} is ${type}, not ${spec.type}`;
      this.#report("invalid-input", message, call.path, "write it under `inputs`");
    }
    return { kind: "reference", reference };
  }

  #template(value: Json, place: TemplatePlace, names: Names): Typed {
    if (typeof value === "string") return this.#textTemplate(value, place, names);
    if (typeof value !== "object" || value === null) return literal(value);
    const below = (step: PropertyKey): TemplatePlace => ({ ...place, path: [...place.path, step] });
    if (Array.isArray(value)) {
      const items = value.map(
        (item: Json, index) => this.#template(item, below(index), names).template,
      );
      // Its own values, not `value`: an escaped `$${` reads differently.
      return items.every(isPlain)
        ? literal(items.map((item) => item.value))
        : { template: { kind: "list", items }, type: "array" };
    }
    const entries = Object.entries(value).map(
      ([key, entry]) => [key, this.#template(entry as Json, below(key), names).template] as const,
    );
    const plain = entries.flatMap(([key, entry]) => (isPlain(entry) ? [[key, entry.value]] : []));
    return plain.length === entries.length
      ? literal(Object.fromEntries(plain) as Json)
      : { template: { kind: "map", entries: Object.fromEntries(entries) }, type: "object" };
  }

  #textTemplate(text: string, place: TemplatePlace, names: Names): Typed {
    const split = splitText(text);
    if (!split.ok) {
      this.#report("unknown-reference", split.message, place.path, split.hint);
      return literal(text);
    }
    const resolved = split.parts.map((part) => this.#part(part, place, names));
    const [first] = resolved;
    if (first === undefined) return literal("");
    if (resolved.length > 1) {
      const parts = resolved.map((part) => (typeof part === "string" ? part : part.reference));
      return { template: { kind: "text", parts }, type: "string" };
    }
    if (typeof first === "string") return literal(first);
    return { template: { kind: "reference", reference: first.reference }, type: first.type };
  }

  #part(
    part: TextPart,
    place: TemplatePlace,
    names: Names,
  ): string | Extract<Resolved, { readonly ok: true }> {
    if (typeof part === "string") return part;
    const resolved = names.resolve(part, place.stage.position, place.hasItem);
    if (resolved.ok) return resolved;
    const message = `${part.source}: ${resolved.why}`;
    this.#report("unknown-reference", message, place.path, resolved.hint);
    return part.source;
  }

  #swarm(stage: StageSyntax, path: Path): PlanStage["swarm"] {
    const place = [...path, "swarm_config"];
    if (stage.type !== "swarm-parallel") {
      if (stage.swarm_config !== undefined) {
        const message = "`swarm_config` belongs to a `swarm-parallel` stage";
        this.#report("invalid-cascade", message, place);
      }
      return undefined;
    }
    const {
      topology = "mesh",
      strategy = "balanced",
      max_agents: maxAgents = 4,
      memory_shared: isShared = false,
    } = stage.swarm_config ?? {};
    const refuse = (what: string, key: string): void => {
      const message = `${what} cannot be carried out by this version`;
      this.#report("not-supported", message, [...place, key]);
    };
    if (topology !== "mesh") refuse(`the topology "${topology}"`, "topology");
    if (strategy !== "balanced") refuse(`the strategy "${strategy}"`, "strategy");
    if (isShared) refuse("`memory_shared: true`", "memory_shared");
    return { topology, maxAgents, strategy };
  }

  #retry(stage: StageSyntax, path: Path): RetryPolicy {
    const handling = stage.error_handling;
    const retries = handling?.strategy === "fail" ? 0 : (handling?.max_retries ?? DEFAULT_RETRIES);
    const place = [...path, "error_handling", "backoff"];
    const backoffMs = this.#duration(handling?.backoff, DEFAULT_BACKOFF_MS, place);
    return {
      maxAttempts: retries + 1,
      backoffMs,
      maxBackoffMs: Math.max(LONGEST_BACKOFF_MS, backoffMs),
    };
  }

  #timeout(stage: StageSyntax, path: Path): number {
    return this.#duration(stage.timeout, DEFAULT_TIMEOUT_MS, [...path, "timeout"]);
  }

  #duration(text: string | undefined, fallbackMs: number, path: Path): number {
    if (text === undefined) return fallbackMs;
    const ms = parseDuration(text);
    if (ms === undefined) {
      const message = `${JSON.stringify(text)} is not a duration`;
      this.#report("invalid-cascade", message, path, DURATION_FORM);
      return fallbackMs;
    }
    if (ms < 1 || ms > LIMITS.taskTimeoutMs) {
      const message = `taskTimeoutMs: ${ms} given, 1 to ${LIMITS.taskTimeoutMs} allowed`;
      this.#report("limit-exceeded", message, path);
    }
    return ms;
  }

  #report(code: ErrorCode, message: string, path: Path, hint?: string | (() => string)): void {
    this.#findings.report(code, message, () => this.#yaml.locate([...this.#root, ...path]), hint);
  }
}

function writtenCalls(stage: StageSyntax, path: Path): readonly WrittenCall[] {
  const shared: WrittenInputs = { values: stage.inputs ?? {}, path: [...path, "inputs"] };
  if (stage.skills === undefined) {
    if (stage.skill === undefined) return [];
    return [{ skill: stage.skill, path: [...path, "skill"], inputs: [shared] }];
  }
  return stage.skills.map((call, index) => {
    const place = [...path, "skills", index];
    if (typeof call === "string") return { skill: call, path: place, inputs: [shared] };
    const own = { values: call.inputs ?? {}, path: [...place, "inputs"] };
    return { skill: call.skill, path: place, inputs: [own, shared] };
  });
}

function literal(value: Json): Typed {
  return { template: { kind: "literal", value }, type: typeOf(value) };
}

function typeOf(value: Json): InputType {
  if (value === null) return "any";
  if (Array.isArray(value)) return "array";
  const type = typeof value;
  return type === "string" || type === "number" || type === "boolean" ? type : "object";
}

function isPlain(template: Template): template is Extract<Template, { readonly kind: "literal" }> {
  return template.kind === "literal";
}

const NUMBERS: ReadonlySet<InputType> = new Set(["number", "integer"]);
const TEXTS: ReadonlySet<InputType> = new Set(["string", "path"]);

/** True when a value of a declared type can be one of another; the value itself is checked when it is there. */
function mayBe(given: InputType, wanted: InputType): boolean {
  if (given === wanted || given === "any" || wanted === "any") return true;
  return [NUMBERS, TEXTS].some((kin) => kin.has(given) && kin.has(wanted));
}
