import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { at, items, vectorOf, withItem } from "../../core/vector.ts";

describe("vector", () => {
  it("behaves as an array does, and leaves earlier versions as they were", () => {
    const writes = fc.array(fc.tuple(fc.nat(), fc.integer()), { maxLength: 50 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), writes, (length, changes) => {
        let vector = vectorOf(length, (index) => index);
        let array = Array.from({ length }, (_, index) => index);
        const versions: [typeof vector, number[]][] = [];
        for (const [position, item] of changes) {
          versions.push([vector, array]);
          vector = withItem(vector, position % length, item);
          array = array.with(position % length, item);
        }
        for (const [version, expected] of [...versions, [vector, array] as const]) {
          expect([...items(version)]).toEqual(expected);
        }
      }),
    );
  });

  it.each([-1, 3, 0.5, Number.NaN])("has no position %s", (index) => {
    expect(() =>
      at(
        vectorOf(3, () => 0),
        index,
      ),
    ).toThrow(RangeError);
  });
});
