import { expect, it } from "vitest";
import { LOOP, LoopGuard } from "../../agents/loop-guard.ts";

it("lets the same message through three times within the window, each direction for itself", () => {
  let nowMs = 0;
  const guard = new LoopGuard({ monotonicMs: () => nowMs });
  const check = (from: string, to: string, content = "x") => guard.check(from, to, content);
  expect([1, 2, 3, 4, 5].map(() => check("a", "b"))).toEqual([
    ...["send", "send", "send", "dropped-first", "dropped"],
  ]);
  expect([check("b", "a"), check("a", "c"), check("a", "b", "y")]).toEqual([
    ...["send", "send", "send"],
  ]);
  nowMs = LOOP.windowMs + 1;
  expect(check("a", "b")).toBe("send");
});
