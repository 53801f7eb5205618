import { FORBIDDEN_KEYS } from "../core/json.ts";
import type { InputSpec, InputType, Reference, RunField } from "../core/plan.ts";
import { ENVIRONMENT } from "./environment.ts";
import type { Resolved } from "./expression.ts";
import type { EachPlace } from "./list-place.ts";
import { didYouMean, nearest } from "./nearest.ts";
import type { Fields, OutputField, StageGraph } from "./stage-graph.ts";
import { isNameable, type MemoryUse } from "./stage-memory.ts";
import type { StageScope, Target } from "./stage-scope.ts";

/** Names with a meaning of their own in `${…}` or on the bus, now or in a later version of the language. */
export const RESERVED_STAGE_IDS: ReadonlySet<string> = new Set([
  ...[
    "_",
    "env",
    "index",
    "inputs",
    "item",
    "iteration",
    "matrix",
    "memory",
    "run",
    "secrets",
    "stages",
  ],
]);

/** The ids of all stages written in a cascade, each with that of the stage it is inside of. */
export type StageIds = ReadonlyMap<string, string | undefined>;

/** Where a name stands. */
export interface NamePlace {
  /** Position of the stage in the plan. */
  readonly stage: number;
  readonly scope: StageScope;
  readonly hasItem: boolean;
  /** The item is a combination of a matrix. */
  readonly hasMatrix?: boolean;
  /** The entry that stages around this one are done for. */
  readonly each?: EachPlace | undefined;
  /** Which turn of a loop it is, from 1; undefined outside of loops. */
  readonly iteration: number | undefined;
  /** What may be named of the memory; undefined where it is switched off. */
  readonly memory: MemoryUse | undefined;
}

type Path = readonly (string | number)[];

/** What the templates of one cascade may refer to, and of which type it is as far as that is declared. */
export class Names {
  readonly #inputs: ReadonlyMap<string, InputSpec>;
  readonly #inputsStage: number | undefined;
  readonly #allowsOutputs: boolean;
  readonly #allowsSandboxState: boolean;
  readonly #env: readonly string[];
  readonly #secrets: readonly string[];
  readonly #graph: StageGraph;
  readonly #stageIds: StageIds;
  readonly #used = new Set<string>();
  readonly #fieldNames = new Set<string>();

  /**
   * @param options `inputsStage` of a sub-cascade: the stage whose output its inputs are; `allowsOutputs` is false
   *   when outputs of stages may not be named, `allowsSandboxState` when the one of that name may not; `env` and `secrets`: the names that the cascade lists
   */
  constructor(
    inputs: readonly InputSpec[],
    graph: StageGraph,
    stageIds: StageIds,
    options: {
      readonly inputsStage?: number;
      readonly allowsOutputs?: boolean;
      readonly allowsSandboxState?: boolean;
      readonly env?: readonly string[];
      readonly secrets?: readonly string[];
    } = {},
  ) {
    this.#inputs = new Map(inputs.map((input) => [input.name, input]));
    this.#graph = graph;
    this.#stageIds = stageIds;
    this.#inputsStage = options.inputsStage;
    this.#allowsOutputs = options.allowsOutputs ?? true;
    this.#allowsSandboxState = options.allowsSandboxState ?? true;
    this.#env = options.env ?? [];
    this.#secrets = options.secrets ?? [];
  }

  /** True when some reference was resolved to this cascade input. */
  isUsed(input: string): boolean {
    return this.#used.has(input);
  }

  hasInput(name: string): boolean {
    return this.#inputs.has(name);
  }

  /** True for names in which a hyphen is part of the name. */
  isKnown(name: string): boolean {
    return this.#stageIds.has(name) || this.#inputs.has(name) || this.#fieldNames.has(name);
  }

  /** The id of the stage that another is inside of; undefined for one of the outermost list. */
  around(stage: string): string | undefined {
    return this.#stageIds.get(stage);
  }

  /** Tells of keys of the memory, for names with hyphens among them. */
  addMemoryKeys(keys: readonly string[]): void {
    for (const key of keys) this.#fieldNames.add(key);
  }

  /** Tells of the outputs of a stage, for names with hyphens among them. */
  addFields(fields: Fields): void {
    for (const name of fields?.keys() ?? []) this.#fieldNames.add(name);
  }

