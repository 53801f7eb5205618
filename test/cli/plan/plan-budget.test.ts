import { describe, expect, it } from "vitest";
import type { ModelOutlook } from "../../../core/model.ts";
import type { SkillCatalog, SkillManifest } from "../../../core/skill.ts";
import { planText } from "../../../interfaces/cli/plan/plan-text.ts";
import { testCatalog } from "../../support/catalog.ts";
import { summaryOf } from "./plan-request.ts";

/** `report` asks a model, whose longest answer costs a quarter of a dollar. */
const outlook = (worstCostUsd: number | null): ModelOutlook => ({
  choose: () => ({ model: "m", provider: "anthropic", reasons: [], worstCostUsd }),
});
const asking = (models: ModelOutlook): SkillCatalog => ({
  ...testCatalog,
  models,
  find: (name) => {
    const manifest = testCatalog.find(name);
    const model: Partial<SkillManifest> = name === "report" ? { model: "auto-select" } : {};
    return manifest === undefined ? undefined : { ...manifest, ...model };
  },
});

const TEXT = `cascade: c
budget: { usd: 1, time: 10m }
stages:
  - { stage: a, skill: report, foreach: [1, 2, 3], inputs: { findings: 1 }, budget: { calls: 9 } }
  - { stage: b, skill: report, when: "size(a) > 2", inputs: { findings: 1 } }
`;

describe("a plan's budgets", () => {
  it("stand beside the least calls and the longest answers of what they are for", () => {
    const summary = summaryOf(TEXT, {}, {}, asking(outlook(0.25)));
    expect(summary.budgets).toEqual([
      {
        ...{ of: "stage a", usd: null, tokens: null, calls: 9, timeMs: null },
        ...{ leastCalls: 3, answersUsd: 0.75 },
      },
      {
        ...{ of: "the run", usd: 1, tokens: null, calls: null, timeMs: 600_000 },
        ...{ leastCalls: 3, answersUsd: 1 },
      },
    ]);
    const lines = planText(summary, 100).split("\n");
    const at = lines.indexOf("Budget");
    expect(lines.slice(at, at + 3)).toEqual([
      "Budget",
      "  stage a  at most 9 calls; at least 3 calls, and the longest answers cost $0.7500",
      "  the run  at most $1.0000, 10m; at least 3 calls, and the longest answers cost $1.0000",
    ]);
  });

  it("say so when a price is not known, and are absent without a budget", () => {
    const summary = summaryOf(TEXT, {}, {}, asking(outlook(null)));
    expect(summary.budgets?.map(({ answersUsd }) => answersUsd)).toEqual([null, null]);
    expect(summaryOf("cascade: c\nstages: [{ stage: a, transform: 1 }]").budgets).toBeUndefined();
  });
});
