import type { z } from "zod";
import type { ErrorCode, SwarmError } from "../core/errors.ts";
import { parseStageId, type StageId } from "../core/ids.ts";
import type { Json } from "../core/json.ts";
import { isJsonObject } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type {
  InputSpec,
  Plan,
  PlanStage,
  Reference,
  RetryPolicy,
  SkillCall,
  StageType,
  Template,
} from "../core/plan.ts";
import type { SkillCatalog, SkillManifest } from "../core/skill.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { fitsType } from "./inputs.ts";
import { didYouMean } from "./nearest.ts";
import { orderStages } from "./order.ts";
import { type ParsedYaml, parseDuration, parseYaml, type Source } from "./parse.ts";
import {
  type CascadeSyntax,
  cascadeAsMapping,
  cascadeAsName,
  NOT_CARRIED_OUT,
  type StageSyntax,
  TYPES_NOT_CARRIED_OUT,
} from "./schema.ts";
import { splitText, type WrittenReference } from "./template.ts";

export type Compiled =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

const DEFAULT_TIMEOUT_MS = 600_000;
const DEFAULT_RETRIES = 3;
const DEFAULT_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/** Checks a cascade and compiles it to a plan, or says everything that is wrong with it and where. */
export function compileCascade(source: Source, catalog: SkillCatalog): Compiled {
  const parsed = parseYaml(source);
  if (Array.isArray(parsed)) return { ok: false, diagnostics: parsed };
  const yaml = parsed as ParsedYaml;
  const asName = isJsonObject(yaml.data) && typeof yaml.data["cascade"] === "string";
  const syntax = (asName ? cascadeAsName : cascadeAsMapping).safeParse(yaml.data);
  if (!syntax.success) {
    return {
      ok: false,
      diagnostics: syntax.error.issues.flatMap((issue) => describe(issue, yaml)),
    };
  }
  const prefix = asName ? [] : ["cascade"];
  const compiler = new Compiler(syntax.data.cascade, yaml, prefix, catalog);
  const plan = compiler.compile();
  if (compiler.diagnostics.length > 0) return { ok: false, diagnostics: compiler.diagnostics };
  return { ok: true, plan };
}

class Compiler {
  readonly diagnostics: Diagnostic[] = [];
  readonly #cascade: CascadeSyntax;
  readonly #yaml: ParsedYaml;
  readonly #prefix: readonly PropertyKey[];
  readonly #catalog: SkillCatalog;
  #ids: readonly string[] = [];
  #ordered: readonly OrderedStage[] = [];

  constructor(
    cascade: CascadeSyntax,
    yaml: ParsedYaml,
    prefix: readonly PropertyKey[],
    catalog: SkillCatalog,
  ) {
    this.#cascade = cascade;
    this.#yaml = yaml;
    this.#prefix = prefix;
    this.#catalog = catalog;
  }

