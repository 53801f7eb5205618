import type { Guard } from "../../../core/plan.ts";

/** The branch that a guard asks for; undefined when it asks that the stage failed. */
export function branchOf(guard: Guard): string | undefined {
  return "branch" in guard ? guard.branch : undefined;
}
