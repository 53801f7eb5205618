import { SwarmError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { Branch, Decision } from "../core/plan.ts";
import type { Scope } from "./scope.ts";
import { evaluate } from "./template.ts";

/** Branch names that stand for true and for false. */
export const TRUE_BRANCHES: ReadonlySet<string> = new Set(["then", "true", "yes", "repeat"]);
export const FALSE_BRANCHES: ReadonlySet<string> = new Set(["else", "false", "no", "done"]);

/** From which number up a branch is taken whose name begins so, when it does not say it itself. */
export const BANDS: Readonly<Record<string, number>> = {
  high: 0.7,
  medium: 0.4,
  low: Number.NEGATIVE_INFINITY,
};

/** The band of a branch such as `high_quality`; undefined when its name is none. */
export function bandOf(name: string): number | undefined {
  const [first = ""] = name.toLowerCase().split(/[-_]/);
  return Object.hasOwn(BANDS, first) ? BANDS[first] : undefined;
}

/** The lowest number there is in JSON, for a band without a lower end: JSON has no infinity. */
const LOWEST = -Number.MAX_VALUE;

export function finite(bound: number): number {
  return bound === Number.NEGATIVE_INFINITY ? LOWEST : bound;
}

/**
 * Chooses a branch. @returns `{branch, value}`: its name and what it was decided on
 * @throws SwarmError `no-branch` when none fits; what `evaluate` throws
 */
export function decide(decision: Decision, scope: Scope): Json {
  for (const branch of decision.branches) {
    if (branch.when !== undefined && evaluate(branch.when, scope) === true) {
      return { branch: branch.name, value: true };
    }
  }
  const value = decision.on === undefined ? null : scalar(evaluate(decision.on, scope));
  const chosen =
    decision.on === undefined
      ? undefined
      : branchFor(
          value,
          decision.branches.filter(({ when }) => when === undefined),
        );
  const branch = chosen?.name ?? decision.otherwise;
  if (branch !== undefined) return { branch, value };
  const names = decision.branches.map(({ name }) => name).join(", ");
  throw new SwarmError("no-branch", `no branch fits ${shown(value)} (there is: ${names})`, {
    hint: "add a branch `default`",
  });
}

/** A text means the branch of that name, true and false those that stand for them, a number the first band it reaches. */
function branchFor(value: Json, branches: readonly Branch[]): Branch | undefined {
  if (typeof value === "boolean") {
    const names = value ? TRUE_BRANCHES : FALSE_BRANCHES;
    return branches.find(({ name }) => names.has(name));
  }
  if (typeof value === "number") {
    return (
      branches.find(({ name }) => name === String(value)) ??
      branches.find(({ atLeast }) => atLeast !== undefined && value >= atLeast)
    );
  }
  return typeof value === "string" ? branches.find(({ name }) => name === value) : undefined;
}

/** Longer than any name of a branch. */
const LONGEST_TEXT = 256;

/** Only these can choose; anything else is not kept with the decision. */
function scalar(value: Json): Json {
  if (typeof value === "string") return value.slice(0, LONGEST_TEXT);
  return typeof value === "object" ? null : value;
}

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
