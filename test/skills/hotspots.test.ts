import { expect, it } from "vitest";
import { rankHotspots } from "../../skills/hotspots.ts";

it("ranks files by commits times cognitive complexity and says what share of all each has", () => {
  const metrics = [
    metricsOf("calm.ts", 1, 10),
    metricsOf("hot.ts", 6, 5),
    metricsOf("unknown.ts", null, 50),
    metricsOf("straight.ts", 9, 0),
  ];

  expect(rankHotspots(metrics)).toEqual([
    { file: "hot.ts", commits_365d: 6, cognitive: 5, score: 30, share: 0.75 },
    { file: "calm.ts", commits_365d: 1, cognitive: 10, score: 10, share: 0.25 },
  ]);
});

function metricsOf(file: string, commits_365d: number | null, cognitive: number) {
  return {
    file,
    lines: 1,
    functions: 1,
    cyclomatic: 1,
    cyclomatic_max: 1,
    cognitive,
    cognitive_max: cognitive,
    commits_90d: commits_365d,
    commits_365d,
  };
}
