import { describe, expect, it } from "vitest";
import { type BudgetStanding, decideCall, NOTHING_SPENT } from "../../core/budget.ts";
import { BudgetAccount } from "../../core/budget-account.ts";
import type { RunEvent } from "../../core/events.ts";
import type { AgentId, StageId } from "../../core/ids.ts";
import type { Plan, PlanBudget } from "../../core/plan.ts";

const standing = (more: Partial<BudgetStanding>): BudgetStanding => ({
  of: "the run",
  limit: {},
  spent: NOTHING_SPENT,
  reserved: NOTHING_SPENT,
  ...more,
});
const asked = { tokens: 100, usd: 0.1, model: "m", where: "stage a, task 0" };
const spending = (calls: number, tokens: number, usd: number) => ({ calls, tokens, usd });

describe("whether a call may be made", () => {
  it.each([
    ["no limit", {}, spending(99, 99, 99), NOTHING_SPENT, "granted"],
    ["the last call", { calls: 3 }, spending(2, 0, 0), NOTHING_SPENT, "granted"],
    ["one call too many", { calls: 3 }, spending(3, 0, 0), NOTHING_SPENT, "refused"],
    ["exactly the money that is left", { usd: 0.3 }, spending(2, 0, 0.2), NOTHING_SPENT, "granted"],
    ["too little money", { usd: 0.29 }, spending(2, 0, 0.2), NOTHING_SPENT, "refused"],
    ["money that may come back", { usd: 0.29 }, NOTHING_SPENT, spending(0, 0, 0.2), "full"],
    ["tokens that may come back", { tokens: 150 }, NOTHING_SPENT, spending(0, 60, 0), "full"],
    ["more tokens than there ever are", { tokens: 99 }, NOTHING_SPENT, NOTHING_SPENT, "refused"],
  ] as const)("%s", (_, limit, spent, reserved, status) => {
    expect(decideCall([standing({ limit, spent, reserved })], asked).status).toBe(status);
  });

  it("is refused when one of several budgets has no room, even when another is only full", () => {
    const full = standing({ limit: { tokens: 150 }, reserved: spending(0, 60, 0) });
    const over = standing({ of: "stage a", limit: { calls: 1 }, spent: spending(1, 0, 0) });
    const decision = decideCall([full, over], asked);
    expect(decision.status === "refused" && decision.error).toMatchObject({
      code: "budget-exhausted",
      disposition: "fail",
      message:
        "stage a, task 0: the budget of stage a is 1 call: 1 call spent, 0 calls reserved, 1 call asked for a call of m",
    });
  });

  it("is refused without a known price where money is limited, and only there", () => {
    const unpriced = { ...asked, usd: null };
    const decision = decideCall([standing({ limit: { usd: 9 } })], unpriced);
    expect(decision.status === "refused" && decision.error.code).toBe("budget-unbounded");
    expect(decideCall([standing({ limit: { calls: 9 } })], unpriced).status).toBe("granted");
  });
});

const a = "a" as StageId;
const b = "b" as StageId;
const whole: PlanBudget = { name: "the run", limit: { calls: 9 } };
const ofA: PlanBudget = { name: "stage a", limit: { tokens: 900 }, stages: [0] };
const plan = { budgets: [whole, ofA], stages: [{ id: a }, { id: b }] } as unknown as Plan;
const reserve = (id: string, stage: StageId, tokens: number, usd: number | null): RunEvent => ({
  type: "budget.reserved",
  stage,
  index: 0,
  attempt: 1,
  agent: "agent-1" as AgentId,
  id,
  model: "m",
  tokens,
  usd,
});
const settle = (id: string, tokens: number | null, usd: number | null): RunEvent => ({
  type: "budget.settled",
  stage: a,
  id,
  tokens,
  usd,
});
function account(...events: RunEvent[]): BudgetAccount {
  const made = new BudgetAccount(plan);
  for (const [at, event] of events.entries()) made.apply(event, at);
  return made;
}

describe("what a run has spent", () => {
  it("is the worst case until a call is settled, and what was counted after that", () => {
    const events = [reserve("x.1", a, 100, 1), reserve("x.2", b, 50, 2), settle("x.1", 10, 0.25)];
    expect(account(...events).standings(() => true)).toEqual([
      {
        ...{ of: "the run", limit: whole.limit },
        ...{ spent: spending(2, 10, 0.25), reserved: spending(0, 50, 2) },
      },
      {
        ...{ of: "stage a", limit: ofA.limit },
        ...{ spent: spending(1, 10, 0.25), reserved: NOTHING_SPENT },
      },
    ]);
  });

  it("keeps the worst case of calls that nobody settles any more, or that were not counted", () => {
    const events = [reserve("x.1", a, 100, 1), reserve("x.2", a, 50, 2), settle("x.2", null, null)];
    const [run] = account(...events).standings(() => false);
    expect(run).toMatchObject({ spent: spending(2, 150, 3), reserved: NOTHING_SPENT });
  });

  it("counts a reservation that is told twice once, and settles it once", () => {
    const once = reserve("x.1", a, 100, 1);
    const twice = account(once, once, settle("x.1", 10, 0.5), settle("x.1", 90, 9));
    expect(twice.standings(() => true)[0]?.spent).toEqual(spending(1, 10, 0.5));
    expect(twice.spending).toEqual(spending(1, 10, 0.5));
  });

  it("is told as not known where it is not", () => {
    expect(account().spending).toBeUndefined();
    const events = [reserve("x.1", a, 9, null), settle("x.1", 5, null), reserve("x.2", a, 9, 1)];
    expect(account(...events).spending).toEqual({ calls: 2, tokens: null, usd: null });
    expect(account(...events, settle("x.2", 5, 1)).spending).toEqual({
      ...{ calls: 2, tokens: 10, usd: null },
    });
  });

  it("counts time from the first start of what a budget is for", () => {
    const started = account(
      { type: "run.started" } as RunEvent,
      { type: "stage.started", stage: b, tasks: 1 },
      { type: "stage.started", stage: a, tasks: 1 },
    );
    expect([started.startedMs(0), started.startedMs(1)]).toEqual([0, 2]);
  });
});
