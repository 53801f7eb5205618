import { SwarmError } from "./errors.ts";

/** What may be spent at most; what is absent is not limited. */
export interface Budget {
  readonly usd?: number;
  /** Of prompts and answers together. */
  readonly tokens?: number;
  /** Calls of a vendor: each try and each switch is one. */
  readonly calls?: number;
  /** Wall time from the start of the run, or of the stage. */
  readonly timeMs?: number;
}

/** What calls of models come to. */
export interface Spending {
  readonly calls: number;
  readonly tokens: number;
  readonly usd: number;
}

/** One call before it is made, at its worst; `usd` is null when its price is not known. */
export interface AskedCall {
  readonly tokens: number;
  readonly usd: number | null;
}

/** How a budget stands: `reserved` is what calls that are under way may still turn out not to need. */
export interface BudgetStanding {
  /** Whose budget, as people call it: `the run`, `stage review`, `the day 2026-11-25`. */
  readonly of: string;
  readonly limit: Budget;
  readonly spent: Spending;
  readonly reserved: Spending;
}

export const NOTHING_SPENT: Spending = { calls: 0, tokens: 0, usd: 0 };

/** What is counted of calls, in the order in which it is looked at. */
const COUNTED = ["calls", "tokens", "usd"] as const;
type Counted = (typeof COUNTED)[number];

/** Sums of prices are not exact; a difference of less than this is none. */
const USD_EXACT = 1e-9;

export type BudgetDecision =
  | { readonly status: "granted" }
  /** There may be room when calls that are under way turn out to need less than was reserved for them. */
  | { readonly status: "full" }
  | { readonly status: "refused"; readonly error: SwarmError };

/** Whether a call may be made under all of these budgets. Pure. */
export function decideCall(
  standings: readonly BudgetStanding[],
  asked: AskedCall & { readonly model: string; readonly where: string },
): BudgetDecision {
  let isFull = false;
  for (const standing of standings) {
    const { limit, spent, reserved } = standing;
    if (limit.usd !== undefined && asked.usd === null) {
      return { status: "refused", error: unbounded(standing, asked) };
    }
    for (const counted of COUNTED) {
      const most = limit[counted];
      if (most === undefined) continue;
      const wanted = spent[counted] + (counted === "calls" ? 1 : (asked[counted] ?? 0));
      if (wanted > most + USD_EXACT) {
        return { status: "refused", error: exhausted(standing, counted, asked) };
      }
      if (wanted + reserved[counted] > most + USD_EXACT) isFull = true;
    }
  }
  return { status: isFull ? "full" : "granted" };
}

function exhausted(
  { of, limit, spent, reserved }: BudgetStanding,
  counted: Counted,
  asked: AskedCall & { readonly model: string; readonly where: string },
): SwarmError {
  const wanted = counted === "calls" ? 1 : (asked[counted] ?? 0);
  const told = [
    `${amountText(counted, spent[counted])} spent`,
    `${amountText(counted, reserved[counted])} reserved`,
    `${amountText(counted, wanted)} asked for a call of ${asked.model}`,
  ].join(", ");
  const most = amountText(counted, limit[counted] ?? 0);
  const message = `${asked.where}: the budget of ${of} is ${most}: ${told}`;
  const hint =
    counted === "calls"
      ? "raise `calls`, or let the stages ask less often"
      : `raise \`${counted}\`: before a call as much is reserved as its prompt and its longest answer may need`;
  return new SwarmError("budget-exhausted", message, { hint });
}

function unbounded(
  { of, limit }: BudgetStanding,
  { model, where }: { readonly model: string; readonly where: string },
): SwarmError {
  const most = amountText("usd", limit.usd ?? 0);
  const message = `${where}: the budget of ${of} is ${most}, and the price of ${model} is not known`;
  const hint =
    "put its price into a file for CASCADE_MODEL_REGISTRY, name another model, or limit `tokens` instead of `usd`";
  return new SwarmError("budget-unbounded", message, { hint });
}

/** That the time of a budget is over. */
export function timeIsOver(of: string, timeMs: number): SwarmError {
  return new SwarmError("budget-exhausted", `the budget of ${of} is ${timeMs} ms, which are over`, {
    hint: "raise `time`, or let it do less",
  });
}

/** An amount with its unit: `7 calls`, `1200 tokens`, `$0.0500`. */
export function amountText(counted: Counted, amount: number): string {
  if (counted === "usd") return `$${amount.toFixed(4)}`;
  return amount === 1 ? `1 ${counted.slice(0, -1)}` : `${amount} ${counted}`;
}

export function plus(one: Spending, other: Spending): Spending {
  return {
    calls: one.calls + other.calls,
    tokens: one.tokens + other.tokens,
    usd: one.usd + other.usd,
  };
}
