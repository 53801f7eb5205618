import { expect, it } from "vitest";
import { Restarts } from "../../interfaces/cli/supervisor/restarts.ts";

it("allows three restarts in a minute, and no fourth", () => {
  const restarts = new Restarts();
  expect([0, 10_000, 20_000, 59_999].map((atMs) => restarts.mayRestart(atMs))).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

it("forgets an end after a minute", () => {
  const restarts = new Restarts();
  const endsMs = [0, 1, 2, 60_000, 60_001, 60_002, 60_003];
  expect(endsMs.map((atMs) => restarts.mayRestart(atMs))).toEqual([
    true,
    true,
    true,
    true,
    true,
    true,
    false,
  ]);
});
