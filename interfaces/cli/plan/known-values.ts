import { SwarmError } from "../../../core/errors.ts";
import type { Json, JsonObject } from "../../../core/json.ts";
import type { Plan, Reference, Template } from "../../../core/plan.ts";
import { ENVIRONMENT } from "../../../language/environment.ts";
import type { Scope } from "../../../language/scope.ts";
import { evaluate } from "../../../language/template.ts";
import { referencesIn } from "../../../language/template-references.ts";
import { branchOf } from "./guard-branch.ts";

/** What follows from the inputs alone, before anything runs. */
export class KnownValues {
  readonly #plan: Plan;
  readonly #inputs: JsonObject;
  readonly #required: ReadonlySet<string>;
  readonly #stages = new Map<number, Json>();
  readonly #scope: Scope = {
    input: (name) => (Object.hasOwn(this.#inputs, name) ? this.#inputs[name] : undefined),
    stage: (index) => this.#stages.get(index),
    status: () => undefined,
    run: () => null,
    loaded: () => undefined,
  };

  /** @param inputs as `resolveInputs` gives them; a required one may be absent */
  constructor(plan: Plan, inputs: JsonObject) {
    this.#plan = plan;
    this.#inputs = inputs;
    this.#required = new Set(
      plan.inputs.filter(({ required }) => required).map(({ name }) => name),
    );
    for (const [position, { value, when }] of plan.stages.entries()) {
      if (value === undefined || when !== undefined) continue;
      const known = this.of(value, position);
      if (known !== undefined) this.#stages.set(position, known);
    }
  }

  /** How many entries a stage does its work for: 1 without `foreach`, undefined when the run alone can tell. */
  entriesOf(position: number): number | undefined {
    const foreach = this.#plan.stages[position]?.foreach;
    if (foreach === undefined) return 1;
    const list = this.of(foreach, position);
    return Array.isArray(list) ? list.length : undefined;
  }

  /** The value of a template of that stage; undefined when it follows from more than the inputs, or from nothing. */
  of(template: Template, position: number): Json | undefined {
    if (!referencesIn(template).every((each) => this.#isKnown(each, position))) return undefined;
    try {
      return evaluate(template, this.#scope);
    } catch (error) {
      if (error instanceof SwarmError) return undefined;
      throw error;
    }
  }

  #isKnown({ scope }: Reference, position: number): boolean {
    switch (scope.kind) {
      case "constant":
        return true;
      case "input":
        if (Object.hasOwn(this.#inputs, scope.name)) return true;
        return !this.#required.has(scope.name) && !scope.name.startsWith(ENVIRONMENT);
      case "stage": {
        const [stage, ...others] = scope.indexes;
        if (stage === undefined || others.length > 0 || !this.#stages.has(stage)) return false;
        return this.#runsWith(stage, position);
      }
      case "status":
      case "error":
      case "item":
      case "index":
      case "run":
      case "memory":
        return false;
      default:
        return scope satisfies never;
    }
  }

  /** True when a stage is never skipped while the other one runs. */
  #runsWith(stage: number, other: number): boolean {
    const guard = this.#plan.stages[stage]?.guard;
    if (guard === undefined) return true;
    let around = this.#plan.stages[other]?.guard;
    while (around !== undefined) {
      if (around.stage === guard.stage) return branchOf(around) === branchOf(guard);
      around = this.#plan.stages[around.stage]?.guard;
    }
    return false;
  }
}
