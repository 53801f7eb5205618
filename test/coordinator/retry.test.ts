import { describe, expect, it } from "vitest";
import { retryDelayMs } from "../../coordinator/retry.ts";
import type { Disposition, ErrorCode, ErrorRecord } from "../../core/errors.ts";

const policy = { maxAttempts: 4, backoffMs: 100, maxBackoffMs: 300 };
const error = (code: ErrorCode, disposition: Disposition): ErrorRecord => ({
  code,
  disposition,
  message: "",
});

describe("retry policy", () => {
  it.each([
    ["waits up to the backoff after the first attempt", 1, error("skill-failed", "retry"), 100],
    ["doubles the wait", 2, error("skill-failed", "retry"), 200],
    ["never waits longer than the longest wait", 3, error("skill-failed", "retry"), 300],
    ["stops after the last attempt", 4, error("skill-failed", "retry"), undefined],
    ["does not retry what cannot succeed", 1, error("invalid-input", "fail"), undefined],
    ["does not retry what was cancelled", 1, error("task-cancelled", "cancelled"), undefined],
    ["offers a task that lost its agent again at once", 1, error("agent-lost", "retry"), 0],
    ["counts an attempt lost with its agent", 4, error("agent-lost", "retry"), undefined],
  ])("%s", (_, attempt, failure, expected) => {
    expect(retryDelayMs(policy, attempt, failure, () => 1)).toBe(expected);
  });
});
