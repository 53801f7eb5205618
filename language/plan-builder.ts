import { isToken } from "../core/ids.ts";
import { LIMITS } from "../core/limits.ts";
import type { Plan, PlanBudget, PlanStage } from "../core/plan.ts";
import { isOwnSetting, refusedVariable } from "./environment.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { CascadeSyntax } from "./schema.ts";
import { type Fields, StageGraph } from "./stage-graph.ts";
import type { Target } from "./stage-scope.ts";

/** What one written stage became. */
export interface Group {
  /** Whoever needs the stage needs these. */
  readonly exits: readonly number[];
  readonly target: Target;
}

/** The stages of a plan while it is made, those of sub-cascades among them. */
export class PlanBuilder {
  readonly stages: PlanStage[] = [];
  readonly graph = new StageGraph();
  readonly #ids = new Set<string>();
  readonly #env = new Set<string>();
  readonly #secrets = new Set<string>();
  readonly #budgets: PlanBudget[] = [];
  #isFull = false;
  readonly #atTheEnd: ((needs: readonly number[]) => void)[] = [];

  /** True when there are too many stages, which was reported. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Takes in what a cascade lists by name of what is around it. @returns the same, for the names in that cascade */
  listed(
    { env = [], secrets = [] }: Pick<CascadeSyntax, "env" | "secrets">,
    reporter: Reporter,
  ): { readonly env: readonly string[]; readonly secrets: readonly string[] } {
    for (const [index, name] of env.entries()) {
      const why = refusedVariable(name);
      if (why !== undefined) {
        const message = `the variable ${name} ${why}`;
        reporter.report("not-allowed", message, ["env", index], "list it under `secrets` instead");
      }
      this.#env.add(name);
    }
    for (const [index, name] of secrets.entries()) {
      if (isOwnSetting(name)) {
        const message = `${name} is a setting of the swarm itself, which no skill is given`;
        reporter.report("not-allowed", message, ["secrets", index]);
      }
      this.#secrets.add(name);
    }
    return { env, secrets };
  }

  /** The budget of the run, or of a written stage with all that it became. */
  addBudget(budget: PlanBudget): void {
    this.#budgets.push(budget);
  }

  get budgets(): Pick<Plan, "budgets"> {
    return this.#budgets.length === 0 ? {} : { budgets: this.#budgets };
  }

  /** Those of all cascades, for the plan. */
  listedNames(): Pick<Plan, "env" | "secrets"> {
    return {
      ...(this.#env.size === 0 ? {} : { env: [...this.#env].sort() }),
      ...(this.#secrets.size === 0 ? {} : { secrets: [...this.#secrets].sort() }),
    };
  }

  /** Takes the next place in the plan, before the stage is compiled, so that names in it know what is before it. */
  reserve(id: string, needs: readonly number[], path: Path, reporter: Reporter): number {
    if (this.#ids.has(id)) {
      reporter.report(
        "invalid-cascade",
        `two stages are called "${id}"`,
        path,
        "rename one of them",
      );
    } else if (!isToken(id)) {
      const message = `"${id}" is too long to name a stage`;
      reporter.report("invalid-cascade", message, path, "use shorter names");
    }
    this.#ids.add(id);
    const position = this.graph.size;
    this.graph.add(needs);
    if (this.graph.size > LIMITS.stagesPerCascade && !this.#isFull) {
      this.#isFull = true;
      const message = `stagesPerCascade: more than ${LIMITS.stagesPerCascade}, with the turns of loops and sub-cascades`;
      reporter.report("limit-exceeded", message, path);
    }
    return position;
  }

  /** What adds final stages is called when all others are there. */
  atTheEnd(add: (needs: readonly number[]) => void): void {
    this.#atTheEnd.push(add);
  }

  /** @param needs what final stages wait for */
  addTheEnd(needs: readonly number[]): void {
    for (const add of this.#atTheEnd.splice(0)) add(needs);
  }

  /** The stages from this position on run also when the run fails before them. */
  markFinal(from: number): void {
    for (let position = from; position < this.stages.length; position++) {
      const stage = this.stages[position];
      if (stage !== undefined) this.stages[position] = { ...stage, isFinal: true };
    }
  }

  /** Puts the stage of the place that was taken last. */
  put(position: number, stage: PlanStage, fields: Fields): Group & { readonly position: number } {
    this.stages[position] = stage;
    return { position, exits: [position], target: { stages: [position], fields } };
  }
}
