import { amountText } from "../../../core/budget.ts";
import type { Plan, PlanBudget } from "../../../core/plan.ts";
import { modelAskedBy, modelWish, type SkillCatalog } from "../../../core/skill.ts";
import { leastCalls } from "../../../language/budgets.ts";
import { counted, durationText, labelled } from "./text-layout.ts";

/** A budget beside what its stages need. Null: not limited, or not known. */
export interface BudgetSummary {
  readonly of: string;
  readonly usd: number | null;
  readonly tokens: number | null;
  readonly calls: number | null;
  readonly timeMs: number | null;
  /** Calls that are made whatever happens. */
  readonly leastCalls: number;
  /** The longest answers to one try at each task, without their prompts: null when a price or the number of tasks is not known. */
  readonly answersUsd: number | null;
}

/** @param entries of each stage: how often it does its work; undefined when data tells that */
export function budgetSummaries(
  { budgets = [], stages }: Plan,
  entries: (position: number) => number | undefined,
  skills: SkillCatalog,
): readonly BudgetSummary[] {
  return budgets.map((budget) => ({
    of: budget.name,
    usd: budget.limit.usd ?? null,
    tokens: budget.limit.tokens ?? null,
    calls: budget.limit.calls ?? null,
    timeMs: budget.limit.timeMs ?? null,
    leastCalls: leastCalls(budget, stages, skills),
    answersUsd: answersOf(budget, stages, { entries, skills }),
  }));
}

function answersOf(
  { stages: positions }: PlanBudget,
  stages: Plan["stages"],
  known: {
    readonly entries: (position: number) => number | undefined;
    readonly skills: SkillCatalog;
  },
): number | null {
  const { models } = known.skills;
  if (models === undefined) return null;
  let total = 0;
  for (const [position, stage] of stages.entries()) {
    if (positions !== undefined && !positions.includes(position)) continue;
    for (const { skill } of stage.skills) {
      const manifest = known.skills.find(skill);
      if (manifest === undefined || modelAskedBy(manifest) === undefined) continue;
      const { worstCostUsd } = models.choose(modelWish(manifest, stage));
      const tasks = known.entries(position);
      if (worstCostUsd === null || tasks === undefined) return null;
      total += worstCostUsd * tasks;
    }
  }
  return total;
}

/** For people, below a title of its own; none without a budget. */
export function budgetLines(budgets: readonly BudgetSummary[], width: number): readonly string[] {
  if (budgets.length === 0) return [];
  const labelWidth = Math.max(...budgets.map(({ of }) => of.length)) + 2;
  const layout = { indent: 2, labelWidth, width };
  return [
    ...["", "Budget"],
    ...budgets.flatMap((budget) => labelled(budget.of, budgetText(budget), layout)),
  ];
}

function budgetText({ usd, tokens, calls, timeMs, ...needs }: BudgetSummary): string {
  const limits = [
    ...(usd === null ? [] : [amountText("usd", usd)]),
    ...(tokens === null ? [] : [amountText("tokens", tokens)]),
    ...(calls === null ? [] : [counted(calls, "call")]),
    ...(timeMs === null ? [] : [durationText(timeMs)]),
  ].join(", ");
  const { leastCalls: least, answersUsd } = needs;
  const answers =
    answersUsd === null
      ? "what they cost is not known"
      : `the longest answers cost ${amountText("usd", answersUsd)}`;
  return `at most ${limits}; at least ${counted(least, "call")}, and ${answers}`;
}