  compile(): Plan {
    const { stages } = this.#cascade;
    this.#ids = stages.map((stage, index) => this.#idOf(stage, index));
    const needs = stages.map((stage, index) => this.#needsOf(stage, index));
    const { order, cycle } = orderStages(needs);
    if (cycle !== undefined) {
      const names = cycle.map((index) => this.#ids[index]).join(" → ");
      this.#report("invalid-cascade", `stages need each other: ${names}`, [
        "stages",
        cycle[0] ?? 0,
      ]);
      return this.#plan([]);
    }
    const position = new Map(order.map((written, index) => [written, index]));
    this.#ordered = order.map((written) => ({
      written,
      needs: (needs[written] ?? []).map((needed) => position.get(needed) ?? 0),
    }));
    return this.#plan(this.#ordered.map((_, index) => this.#compileStage(index)));
  }

  #plan(stages: readonly PlanStage[]): Plan {
    const { name, version, description, inputs } = this.#cascade;
    return {
      v: 1,
      cascade: name,
      ...(version === undefined ? {} : { version }),
      ...(description === undefined ? {} : { description }),
      inputs: inputs.map((input, index) => this.#compileInput(input, index)),
      stages,
    };
  }

  #compileInput(input: CascadeSyntax["inputs"][number], index: number): InputSpec {
    const { required, default: fallback, ...rest } = input;
    if (fallback !== undefined && !fitsType(fallback, input.type)) {
      this.#report(
        "invalid-cascade",
        `the default of "${input.name}" is not of type ${input.type}`,
        ["inputs", index, "default"],
      );
    }
    if (this.#cascade.inputs.findIndex((other) => other.name === input.name) !== index) {
      this.#report("invalid-cascade", `the input "${input.name}" is declared twice`, [
        "inputs",
        index,
      ]);
    }
    return {
      ...rest,
      required: required ?? fallback === undefined,
      ...(fallback === undefined ? {} : { default: fallback }),
    };
  }

  #idOf(stage: StageSyntax, index: number): string {
    const id = stage.stage_id ?? stage.stage ?? stage.name;
    const path = ["stages", index];
    if (id === undefined) {
      this.#report("invalid-cascade", "a stage needs a name", path, {
        hint: "add `stage: <name>`",
      });
      return `stage-${index + 1}`;
    }
    try {
      parseStageId(id);
    } catch {
      const key = (stage.stage_id ?? stage.stage) ? "stage" : "name";
      this.#report("invalid-cascade", `${JSON.stringify(id)} cannot name a stage`, [...path, key], {
        hint: "use letters, digits, hyphens and underscores, or add `stage_id`",
      });
    }
    const ids = this.#cascade.stages
      .slice(0, index)
      .map((other) => other.stage_id ?? other.stage ?? other.name);
    if (ids.includes(id)) this.#report("invalid-cascade", `two stages are called "${id}"`, path);
    return id;
  }

  /** Without `needs`, a stage needs the one written before it. */
  #needsOf(stage: StageSyntax, index: number): readonly number[] {
    const written = stage.needs ?? stage.dependencies;
    if (written === undefined) return index === 0 ? [] : [index - 1];
    const key = stage.needs === undefined ? "dependencies" : "needs";
    const needs = written.flatMap((name, position) => {
      const needed = this.#ids.indexOf(name);
      if (needed >= 0) return [needed];
      const known = this.#ids.filter((_, other) => other !== index);
      this.#report(
        "invalid-cascade",
        `no stage is called "${name}"`,
        ["stages", index, key, position],
        {
          hint: didYouMean(name, known),
        },
      );
      return [];
    });
    return [...new Set(needs)];
  }

  #compileStage(index: number): PlanStage {
    const { written, needs } = this.#stageAt(index);
    const stage = this.#syntax(written);
    const path = ["stages", written];
    const calls = this.#skillCalls(stage, written);
    if (stage.type === "sequential" && calls.length > 1) {
      this.#report("invalid-cascade", "a sequential stage has one skill", [...path, "skills"], {
        hint: "use `type: parallel`, or one stage for each skill",
      });
    }
    const context: TemplateContext = { index, hasItem: stage.foreach !== undefined };
    const foreach =
      stage.foreach === undefined
        ? undefined
        : this.#template(stage.foreach, [...path, "foreach"], { ...context, hasItem: false });
    const swarm = this.#swarm(stage, written);
    return {
      id: parseStageIdOr(this.#ids[written], written),
      type: stage.type as StageType,
      needs,
      skills: calls.map((call) => this.#compileCall(call, context)),
      ...(foreach === undefined ? {} : { foreach }),
      ...(swarm === undefined ? {} : { swarm }),
      retry: this.#retry(stage, written),
      timeoutMs: this.#timeout(stage, written),
      single: stage.foreach === undefined && calls.length === 1,
    };
  }

  #skillCalls(stage: StageSyntax, written: number): readonly WrittenCall[] {
    const path = ["stages", written];
    if (stage.skill !== undefined && stage.skills !== undefined) {
      this.#report("invalid-cascade", "a stage has `skill` or `skills`, not both", path);
    }
    const listed = stage.skills ?? (stage.skill === undefined ? [] : [stage.skill]);
    if (listed.length === 0) {
      this.#report("invalid-cascade", "a stage needs a skill", path, {
        hint: "add `skill: <name>`",
      });
    }
    return listed.map((call, position) => {
      const own = typeof call === "string" ? {} : (call.inputs ?? {});
      const place = stage.skills === undefined ? [...path, "skill"] : [...path, "skills", position];
      return {
        skill: typeof call === "string" ? call : call.skill,
        place,
        shared: stage.inputs ?? {},
        sharedPlace: [...path, "inputs"],
        own,
        ownPlace: [...place, "inputs"],
        only: listed.length === 1,
      };
    });
  }

  #compileCall(call: WrittenCall, context: TemplateContext): SkillCall {
    const manifest = this.#catalog.find(call.skill);
    if (manifest === undefined) {
      this.#report("unknown-skill", `no skill is called "${call.skill}"`, call.place, {
        hint: didYouMean(call.skill, this.#catalog.names()),
      });
      return { skill: call.skill, lane: "light", inputs: {} };
    }
    if (manifest.entry === undefined) {
      this.#report(
        "not-supported",
        `the skill "${call.skill}" instructs a model, which this version cannot run`,
        call.place,
      );
    }
    this.#refuseUnknownInputs(call, manifest);
    const inputs: Record<string, Template> = {};
    for (const spec of manifest.inputs) {
      const template = this.#bind(spec, call, context);
      if (template !== undefined) inputs[spec.name] = template;
    }
    return { skill: call.skill, lane: manifest.lane, inputs };
  }

  #refuseUnknownInputs(call: WrittenCall, manifest: SkillManifest): void {
    const known = manifest.inputs.map((spec) => spec.name);
    const judged = call.only ? { ...call.shared, ...call.own } : call.own;
    for (const key of Object.keys(judged)) {
      if (known.includes(key)) continue;
      const place = Object.hasOwn(call.own, key) ? call.ownPlace : call.sharedPlace;
      this.#report("unknown-input", `the skill "${call.skill}" has no input "${key}"`, place, {
        key,
        hint: didYouMean(key, known),
      });
    }
  }

  /**
   * Where an input comes from: what is written; else the cascade input of that name; else the output of that
   * name which the nearest needed stage declares; else the skill's own default.
   */
  #bind(spec: InputSpec, call: WrittenCall, context: TemplateContext): Template | undefined {
    for (const [given, place] of [
      [call.own, call.ownPlace],
      [call.shared, call.sharedPlace],
    ] as const) {
      const value = given[spec.name];
      if (value !== undefined) {
        const template = this.#template(value, [...place, spec.name], context);
        this.#refuseWrongType(template, spec, [...place, spec.name]);
        return template;
      }
    }
    const implied = this.#impliedReference(spec.name, context.index);
    if (implied !== undefined) return { kind: "reference", reference: implied };
    if (spec.required && spec.default === undefined) {
      this.#report(
        "missing-input",
        `the skill "${call.skill}" needs the input "${spec.name}"`,
        call.place,
        {
          hint: `add it under \`inputs\`${spec.description === undefined ? "" : `: ${spec.description}`}`,
        },
      );
    }
    return undefined;
  }

  #refuseWrongType(template: Template, spec: InputSpec, path: readonly PropertyKey[]): void {
    if (template.kind !== "literal" || fitsType(template.value, spec.type)) return;
    this.#report("invalid-input", `"${spec.name}" must be of type ${spec.type}`, path);
  }

  #impliedReference(name: string, index: number): Reference | undefined {
    const source = `\${${name}}`;
    if (this.#cascade.inputs.some((input) => input.name === name)) {
      return { scope: { kind: "input", name }, path: [], source };
    }
    for (const needed of this.#needed(index)) {
      const stage = this.#syntax(this.#stageAt(needed).written);
      const skill = stage.foreach === undefined ? stage.skill : undefined;
      const outputs = skill === undefined ? [] : (this.#catalog.find(skill)?.outputs ?? []);
      if (outputs.some((output) => output.name === name)) {
        return { scope: { kind: "stage", index: needed }, path: [name], source };
      }
    }
    return undefined;
  }

  #template(value: Json, path: readonly PropertyKey[], context: TemplateContext): Template {
    if (typeof value === "string") return this.#textTemplate(value, path, context);
    if (Array.isArray(value)) {
      const items = value.map((item: Json, index) =>
        this.#template(item, [...path, index], context),
      );
      return items.every(isLiteral) ? { kind: "literal", value } : { kind: "list", items };
    }
    if (isJsonObject(value)) {
      const entries = Object.fromEntries(
        Object.entries(value).map(([key, entry]) => [
          key,
          this.#template(entry as Json, [...path, key], context),
        ]),
      );
      return Object.values(entries).every(isLiteral)
        ? { kind: "literal", value }
        : { kind: "map", entries };
    }
    return { kind: "literal", value };
  }

  #textTemplate(text: string, path: readonly PropertyKey[], context: TemplateContext): Template {
    let parts: ReturnType<typeof splitText>;
    try {
      parts = splitText(text);
    } catch (error) {
      const { message, hint } = error as SwarmError;
      this.#report("unknown-reference", message, path, hint === undefined ? {} : { hint });
      return { kind: "literal", value: text };
    }
    const resolved = parts.map((part) =>
      typeof part === "string" ? part : this.#resolve(part, path, context),
    );
    const [first] = resolved;
    if (resolved.length === 0) return { kind: "literal", value: "" };
    if (resolved.length === 1 && first !== undefined) {
      return typeof first === "string"
        ? { kind: "literal", value: first }
        : { kind: "reference", reference: first };
    }
    return { kind: "text", parts: resolved };
  }

  /** `inputs.<name>`, `item`, a stage among those needed, or the name of a cascade input. */
  #resolve(
    written: WrittenReference,
    path: readonly PropertyKey[],
    context: TemplateContext,
  ): string | Reference {
    const [root, ...rest] = written.path;
    const { source } = written;
    const inputNames = this.#cascade.inputs.map((input) => input.name);
    if (root === "inputs" && typeof rest[0] === "string" && inputNames.includes(rest[0])) {
      return { scope: { kind: "input", name: rest[0] }, path: rest.slice(1), source };
    }
    if (root === "item" && context.hasItem) return { scope: { kind: "item" }, path: rest, source };
    const position = this.#ordered.findIndex(({ written: at }) => this.#ids[at] === root);
    const needed = this.#needed(context.index);
    if (needed.includes(position)) {
      this.#refuseUndeclaredOutput(position, rest[0], source, path);
      return { scope: { kind: "stage", index: position }, path: rest, source };
    }
    if (typeof root === "string" && inputNames.includes(root)) {
      return { scope: { kind: "input", name: root }, path: rest, source };
    }
    const why =
      position >= 0
        ? `the stage "${root}" is not needed by this one`
        : "there is nothing of that name";
    const known = [
      ...inputNames.map((name) => `inputs.${name}`),
      ...needed.map((index) => String(this.#ids[this.#stageAt(index).written])),
      ...(context.hasItem ? ["item"] : []),
    ];
    this.#report("unknown-reference", `${source}: ${why}`, path, {
      hint:
        position >= 0 ? "add it to `needs`" : didYouMean(written.path.slice(0, 2).join("."), known),
    });
    return source;
  }

  #refuseUndeclaredOutput(
    position: number,
    field: string | number | undefined,
    source: string,
    path: readonly PropertyKey[],
  ): void {
    if (typeof field !== "string") return;
    const stage = this.#syntax(this.#stageAt(position).written);
    const calls = stage.skills ?? (stage.skill === undefined ? [] : [stage.skill]);
    const names = calls.map((call) => (typeof call === "string" ? call : call.skill));
    const isSingle = stage.foreach === undefined && names.length === 1;
    const manifest = isSingle ? this.#catalog.find(names[0] ?? "") : undefined;
    if (isSingle && (manifest === undefined || manifest.outputs.length === 0)) return;
    const known = isSingle
      ? (manifest?.outputs.map((output) => output.name) ?? [])
      : ["results", ...names];
    if (known.includes(field)) return;
    const id = this.#ids[this.#stageAt(position).written];
    this.#report("unknown-reference", `${source}: "${id}" has no output "${field}"`, path, {
      hint: didYouMean(field, known),
    });
  }

  /** All stages that have succeeded when this one starts, the nearest first. */
  #needed(index: number): readonly number[] {
    const seen = new Set<number>();
    const next = [...(this.#ordered[index]?.needs ?? [])];
    for (let needed = next.shift(); needed !== undefined; needed = next.shift()) {
      if (seen.has(needed)) continue;
      seen.add(needed);
      next.push(...(this.#ordered[needed]?.needs ?? []));
    }
    return [...seen];
  }

  #swarm(stage: StageSyntax, written: number): PlanStage["swarm"] {
    const path = ["stages", written, "swarm_config"];
    if (stage.type !== "swarm-parallel") {
      if (stage.swarm_config !== undefined) {
        this.#report("invalid-cascade", "`swarm_config` belongs to a `swarm-parallel` stage", path);
      }
      return undefined;
    }
    const config = stage.swarm_config ?? { topology: "mesh", max_agents: 4, strategy: "balanced" };
    if (config.topology !== "mesh") {
      this.#report(
        "not-supported",
        `the topology "${config.topology}" cannot be carried out by this version`,
        [...path, "topology"],
      );
    }
    if (config.strategy !== "balanced") {
      this.#report(
        "not-supported",
        `the strategy "${config.strategy}" cannot be carried out by this version`,
        [...path, "strategy"],
      );
    }
    return {
      topology: config.topology as "mesh",
      maxAgents: config.max_agents,
      strategy: config.strategy as "balanced",
    };
  }

  #retry(stage: StageSyntax, written: number): RetryPolicy {
    const handling = stage.error_handling;
    const retries = handling?.strategy === "fail" ? 0 : (handling?.max_retries ?? DEFAULT_RETRIES);
    const path = ["stages", written, "error_handling", "backoff"];
    const backoffMs =
      handling?.backoff === undefined ? DEFAULT_BACKOFF_MS : this.#duration(handling.backoff, path);
    return {
      maxAttempts: retries + 1,
      backoffMs,
      maxBackoffMs: Math.max(LONGEST_BACKOFF_MS, backoffMs),
    };
  }

  #timeout(stage: StageSyntax, written: number): number {
    if (stage.timeout === undefined) return DEFAULT_TIMEOUT_MS;
    const path = ["stages", written, "timeout"];
    const timeoutMs = this.#duration(stage.timeout, path);
    if (timeoutMs < 1 || timeoutMs > LIMITS.taskTimeoutMs) {
      this.#report(
        "limit-exceeded",
        `taskTimeoutMs: ${timeoutMs} given, 1 to ${LIMITS.taskTimeoutMs} allowed`,
        path,
      );
    }
    return timeoutMs;
  }

  #duration(text: string, path: readonly PropertyKey[]): number {
    try {
      return parseDuration(text);
    } catch (error) {
      const { message, hint } = error as SwarmError;
      this.#report("invalid-cascade", message, path, hint === undefined ? {} : { hint });
      return DEFAULT_TIMEOUT_MS;
    }
  }

  #stageAt(index: number): OrderedStage {
    const stage = this.#ordered[index];
    if (stage === undefined) throw new RangeError(`no stage ${index}`);
    return stage;
  }

  #syntax(written: number): StageSyntax {
    const stage = this.#cascade.stages[written];
    if (stage === undefined) throw new RangeError(`no stage ${written}`);
    return stage;
  }

  #report(
    code: ErrorCode,
    message: string,
    path: readonly PropertyKey[],
    more: { readonly hint?: string; readonly key?: string } = {},
  ): void {
    const location = this.#yaml.locate([...this.#prefix, ...path], more.key);
    this.diagnostics.push({
      code,
      message,
      location,
      ...(more.hint === undefined ? {} : { hint: more.hint }),
    });
  }
}

