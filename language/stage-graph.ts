import type { InputType, Template } from "../core/plan.ts";
import type { StageScope } from "./stage-scope.ts";

/** That a stage's output can be named, and by whom. */
export interface Offering {
  /** Seen from there and from inside. */
  readonly scope: StageScope;
  /** What the stage is called where it is written; stages that carry out one written stage share that name. */
  readonly id: string;
  readonly fields: Fields;
}

/** What is declared about an output; undefined when nothing is. */
export type Fields = ReadonlyMap<string, OutputField> | undefined;

export interface OutputField {
  readonly type: InputType;
  /** Inputs that are not written take the output of their name. */
  readonly isOffered: boolean;
}

/** The nearest stages that offer an output. */
interface Offer {
  /** Steps over needs. */
  readonly distance: number;
  /** More than one when they are equally near; no more than are worth listing. */
  readonly ids: readonly string[];
}

const CANDIDATES_LISTED = 5;

/** The stages of a plan while it grows: who needs whom, and who offers what. */
export class StageGraph {
  readonly #needs: (readonly number[])[] = [];
  /** For each stage, a bit for every stage before it that has ended when it starts. */
  readonly #before: Uint32Array[] = [];
  readonly #offerings: (readonly Offering[])[] = [];
  readonly #offers = new Map<StageScope, Map<string, (Offer | undefined)[]>>();

  get size(): number {
    return this.#needs.length;
  }

  /** @param needs positions of the stages it needs, all before its own */
  add(needs: readonly number[]): void {
    const position = this.#needs.length;
    const before = new Uint32Array(Math.ceil(position / 32));
    for (const needed of needs) {
      for (const [word, bits] of (this.#before[needed] ?? []).entries()) {
        before[word] = (before[word] ?? 0) | bits;
      }
      before[needed >>> 5] = (before[needed >>> 5] ?? 0) | (1 << (needed & 31));
    }
    this.#needs.push(needs);
    this.#before.push(before);
    this.#offerings.push([]);
  }

  /** Tells by which names the outputs of stages can be had; before any stage that needs them is looked at. */
  offer(stages: readonly number[], offering: Offering): void {
    for (const stage of stages) {
      const others = (this.#offerings[stage] ?? []).filter(({ scope }) => scope !== offering.scope);
      this.#offerings[stage] = [...others, offering];
    }
  }

  /** True when one has ended whenever the other starts. */
  endsBefore(needed: number, stage: number): boolean {
    return ((this.#before[stage]?.[needed >>> 5] ?? 0) & (1 << (needed & 31))) !== 0;
  }

  /** The ids of the nearest of those that a stage needs, directly or through others, that offer an output of this name. */
  offersOf(name: string, stage: number, scope: StageScope): readonly string[] {
    let byName = this.#offers.get(scope);
    if (byName === undefined) {
      byName = new Map();
      this.#offers.set(scope, byName);
    }
    let offers = byName.get(name);
    if (offers === undefined) {
      offers = [];
      byName.set(name, offers);
    }
    for (let position = offers.length; position <= stage; position++) {
      offers.push(this.#findOffer(name, scope, position, offers));
    }
    return offers[stage]?.ids ?? [];
  }

  #findOffer(
    name: string,
    scope: StageScope,
    position: number,
    known: readonly (Offer | undefined)[],
  ): Offer | undefined {
    let best: Offer | undefined;
    for (const needed of this.#needs[position] ?? []) {
      const offering = this.#offerings[needed]?.find(
        (each) => each.fields?.get(name)?.isOffered === true && scope.sees(each.scope),
      );
      const further = known[needed];
      const offer = offering
        ? { distance: 1, ids: [offering.id] }
        : further && { distance: further.distance + 1, ids: further.ids };
      best = nearer(best, offer);
    }
    return best;
  }
}

function nearer(a: Offer | undefined, b: Offer | undefined): Offer | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.distance !== b.distance) return a.distance < b.distance ? a : b;
  const ids = [...new Set([...a.ids, ...b.ids])].slice(0, CANDIDATES_LISTED);
  return { distance: a.distance, ids };
}

/** What a transform's output has: the keys that are written, when it is written as a mapping. */
export function fieldsOfTemplate(template: Template): Fields {
  if (template.kind === "map") {
    const entries = Object.keys(template.entries).map((name) => [name, ANY] as const);
    return new Map(entries);
  }
  if (template.kind !== "literal") return undefined;
  const { value } = template;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return new Map(Object.keys(value).map((name) => [name, ANY] as const));
}

const ANY: OutputField = { type: "any", isOffered: true };
