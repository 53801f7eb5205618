import { describe, expect, it } from "vitest";
import { compileCascade } from "../../language/compile.ts";
import { canonicalPlan, planDigest } from "../../language/plan-digest.ts";
import { testCatalog } from "../support/catalog.ts";

function planOf(text: string) {
  const compiled = compileCascade({ text, file: "c.yaml" }, testCatalog);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  return compiled.plan;
}

describe("the digest of a plan", () => {
  const plan = planOf("cascade: c\nstages:\n  - { stage: a, skill: list, inputs: { path: x } }\n");

  it("does not depend on the order or form in which keys are written", () => {
    const other = planOf(
      "# the same\nstages:\n  - inputs:\n      path: 'x'\n    skill: list\n    stage: a\ncascade: c\n",
    );
    expect(canonicalPlan(other)).toBe(canonicalPlan(plan));
    expect(planDigest(other)).toBe(planDigest(plan));
    expect(planDigest(plan)).toMatch(/^[0-9a-f]{64}$/);
  });

  it("changes with any value", () => {
    const other = planOf(
      "cascade: c\nstages:\n  - { stage: a, skill: list, inputs: { path: y } }\n",
    );
    expect(planDigest(other)).not.toBe(planDigest(plan));
  });

  it("is kept by storing and reading the plan", () => {
    expect(planDigest(JSON.parse(canonicalPlan(plan)))).toBe(planDigest(plan));
  });
});
