import { describe, expect, it } from "vitest";
import { refuseWhenFull } from "../../coordinator/back-pressure.ts";
import { fromErrorRecord, toErrorRecord } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";

describe("a coordinator with as many runs as it carries", () => {
  it("refuses the next with `queue-full` and when to come again, also across the bus", () => {
    expect(() => refuseWhenFull(LIMITS.openRuns - 1)).not.toThrow();
    for (const open of [LIMITS.openRuns, LIMITS.openRuns * 10]) {
      const full = { code: "queue-full", disposition: "retry", retryAfterMs: 5_000 };
      expect(() => refuseWhenFull(open)).toThrow(expect.objectContaining(full));
      try {
        refuseWhenFull(open);
      } catch (error) {
        expect(fromErrorRecord(toErrorRecord(error))).toMatchObject(full);
      }
    }
  });
});
