import type { InputSpec, InputType, Reference, RunField } from "../core/plan.ts";
import { didYouMean } from "./nearest.ts";
import { transitiveNeeds } from "./order.ts";
import type { WrittenReference } from "./template.ts";

/** A stage as `${…}` sees it. `fields` is undefined when nothing is known about its output. */
export interface StageOutputs {
  readonly id: string;
  /** Positions of the stages it needs, in an order in which each comes after those it needs. */
  readonly needs: readonly number[];
  readonly fields: ReadonlyMap<string, OutputField> | undefined;
}

export interface OutputField {
  readonly type: InputType;
  /** Inputs that are not written take the output of their name. */
  readonly isOffered: boolean;
}

export type Resolved =
  | { readonly ok: true; readonly reference: Reference; readonly type: InputType }
  | { readonly ok: false; readonly why: string; readonly hint?: string | (() => string) };

/** Names with a meaning of their own in `${…}` or on the bus, now or in a later version of the language. */
export const RESERVED_STAGE_IDS: ReadonlySet<string> = new Set([
  ...["_", "env", "index", "inputs", "item", "iteration", "memory", "run", "secrets", "stages"],
]);

/** What the templates of one cascade may refer to, and of which type it is as far as that is declared. */
export class Names {
  readonly #inputs: ReadonlyMap<string, InputSpec>;
  readonly #stages: readonly StageOutputs[];
  readonly #positions: ReadonlyMap<string, number>;
  readonly #needs: (stage: number, needed: number) => boolean;
  readonly #offers = new Map<string, readonly (Offer | undefined)[]>();
  readonly #used = new Set<string>();

  constructor(inputs: readonly InputSpec[], stages: readonly StageOutputs[]) {
    this.#inputs = new Map(inputs.map((input) => [input.name, input]));
    this.#stages = stages;
    this.#positions = new Map(stages.map(({ id }, position) => [id, position]));
    this.#needs = transitiveNeeds(stages.map(({ needs }) => needs));
  }

  /** True when some reference was resolved to this cascade input. */
  isUsed(input: string): boolean {
    return this.#used.has(input);
  }

