import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StageGraph } from "../../language/stage-graph.ts";

const graph = fc
  .integer({ min: 1, max: 70 })
  .chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, stage) =>
        stage === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(stage - 1), { maxLength: 3 }),
      ),
    ),
  );

describe("what has ended when a stage starts", () => {
  it("is all that can be reached over needs", () => {
    fc.assert(
      fc.property(graph, (needs) => {
        const stages = new StageGraph();
        for (const needed of needs) stages.add(needed);
        const reached = (stage: number): ReadonlySet<number> =>
          new Set((needs[stage] ?? []).flatMap((needed) => [needed, ...reachedOf(needed)]));
        const known = new Map<number, ReadonlySet<number>>();
        const reachedOf = (stage: number): ReadonlySet<number> => {
          const set = known.get(stage) ?? reached(stage);
          known.set(stage, set);
          return set;
        };
        for (const stage of needs.keys()) {
          const actual = [...needs.keys()].filter((other) => stages.endsBefore(other, stage));
          expect(new Set(actual)).toEqual(reachedOf(stage));
        }
      }),
      { numRuns: 50 },
    );
  });
});
