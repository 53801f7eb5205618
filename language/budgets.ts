import { amountText, type Budget } from "../core/budget.ts";
import { LIMITS } from "../core/limits.ts";
import type { PlanBudget, PlanStage } from "../core/plan.ts";
import { modelAskedBy, type SkillCatalog } from "../core/skill.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { BudgetSyntax } from "./schema.ts";
import { durationOf } from "./stage-policies.ts";

/** What a written budget limits. */
export function budgetOf(written: BudgetSyntax, path: Path, reporter: Reporter): Budget {
  const { time, ...amounts } = written;
  for (const [counted, amount] of Object.entries(amounts)) {
    if (amount <= LIMITS.budgetAmount) continue;
    const message = `budgetAmount: ${amount} given, ${LIMITS.budgetAmount} allowed`;
    reporter.report("limit-exceeded", message, [...path, counted]);
  }
  if (time === undefined) return amounts;
  return { ...amounts, timeMs: durationOf(time, 0, [...path, "time"], reporter, "pauseMs") };
}

/** One that its stages cannot keep is refused before anything is spent. */
export function refuseUnaffordable(
  budget: PlanBudget,
  stages: readonly PlanStage[],
  { catalog, path, reporter }: BudgetPlace,
): void {
  const { calls } = budget.limit;
  if (calls === undefined) return;
  const least = leastCalls(budget, stages, catalog);
  if (least <= calls) return;
  const message = `the budget of ${budget.name} is ${amountText("calls", calls)}, and at least ${least} are needed: one for each task that asks a model and must run`;
  const hint = `raise \`calls\` to ${least} at least; tries after a failure need more`;
  reporter.report("budget-exhausted", message, [...path, "calls"], hint);
}

export interface BudgetPlace {
  readonly catalog: SkillCatalog;
  readonly path: Path;
  readonly reporter: Reporter;
}

/**
 * The fewest calls that what a budget is for can do with: one for each task of a skill that asks a model, in stages that nothing
 * lets be skipped. What only data tells counts as none.
 */
export function leastCalls(
  { stages: positions }: Pick<PlanBudget, "stages">,
  stages: readonly PlanStage[],
  catalog: SkillCatalog,
): number {
  const own = positions ?? stages.map((_, position) => position);
  const first = own[0] ?? 0;
  return own.reduce((sum, position) => {
    const stage = stages[position];
    return stage === undefined ? sum : sum + leastOfStage(stage, first, catalog);
  }, 0);
}

function leastOfStage(stage: PlanStage, first: number, catalog: SkillCatalog): number {
  const { guard, when, cache, isFinal } = stage;
  // A guard before the first of them decides about all of them.
  const isSure = guard === undefined || guard.stage < first;
  if (!isSure || when !== undefined || cache !== undefined || isFinal === true) return 0;
  const asking = stage.skills.filter(({ skill }) => {
    const manifest = catalog.find(skill);
    return manifest !== undefined && modelAskedBy(manifest) !== undefined;
  });
  return asking.length * leastItems(stage);
}

function leastItems({ foreach }: PlanStage): number {
  if (foreach === undefined) return 1;
  if (foreach.kind === "list") return foreach.items.length;
  return foreach.kind === "literal" && Array.isArray(foreach.value) ? foreach.value.length : 0;
}
