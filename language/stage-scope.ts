import type { Fields } from "./stage-graph.ts";

/** What a written stage is in the plan: the stages whose last one that succeeded gives its output. */
export interface Target {
  readonly stages: readonly number[];
  readonly fields: Fields;
}

/** The stages that a `${…}` may name, by the id they are written with. Inner lists see the names of outer ones. */
export class StageScope {
  readonly #outer: StageScope | undefined;
  readonly #targets = new Map<string, Target>();

  constructor(outer?: StageScope) {
    this.#outer = outer;
  }

  /** True when it sees the names of the other: it is that scope or inside it. */
  sees(other: StageScope): boolean {
    return this === other || this.#outer?.sees(other) === true;
  }

  set(id: string, target: Target): void {
    this.#targets.set(id, target);
  }

  find(id: string): Target | undefined {
    return this.#targets.get(id) ?? this.#outer?.find(id);
  }

  ids(): readonly string[] {
    return [...new Set([...this.#targets.keys(), ...(this.#outer?.ids() ?? [])])];
  }
}
