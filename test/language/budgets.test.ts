import { describe, expect, it } from "vitest";
import type { SkillCatalog, SkillManifest } from "../../core/skill.ts";
import { compileCascade } from "../../language/compile.ts";
import { testCatalog } from "../support/catalog.ts";

/** `report` asks a model. */
const catalog: SkillCatalog = {
  ...testCatalog,
  find: (name) => {
    const manifest = testCatalog.find(name);
    const asking: Partial<SkillManifest> = name === "report" ? { model: "auto-select" } : {};
    return manifest === undefined ? undefined : { ...manifest, ...asking };
  },
};
const SUB = `cascade: sub
budget: { tokens: 5 }
stages: [{ stage: in, skill: report, inputs: { findings: 1 } }]
`;

function compiled(text: string) {
  return compileCascade({ text: `cascade: c\n${text}`, file: "c.yaml" }, catalog, {
    find: (name) => (name === "sub" ? { text: SUB, file: "sub.yaml" } : undefined),
    names: () => ["sub"],
  });
}
function budgetsOf(text: string) {
  const made = compiled(text);
  if (!made.ok) throw new Error(made.diagnostics[0]?.message);
  return made.plan.budgets;
}
function errorsOf(text: string) {
  const made = compiled(text);
  return made.ok ? [] : made.diagnostics.map(({ code, message }) => `${code}: ${message}`);
}

const ask = "skill: report, inputs: { findings: 1 }";

describe("`budget`", () => {
  it("is absent from a plan without one", () => {
    expect(budgetsOf(`stages: [{ stage: a, ${ask} }]`)).toBeUndefined();
  });

  it("is of the run, or of a stage with all that it becomes", () => {
    expect(
      budgetsOf(
        `
budget: { usd: 1.5, time: 10m }
stages:
  - { stage: first, ${ask} }
  - { stage: own, ${ask}, budget: { calls: 4 }, error_handling: { escalate: true } }
  - { stage: both, budget: { tokens: 900 }, stages: [{ stage: in, ${ask} }, { stage: out, transform: 1 }] }
  - { stage: other, cascade: sub }
`,
      ),
    ).toEqual([
      { name: "stage own", limit: { calls: 4 }, stages: [1, 2, 3, 4] },
      { name: "stage both", limit: { tokens: 900 }, stages: [5, 6] },
      { name: "the cascade sub in other", limit: { tokens: 5 }, stages: [8] },
      { name: "the run", limit: { usd: 1.5, timeMs: 600_000 } },
    ]);
  });

  it("that the stages which must run cannot keep is refused", () => {
    const stages = `
stages:
  - { stage: a, ${ask} }
  - { stage: each, foreach: [1, 2, 3], ${ask} }
  - { stage: unsure, when: "size(each) > 9", ${ask} }
  - { stage: free, skill: list, inputs: { path: . } }
`;
    expect(errorsOf(`budget: { calls: 4 }${stages}`)).toEqual([]);
    expect(errorsOf(`budget: { calls: 3 }${stages}`)).toEqual([
      "budget-exhausted: the budget of the run is 3 calls, and at least 4 are needed: one for each task that asks a model and must run",
    ]);
    expect(
      errorsOf(`stages: [{ stage: each, foreach: [1, 2, 3], budget: { calls: 2 }, ${ask} }]`),
    ).toEqual([
      "budget-exhausted: the budget of stage each is 2 calls, and at least 3 are needed: one for each task that asks a model and must run",
    ]);
  });

  it.each([
    ["{}", "invalid-cascade: budget must limit something, but is a mapping"],
    ["{ usd: 0 }", "invalid-cascade: budget.usd must be above 0, but is 0"],
    ["{ time: soon }", 'invalid-cascade: "soon" is not a duration'],
    [
      "{ tokens: 2000000000000 }",
      "limit-exceeded: budgetAmount: 2000000000000 given, 1000000000000 allowed",
    ],
  ])("%s is refused", (budget, error) => {
    expect(errorsOf(`budget: ${budget}\nstages: [{ stage: a, ${ask} }]`)).toEqual([error]);
  });
});
