import { createHash } from "node:crypto";
import type { Json } from "../core/json.ts";
import type { Plan } from "../core/plan.ts";

/** The stored form of a plan: JSON with sorted keys, so that equal plans have equal bytes. */
export function canonicalPlan(plan: Plan): string {
  return JSON.stringify(sorted(plan));
}

/** The same of any data. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(sorted(value));
}

/** sha256 of the stored form, in hex: the plan's name. */
export function planDigest(plan: Plan): string {
  return createHash("sha256").update(canonicalPlan(plan)).digest("hex");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, entry]) => [key, sorted(entry)]),
  );
}
