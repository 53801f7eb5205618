import type { ModelUsage } from "../core/model.ts";

/** Keeps the counts that are there. */
export function usageOf(
  counts: {
    readonly [Name in keyof ModelUsage]-?: number | null | undefined;
  },
): ModelUsage {
  const told = Object.entries(counts).filter(
    ([, count]) => typeof count === "number" && Number.isFinite(count) && count >= 0,
  );
  return Object.fromEntries(told) as ModelUsage;
}

/** Counts of several calls in one; one that is missing in any of them is not known. */
export function sumOfUsage(all: readonly ModelUsage[]): ModelUsage {
  const [first, ...others] = all;
  if (first === undefined) return {};
  const names = Object.keys(first) as (keyof ModelUsage)[];
  const known = names.filter((name) => others.every((usage) => usage[name] !== undefined));
  return Object.fromEntries(
    known.map((name) => [name, all.reduce((sum, usage) => sum + (usage[name] ?? 0), 0)]),
  );
}

/** The sum of those that are told; undefined when the first is not. */
export function plus(
  first: number | null | undefined,
  ...others: readonly (number | null | undefined)[]
): number | undefined {
  if (typeof first !== "number") return undefined;
  return others.reduce<number>((sum, each) => sum + (each ?? 0), first);
}
