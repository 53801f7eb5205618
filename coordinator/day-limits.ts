import type { Budget } from "../core/budget.ts";
import { SwarmError } from "../core/errors.ts";

const VARIABLES = {
  usd: "CASCADE_BUDGET_USD_PER_DAY",
  tokens: "CASCADE_BUDGET_TOKENS_PER_DAY",
  calls: "CASCADE_BUDGET_CALLS_PER_DAY",
} as const;

/**
 * What all runs together may spend on models in a day of UTC; undefined when nothing is set.
 * @throws SwarmError `usage` for what is no number above 0
 */
export function dayLimitsOf(env: Readonly<Record<string, string | undefined>>): Budget | undefined {
  const limits = Object.entries(VARIABLES).flatMap(([counted, name]) => {
    const text = env[name];
    if (text === undefined || text === "") return [];
    const number = Number(text);
    const isWhole = counted === "usd" || Number.isSafeInteger(number);
    if (Number.isFinite(number) && number > 0 && isWhole) return [[counted, number] as const];
    const form = counted === "usd" ? "a number above 0" : "a whole number above 0";
    throw new SwarmError("usage", `${name}=${text} is not ${form}`);
  });
  return limits.length === 0 ? undefined : Object.fromEntries(limits);
}
