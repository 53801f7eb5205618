import { describe, expect, it } from "vitest";
import { placed } from "../../interfaces/dashboard/server/graph-layout.ts";
import { graphOf, groupStatus } from "../../interfaces/dashboard/state/graph.ts";
import type { StagePlan } from "../../interfaces/dashboard/state/plan-view.ts";
import type { StageState } from "../../interfaces/dashboard/state/run-fold.ts";

function stage(id: string, needs: readonly number[], type = "sequential"): StagePlan {
  return { id, type, needs, calls: [], maxAttempts: 1, isFinal: false, continueOnError: false };
}

const state = (status: StageState["status"]): StageState => ({
  ...{ id: "s", status, succeeded: 0, failed: 0, attempts: [], hasOutput: false, costUsd: 0 },
});

describe("the graph of a plan", () => {
  it("has a node for each stage and a line for each need, from left to right", () => {
    const graph = graphOf([stage("a", []), stage("b", [0]), stage("c", [0]), stage("d", [1, 2])]);
    expect(graph.edges).toEqual([
      { from: "s0", to: "s1" },
      { from: "s0", to: "s2" },
      { from: "s1", to: "s3" },
      { from: "s2", to: "s3" },
    ]);
    const { nodes, lines } = placed(graph);
    const [a, b, c, d] = nodes.map(({ x }) => x);
    expect([a, b, c, d]).toEqual([...[a, b, c, d]].sort((left = 0, right = 0) => left - right));
    expect(b).toBe(c);
    expect(lines).toHaveLength(4);
  });

  it.each([
    ["a chain", (at: number) => (at === 0 ? [] : [at - 1])],
    ["one layer", () => []],
    ["a fan", (at: number) => (at === 0 ? [] : [0])],
    ["a lattice", (at: number) => (at < 10 ? [] : [at - 10, at - (at % 10) - 1])],
  ])("draws %s of 10,000 stages as at most 160 nodes, each stage in one of them", (_, needs) => {
    const stages = Array.from({ length: 10_000 }, (_, at) => stage(`stage-${at}`, needs(at)));
    const graph = graphOf(stages);
    expect(graph.nodes.length).toBeLessThanOrEqual(160);
    const members = graph.nodes.flatMap((node) => node.stages);
    expect(members.length).toBe(10_000);
    expect(new Set(members).size).toBe(10_000);
    expect(placed(graph).nodes).toHaveLength(graph.nodes.length);
  });

  it("shows of a group what a person should look at first", () => {
    const shown = (...statuses: StageState["status"][]) => groupStatus(statuses.map(state));
    expect(shown("succeeded", "failed", "running")).toBe("failed");
    expect(shown("waiting", "succeeded")).toBe("running");
    expect(shown("waiting", "waiting")).toBe("waiting");
    expect(shown("succeeded", "skipped")).toBe("succeeded");
  });
});