  /**
   * `inputs.<name>`, `item` when there is one, a field of `run`, the id of a stage among those needed, or the bare name of a cascade
   * input. @param stage the position of the stage in which it is written
   */
  resolve(written: WrittenReference, stage: number, hasItem: boolean): Resolved {
    const { path, source } = written;
    const [root, ...rest] = path;
    if (root === "inputs") {
      const [name, ...below] = rest;
      if (typeof name === "string" && this.#inputs.has(name))
        return this.#input(name, below, source);
      return this.#unknown(written, stage, hasItem);
    }
    if (root === "item" && hasItem) return item(rest, source);
    if (root === "run" && !this.#inputs.has("run")) return ofRun(rest, source);
    if (typeof root !== "string") return this.#unknown(written, stage, hasItem);
    const position = this.#positions.get(root);
    const isInput = this.#inputs.has(root);
    if (position !== undefined && isInput) {
      const why = `both a stage and an input are called "${root}"`;
      return { ok: false, why, hint: `write \${inputs.${root}} for the input, or rename one` };
    }
    if (isInput) return this.#input(root, rest, source);
    if (position === undefined) return this.#unknown(written, stage, hasItem);
    if (this.#needs(stage, position)) return this.#stage(position, rest, source);
    const why = `the stage "${root}" has not ended when this one starts`;
    return { ok: false, why, hint: "add it to `needs`" };
  }

  /**
   * What an input that is not written gets: the cascade input of its name, else the output of its name that the
   * nearest needed stage declares. Undefined when there is neither; an error when several are equally near.
   */
  implied(name: string, stage: number): Resolved | undefined {
    if (this.#inputs.has(name)) return this.#input(name, [], `\${inputs.${name}}`);
    const offer = this.#offersOf(name)[stage];
    const [nearest, other] = offer?.stages ?? [];
    if (nearest === undefined) return undefined;
    if (other === undefined)
      return this.#stage(nearest, [name], `\${${this.#idOf(nearest)}.${name}}`);
    const candidates = (offer?.stages ?? []).map(
      (position) => `\${${this.#idOf(position)}.${name}}`,
    );
    return {
      ok: false,
      why: `could be ${candidates.join(" or ")}`,
      hint: "write which one is meant",
    };
  }

  #input(name: string, path: Path, source: string): Resolved {
    this.#used.add(name);
    const type = typeBelow(this.#inputs.get(name)?.type ?? "any", path);
    if (typeof type !== "string") return { ok: false, ...type };
    return { ok: true, reference: { scope: { kind: "input", name }, path, source }, type };
  }

  #stage(index: number, path: Path, source: string): Resolved {
    const reference: Reference = { scope: { kind: "stage", index }, path, source };
    const fields = this.#stages[index]?.fields;
    const [field, ...below] = path;
    if (field === undefined) return { ok: true, reference, type: fields ? "object" : "any" };
    if (fields === undefined) return { ok: true, reference, type: "any" };
    const declared = typeof field === "string" ? fields.get(field) : undefined;
    if (declared === undefined) {
      const why = `"${this.#idOf(index)}" has no output ${JSON.stringify(field)}`;
      return { ok: false, why, hint: () => didYouMean(String(field), [...fields.keys()]) };
    }
    const type = typeBelow(declared.type, below);
    return typeof type === "string" ? { ok: true, reference, type } : { ok: false, ...type };
  }

  #unknown(written: WrittenReference, stage: number, hasItem: boolean): Resolved {
    const isInput = written.path[0] === "inputs";
    const given = written.path.slice(0, isInput ? 2 : 1).join(".");
    const hint = (): string =>
      didYouMean(given, [
        ...[...this.#inputs.keys()].map((name) => `inputs.${name}`),
        ...this.#stages.filter((_, position) => this.#needs(stage, position)).map(({ id }) => id),
        ...(hasItem ? ["item"] : []),
      ]);
    return { ok: false, why: "there is nothing of that name", hint };
  }

  /** For each stage, the nearest of those it needs that offer an output of this name. */
  #offersOf(name: string): readonly (Offer | undefined)[] {
    let offers = this.#offers.get(name);
    if (offers === undefined) {
      offers = this.#findOffers(name);
      this.#offers.set(name, offers);
    }
    return offers;
  }

  #findOffers(name: string): readonly (Offer | undefined)[] {
    const offers: (Offer | undefined)[] = [];
    for (const { needs } of this.#stages) {
      let best: Offer | undefined;
      for (const needed of needs) {
        const isOffered = this.#stages[needed]?.fields?.get(name)?.isOffered === true;
        const further = offers[needed];
        const offer = isOffered
          ? { distance: 1, stages: [needed] }
          : further && { distance: further.distance + 1, stages: further.stages };
        best = nearer(best, offer);
      }
      offers.push(best);
    }
    return offers;
  }

  #idOf(position: number): string {
    return this.#stages[position]?.id ?? "";
  }
}

type Path = readonly (string | number)[];

interface Offer {
  readonly distance: number;
  /** More than one when they are equally near; no more than are worth listing. */
  readonly stages: readonly number[];
}

const CANDIDATES_LISTED = 5;

function nearer(a: Offer | undefined, b: Offer | undefined): Offer | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.distance !== b.distance) return a.distance < b.distance ? a : b;
  const stages = [...new Set([...a.stages, ...b.stages])].slice(0, CANDIDATES_LISTED);
  return { distance: a.distance, stages };
}

const RUN_FIELDS: Readonly<Record<RunField, InputType>> = {
  id: "string",
  cascade: "string",
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
  const type = typeBelow(RUN_FIELDS[known], path);
  if (typeof type !== "string") return { ok: false, ...type };
  return { ok: true, reference: { scope: { kind: "run", field: known }, path, source }, type };
}

function item(path: Path, source: string): Resolved {
  return { ok: true, reference: { scope: { kind: "item" }, path, source }, type: "any" };
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