  /**
   * `inputs.<name>`, `item` and `index` when there is an item, `iteration` in a loop, a field of `run`, `memory.<key>`,
   * `stages.<id>.output`, `.status` or `.error`; else the id of a stage among those needed, the name of a cascade input, or the
   * name of an output of the nearest stage that has it.
   */
  resolve(path: Path, source: string, place: NamePlace): Resolved {
    const [root, ...rest] = path;
    const reserved = path.find((step) => FORBIDDEN_KEYS.has(String(step)));
    if (reserved !== undefined) {
      return { ok: false, why: `"${reserved}" is a reserved name: no data has it` };
    }
    if (typeof root !== "string") return this.#unknown(path, place);
    if (root === "inputs") {
      const [name, ...below] = rest;
      if (typeof name !== "string" || !this.#inputs.has(name)) return this.#unknown(path, place);
      return this.#input(name, below, source);
    }
    if (root === "stages") return this.#ofStages(rest, source, place);
    if (root === "env" && !this.#inputs.has(root)) return this.#variable(rest, source);
    if (root === "secrets" && !this.#inputs.has(root)) return this.#misplacedSecret(rest);
    if (root === "matrix" && place.hasMatrix)
      return named({ kind: "item" }, rest, source, "object");
    if (root === "item" && place.hasItem) return named({ kind: "item" }, rest, source, "any");
    if (root === "index" && place.hasItem) return named({ kind: "index" }, rest, source, "integer");
    const { each } = place;
    if (each !== undefined && root === (each.isMatrix ? "matrix" : "item")) {
      const scope = { kind: "stage", indexes: [each.stage] } as const;
      const type = each.isMatrix && rest.length === 0 ? "object" : "any";
      return { ok: true, reference: { scope, path: [each.position, ...rest], source }, type };
    }
    if (each !== undefined && root === "index") {
      return named({ kind: "constant", value: each.position }, rest, source, "integer");
    }
    if (root === "iteration" && place.iteration !== undefined) {
      return named({ kind: "constant", value: place.iteration }, rest, source, "integer");
    }
    if (root === "memory" && !this.#inputs.has("memory")) return ofMemory(rest, source, place);
    if (root === "run" && !this.#inputs.has("run")) return ofRun(rest, source);
    return this.#bare(root, path, source, place);
  }

  /**
   * What an input that is not written gets: the cascade input of its name, else the output of its name that the
   * nearest needed stage declares. Undefined when there is neither; an error when several are equally near.
   */
  implied(name: string, place: NamePlace): Resolved | undefined {
    if (this.#inputs.has(name)) return this.#input(name, [], `\${inputs.${name}}`);
    return this.#offered(name, [], undefined, place);
  }

  /** Why the cascade may not ask for a secret of this name; undefined when it may. */
  refusedSecret(name: string): Refused | undefined {
    if (this.#secrets.includes(name)) return undefined;
    const why = `the cascade lists no secret "${name}"`;
    return {
      why,
      hint: this.#secrets.length === 0 ? LIST_SECRET : didYouMean(name, this.#secrets),
    };
  }

  #variable([name, ...rest]: Path, source: string): Resolved {
    if (typeof name !== "string" || !this.#env.includes(name)) {
      const why =
        name === undefined ? "name a variable" : `the cascade lists no variable "${name}"`;
      const hint = (): string =>
        this.#env.length === 0 ? LIST_VARIABLE : didYouMean(String(name ?? ""), this.#env);
      return { ok: false, why, hint };
    }
    const scope = { kind: "input", name: `${ENVIRONMENT}${name}` } as const;
    return named(scope, rest, source, "any");
  }

  #misplacedSecret([name]: Path): Resolved {
    const refused = typeof name === "string" ? this.refusedSecret(name) : undefined;
    return { ok: false, ...(refused ?? SECRET_PLACES) };
  }

  #bare(root: string, path: Path, source: string, place: NamePlace): Resolved {
    const rest = path.slice(1);
    const target = place.scope.find(root);
    const isInput = this.#inputs.has(root);
    if (isInput && (target !== undefined || this.#stageIds.has(root))) {
      const why = `both a stage and an input are called "${root}"`;
      return { ok: false, why, hint: `write \${inputs.${root}} for the input, or rename one` };
    }
    if (isInput) return this.#input(root, rest, source);
    if (target !== undefined && this.#hasEnded(target, place)) {
      return this.#output(root, target, rest, source);
    }
    if (target !== undefined || this.#stageIds.has(root)) return this.#notEnded(root, place);
    return (
      this.#offered(root, rest, source, place) ??
      this.#byInitials(root, rest, source, place) ??
      this.#unknown(path, place)
    );
  }

  /** `rca` for the stage `root-cause-analyzer`, when it is the only one with those initials. */
  #byInitials(root: string, rest: Path, source: string, place: NamePlace): Resolved | undefined {
    const [id, second] = place.scope.ids().filter((each) => initialsOf(each) === root);
    const target = id === undefined ? undefined : place.scope.find(id);
    if (id === undefined || second !== undefined || target === undefined) return undefined;
    return this.#hasEnded(target, place)
      ? this.#output(id, target, rest, source)
      : this.#notEnded(id, place);
  }

  /** @param source undefined when nothing is written, and the reference names itself */
  #offered(
    name: string,
    rest: Path,
    source: string | undefined,
    place: NamePlace,
  ): Resolved | undefined {
    const ids = this.#graph.offersOf(name, place.stage, place.scope);
    const [nearest, other] = ids;
    const target = nearest === undefined ? undefined : place.scope.find(nearest);
    if (nearest === undefined || target === undefined) return undefined;
    if (other === undefined) {
      return this.#output(nearest, target, [name, ...rest], source ?? `\${${nearest}.${name}}`);
    }
    const why = `could be ${ids.map((id) => `\${${id}.${name}}`).join(" or ")}`;
    return { ok: false, why, hint: "write which one is meant" };
  }

  #ofStages([id, field, ...rest]: Path, source: string, place: NamePlace): Resolved {
    const target = typeof id === "string" ? place.scope.find(id) : undefined;
    if (typeof id !== "string" || (target === undefined && !this.#stageIds.has(id))) {
      const why = id === undefined ? "name a stage" : `no stage is called ${JSON.stringify(id)}`;
      return { ok: false, why, hint: () => didYouMean(String(id ?? ""), place.scope.ids()) };
    }
    if (target === undefined || !this.#hasEnded(target, place)) return this.#notEnded(id, place);
    if (field === "output") return this.#output(id, target, rest, source);
    if (field === "status") {
      return named({ kind: "status", indexes: target.stages }, rest, source, "string");
    }
    if (field === "error") {
      return named({ kind: "error", indexes: target.stages }, rest, source, "any");
    }
    const why = `a stage has "output", "status" and "error", not ${JSON.stringify(field ?? "")}`;
    return { ok: false, why };
  }

  #notEnded(id: string, { scope }: NamePlace): Resolved {
    const around = this.#stageIds.get(id);
    if (around !== undefined && scope.find(id) === undefined && scope.find(around) !== undefined) {
      const why = `the stage "${id}" is inside "${around}"`;
      return { ok: false, why, hint: `name the stage around it: \${${around}}` };
    }
    const why = `the stage "${id}" has not ended when this one starts`;
    return { ok: false, why, hint: "add it to `needs`" };
  }

  #hasEnded(target: Target, place: NamePlace): boolean {
    return target.stages.every((stage) => this.#graph.endsBefore(stage, place.stage));
  }

  #input(name: string, path: Path, source: string): Resolved {
    this.#used.add(name);
    const spec = this.#inputs.get(name);
    const isAlwaysThere = spec?.required === true || spec?.default !== undefined;
    const type = typeBelow(isAlwaysThere ? (spec?.type ?? "any") : "any", path);
    if (typeof type !== "string") return { ok: false, ...type };
    const scope: Reference["scope"] =
      this.#inputsStage === undefined
        ? { kind: "input", name }
        : { kind: "stage", indexes: [this.#inputsStage] };
    const whole = this.#inputsStage === undefined ? path : [name, ...path];
    return { ok: true, reference: { scope, path: whole, source }, type };
  }

  #output(id: string, { stages, fields }: Target, path: Path, source: string): Resolved {
    const isState = path[0] === SANDBOX_STATE;
    if (!(isState ? this.#allowsSandboxState : this.#allowsOutputs)) {
      const why = `it is ${isState ? "the state of the sandbox" : "the output of a stage"}, which \`data_flow\` does not list`;
      const hint = `add \`${isState ? SANDBOX_STATE : "stage_output"}\` to \`data_flow\``;
      return { ok: false, why, hint };
    }
    const reference: Reference = { scope: { kind: "stage", indexes: stages }, path, source };
    const [field, ...below] = path;
    if (field === undefined) return { ok: true, reference, type: fields ? "object" : "any" };
    if (fields === undefined) return { ok: true, reference, type: "any" };
    const declared = typeof field === "string" ? fields.get(field) : undefined;
    if (declared === undefined) {
      const why = `"${id}" has no output ${JSON.stringify(field)}`;
      return { ok: false, why, hint: () => didYouMean(String(field), [...fields.keys()]) };
    }
    const type = typeBelow(declared.type, below);
    return typeof type === "string" ? { ok: true, reference, type } : { ok: false, ...type };
  }

  #unknown(path: Path, place: NamePlace): Resolved {
    const isInput = path[0] === "inputs";
    const given = path.slice(0, isInput ? 2 : 1).join(".");
    const known = (): readonly string[] => [
      ...[...this.#inputs.keys()].map((name) => `inputs.${name}`),
      ...place.scope.ids().filter((id) => {
        const target = place.scope.find(id);
        return target !== undefined && this.#hasEnded(target, place);
      }),
      ...(place.hasMatrix === true || place.each?.isMatrix === true ? ["matrix"] : []),
      ...(place.hasItem || place.each !== undefined ? ["item", "index"] : []),
      ...(place.iteration === undefined ? [] : ["iteration"]),
    ];
    return {
      ok: false,
      why: "there is nothing of that name",
      hint: () => didYouMean(given, known()),
    };
  }
}

/** The output of a sandboxed stage that is a way of its own for data. */
const SANDBOX_STATE = "codex_sandbox_state";

interface Refused {
  readonly why: string;
  readonly hint: string;
}

const LIST_VARIABLE = "list it under `env` of the cascade, or declare an input";
const LIST_SECRET = "list it under `secrets` of the cascade";
const SECRET_PLACES: Refused = {
  why: "a secret may stand only where nothing but the agent reads it",
  hint: "as the whole value of a skill's input, in a header of `http`, or in `env` of a `run`",
};

/** Of a name with hyphens: the first letters of its parts. */
function initialsOf(id: string): string | undefined {
  const parts = id.split("-");
  return parts.length < 2 ? undefined : parts.map((part) => part[0] ?? "").join("");
}

/** What may be said of a stage that is carried out by several: a field that all have is always there. */
export function commonFields(all: readonly Fields[]): Fields {
  const known = all.filter((fields) => fields !== undefined);
  if (known.length === 0 || known.length < all.length) return undefined;
  const common = new Map<string, OutputField>();
  for (const name of new Set(known.flatMap((fields) => [...fields.keys()]))) {
    const declared = known.map((fields) => fields.get(name));
    const types = new Set(declared.map((field) => field?.type));
    const [type] = types;
    common.set(name, {
      type: types.size === 1 && type !== undefined ? type : "any",
      isOffered: declared.every((field) => field?.isOffered === true),
    });
  }
  return common;
}

const RUN_FIELDS: Readonly<Record<RunField, InputType>> = {
  id: "string",
  cascade: "string",
  status: "string",
  error: "any",
  timeline: "array",
};

function ofRun([field, ...path]: Path, source: string): Resolved {
  const isKnown = typeof field === "string" && Object.hasOwn(RUN_FIELDS, field);
  if (!isKnown) {
    const why =
      field === undefined ? "name a field of the run" : `a run has no ${JSON.stringify(field)}`;
    return { ok: false, why, hint: () => didYouMean(String(field ?? ""), Object.keys(RUN_FIELDS)) };
  }
  const known = field as RunField;
  return named({ kind: "run", field: known }, path, source, RUN_FIELDS[known]);
}

function ofMemory([key, ...path]: Path, source: string, { memory }: NamePlace): Resolved {
  if (memory === undefined) {
    return { ok: false, why: "memory_persistence is disabled under `config`" };
  }
  const { refusal } = memory.memory;
  if (refusal !== undefined) return { ok: false, why: refusal };
  if (typeof key !== "string") return { ok: false, why: "name a key of the memory" };
  if (isNameable(memory, key)) return named({ kind: "memory", key }, path, source, "any");
  const why = `no key ${JSON.stringify(key)} of the memory is declared`;
  const known = memory.memory.nameable;
  const near = known.some((each) => nearest(key, [each]) !== undefined);
  const hint = near ? () => didYouMean(key, known) : "add it to `memory.keys` of the cascade";
  return { ok: false, why, hint };
}

function named(scope: Reference["scope"], path: Path, source: string, whole: InputType): Resolved {
  const type = typeBelow(whole, path);
  if (typeof type !== "string") return { ok: false, ...type };
  return { ok: true, reference: { scope, path, source }, type };
}

/** The type at a path below a value of a declared type; what is below is not declared, so it may be anything. */
function typeBelow(
  type: InputType,
  path: Path,
): InputType | { readonly why: string; readonly hint?: string } {
  const [step] = path;
  if (step === undefined) return type;
  if (type === "any") return "any";
  if (type === "array") {
    if (typeof step === "number") return "any";
    return { why: `a list has no "${step}"`, hint: "write a position: [0]" };
  }
  if (type === "object" && typeof step === "string") return "any";
  return { why: `a value of type ${type} has no ${JSON.stringify(step)}` };
}