interface OrderedStage {
  /** Position in the file. */
  readonly written: number;
  /** Positions in the plan. */
  readonly needs: readonly number[];
}

interface WrittenCall {
  readonly skill: string;
  readonly place: readonly PropertyKey[];
  readonly shared: Readonly<Record<string, Json>>;
  readonly sharedPlace: readonly PropertyKey[];
  readonly own: Readonly<Record<string, Json>>;
  readonly ownPlace: readonly PropertyKey[];
  readonly only: boolean;
}

interface TemplateContext {
  readonly index: number;
  readonly hasItem: boolean;
}

function isLiteral(template: Template): boolean {
  return template.kind === "literal";
}

function parseStageIdOr(id: string | undefined, written: number): StageId {
  try {
    return parseStageId(id);
  } catch {
    return parseStageId(`stage-${written + 1}`); // reported already
  }
}

/** Schema issues in words, each at its place. */
function describe(issue: z.core.$ZodIssue, yaml: ParsedYaml): Diagnostic[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownKey(key, issue.path, yaml));
  }
  const location = yaml.locate(issue.path);
  const where = issue.path.length === 0 ? "the file" : issue.path.map(String).join(".");
  if (issue.code === "invalid_union") {
    const inner = issue.errors.flat().map((each) => each.message);
    return [{ code: "invalid-cascade", message: `${where}: ${inner.join(", or ")}`, location }];
  }
  if (issue.code === "invalid_value" && issue.path.at(-1) === "type") {
    const given = valueAt(yaml.data, issue.path);
    if (typeof given === "string" && TYPES_NOT_CARRIED_OUT.has(given)) {
      const message = `the stage type "${given}" cannot be carried out by this version`;
      return [{ code: "not-supported", message, location }];
    }
  }
  if (issue.code === "invalid_value") {
    const given = valueAt(yaml.data, issue.path);
    const allowed = issue.values.map(String);
    const message = `${where}: ${JSON.stringify(given)} is not one of ${allowed.join(" | ")}`;
    return [
      { code: "invalid-cascade", message, location, hint: didYouMean(String(given), allowed) },
    ];
  }
  return [{ code: "invalid-cascade", message: `${where}: ${issue.message}`, location }];
}

function unknownKey(key: string, path: readonly PropertyKey[], yaml: ParsedYaml): Diagnostic {
  const location = yaml.locate(path, key);
  if (NOT_CARRIED_OUT.has(key)) {
    const message = `"${key}" is part of the language but cannot be carried out by this version`;
    return { code: "not-supported", message, location };
  }
  const known = path.includes("stages")
    ? [
        "stage",
        "skill",
        "skills",
        "type",
        "inputs",
        "foreach",
        "needs",
        "swarm_config",
        "error_handling",
        "timeout",
      ]
    : ["cascade", "name", "description", "version", "inputs", "stages"];
  return {
    code: "invalid-cascade",
    message: `the key "${key}" is not known here`,
    location,
    hint: didYouMean(key, known),
  };
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step))
      return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}
