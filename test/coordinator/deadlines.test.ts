import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openDeadlines } from "../../coordinator/deadlines.ts";
import { openTestClock } from "../support/test-clock.ts";

describe("deadlines", () => {
  it("fire in the order of their times, none early, none twice, and not when taken back", () => {
    const deadline = fc.record({ delayMs: fc.nat(1_000), takenBack: fc.boolean() });
    fc.assert(
      fc.property(fc.array(deadline, { maxLength: 60 }), (wanted) => {
        const clock = openTestClock();
        const deadlines = openDeadlines(clock);
        const fired: { readonly delayMs: number; readonly atMs: number }[] = [];
        for (const { delayMs, takenBack } of wanted) {
          const takeBack = deadlines.set(delayMs, () => {
            fired.push({ delayMs, atMs: clock.monotonicMs() });
          });
          if (takenBack) takeBack();
        }
        clock.advance(1_001);
        const expected = wanted
          .filter((entry) => !entry.takenBack)
          .map((entry) => entry.delayMs)
          .sort((a, b) => a - b);
        expect(fired.map((entry) => entry.delayMs)).toEqual(expected);
        for (const { delayMs, atMs } of fired) expect(atMs).toBeGreaterThanOrEqual(delayMs);
      }),
    );
  });
});
