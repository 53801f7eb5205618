import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderStages } from "../../language/order.ts";

/** For each of some stages, earlier ones that it needs. */
const graph = fc
  .integer({ min: 1, max: 70 })
  .chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, stage) =>
        stage === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(stage - 1), { maxLength: 3 }),
      ),
    ),
  );

describe("the order of stages", () => {
  it("puts each after those it needs", () => {
    fc.assert(
      fc.property(graph, fc.gen(), (needs, gen) => {
        const shuffled = gen(fc.shuffledSubarray, [...needs.keys()], { minLength: needs.length });
        const renamed = shuffled.map((stage) =>
          (needs[stage] ?? []).map((needed) => shuffled.indexOf(needed)),
        );
        const { order, cycle } = orderStages(renamed);
        expect(cycle).toBeUndefined();
        expect(order.toSorted((a, b) => a - b)).toEqual([...needs.keys()]);
        for (const [stage, direct] of renamed.entries()) {
          for (const needed of direct) {
            expect(order.indexOf(needed)).toBeLessThan(order.indexOf(stage));
          }
        }
      }),
    );
  });

  it("names a cycle from its first stage back to it", () => {
    expect(orderStages([[], [3], [1], [0, 2]])).toEqual({ order: [], cycle: [1, 3, 2, 1] });
  });

  it("takes ten thousand stages in a row", () => {
    const needs = Array.from({ length: 10_000 }, (_, stage) =>
      stage === 9_999 ? [] : [stage + 1],
    );
    expect(orderStages(needs).order[0]).toBe(9_999);
  });
});
