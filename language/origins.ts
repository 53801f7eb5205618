import type { PlanStage, Template } from "../core/plan.ts";
import { referencesIn } from "./template-references.ts";

/** Tells where values come from: from the cascade and its inputs, or from what stages put out. */
export class Origins {
  readonly #stages: readonly PlanStage[];

  /** @param stages of the plan, as far as they are compiled, by position */
  constructor(stages: readonly PlanStage[]) {
    this.#stages = stages;
  }

  /**
   * True when the template's value may be one that a stage has put out. A `transform`, and the inputs of a sub-cascade, are
   * what they are made of.
   * @param foreach what the template's stage goes through
   */
  isFromStages(template: Template, foreach: Template | undefined): boolean {
    const seen = new Set<string>();
    const open = [...referencesIn(template)];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { scope, path } = next;
      if (
        scope.kind === "status" ||
        scope.kind === "error" ||
        (scope.kind === "run" && scope.field === "timeline")
      )
        return true;
      // Whatever a task has written there.
      if (scope.kind === "memory") return true;
      if (scope.kind === "item") {
        if (foreach === undefined) return true;
        if (!seen.has("item")) open.push(...referencesIn(foreach));
        seen.add("item");
      }
      if (scope.kind !== "stage") continue;
      for (const index of scope.indexes) {
        const value = this.#evaluatedBy(index);
        if (value === undefined) return true;
        const [field] = path;
        const key = `${index} ${String(field)}`;
        if (seen.has(key)) continue;
        seen.add(key);
        open.push(...referencesIn(partOf(value, field)));
      }
    }
    return false;
  }

  /** What the stage's output is evaluated from; undefined when skills make it, or it is not known yet. */
  #evaluatedBy(index: number): Template | undefined {
    const stage = this.#stages[index];
    return stage?.gate === undefined ? stage?.value : undefined;
  }
}

function partOf(value: Template, field: string | number | undefined): Template {
  if (value.kind !== "map" || typeof field !== "string") return value;
  return Object.hasOwn(value.entries, field) ? (value.entries[field] ?? value) : value;
}
