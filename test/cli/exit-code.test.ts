import { expect, it } from "vitest";
import { ERROR_CODES, type ErrorCode } from "../../core/errors.ts";
import { exitCodeOf } from "../../interfaces/cli/exit-code.ts";

it("tells a failed run, a wrong command, a limit and a swarm that cannot run apart", () => {
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];
  const byExit = Object.groupBy(codes, (code) => String(exitCodeOf(code)));
  expect(byExit).toMatchObject({
    1: expect.arrayContaining(["skill-failed", "no-attempts-left", "agent-lost", "internal"]),
    2: expect.arrayContaining(["usage", "invalid-yaml", "unknown-cascade", "path-not-found"]),
    4: ["budget-exhausted", "budget-unbounded", "limit-exceeded"],
    5: expect.arrayContaining(["broker-unavailable", "broker-missing", "restart-limit"]),
  });
});
