import { describe, expect, it } from "vitest";
import type { ModelFailureClass } from "../../core/model.ts";
import { Breaker } from "../../models/breaker.ts";
import { type FailedCall, nextStep } from "../../models/switching.ts";

const failed = (failure: ModelFailureClass, more: Partial<FailedCall> = {}): FailedCall => ({
  failure,
  retryAfterMs: undefined,
  tries: 1,
  switches: 0,
  maxSwitches: 3,
  hasOther: true,
  mayLeaveRoute: false,
  hasShownText: false,
  restMs: 600_000,
  ...more,
});

describe("what follows a failed call", () => {
  it.each([
    ["rate-limit", "again", "switch"],
    ["overloaded", "again", "switch"],
    ["connection", "again", "switch"],
    ["server", "again", "switch"],
    ["quota", "switch", "switch"],
    ["not-found", "switch", "switch"],
    ["context-length", "switch", "switch"],
    ["auth", "fail", "fail"],
    ["bad-request", "fail", "fail"],
    ["refusal", "fail", "fail"],
    ["invalid-output", "repair", "switch"],
  ] as const)("%s: first %s, then %s", (failure, first, second) => {
    expect(nextStep(failed(failure), 0).step).toBe(first);
    expect(nextStep(failed(failure, { tries: 2 }), 0).step).toBe(second);
  });

  it("waits as long as the vendor says, when that is worth it", () => {
    const call = failed("rate-limit", { retryAfterMs: 15_000 });

    expect(nextStep(call, 0)).toEqual({ step: "again", afterMs: 15_000 });
    expect(nextStep({ ...call, retryAfterMs: 60_000 }, 0)).toEqual({ step: "switch" });
    expect(nextStep({ ...call, restMs: 10_000 }, 0)).toEqual({ step: "switch" });
    expect(nextStep({ ...call, retryAfterMs: 60_000, hasOther: false }, 0)).toEqual({
      step: "fail",
    });
  });

  it("spreads the second tries", () => {
    expect(nextStep(failed("server"), 0)).toEqual({ step: "again", afterMs: 500 });
    expect(nextStep(failed("server"), 0.5)).toEqual({ step: "again", afterMs: 750 });
  });

  it("lets others take over from a wrong key only where they may", () => {
    expect(nextStep(failed("auth", { mayLeaveRoute: true }), 0)).toEqual({ step: "switch" });
  });

  it("never says twice what somebody has seen", () => {
    expect(nextStep(failed("connection", { hasShownText: true }), 0)).toEqual({ step: "fail" });
  });

  it("ends when the time is over and after so many switches", () => {
    expect(nextStep(failed("server", { restMs: 0 }), 0)).toEqual({ step: "fail" });
    expect(nextStep(failed("quota", { switches: 3 }), 0)).toEqual({ step: "fail" });
  });
});

describe("the breaker", () => {
  const opus = { provider: "anthropic", model: "opus" } as const;
  const fail = (
    breaker: Breaker,
    failure: ModelFailureClass,
    nowMs: number,
    retryAfterMs?: number,
  ) => breaker.failed(opus, failure, { retryAfterMs, nowMs });

  it("leaves a model alone after three failures in a row", () => {
    const breaker = new Breaker();
    fail(breaker, "server", 0);
    fail(breaker, "connection", 1);
    expect(breaker.blocked(2).size).toBe(0);

    fail(breaker, "overloaded", 2);
    expect(breaker.blocked(3)).toEqual(new Map([["anthropic/opus", 30_002]]));
  });

  it("forgets failures after a success", () => {
    const breaker = new Breaker();
    fail(breaker, "server", 0);
    fail(breaker, "server", 0);
    breaker.succeeded("anthropic", "opus");
    fail(breaker, "server", 0);

    expect(breaker.blocked(1).size).toBe(0);
  });

  it("lets one call find out whether it works again, and nobody else meanwhile", () => {
    const breaker = new Breaker();
    for (let index = 0; index < 3; index++) fail(breaker, "server", 0);
    expect(breaker.blocked(30_000).size).toBe(0);

    breaker.begin("anthropic", "opus", 30_000);
    expect(breaker.blocked(30_000).has("anthropic/opus")).toBe(true);

    fail(breaker, "server", 31_000); // one is enough now
    expect(breaker.blocked(31_001)).toEqual(new Map([["anthropic/opus", 61_000]]));

    breaker.begin("anthropic", "opus", 61_000);
    breaker.succeeded("anthropic", "opus");
    expect(breaker.blocked(61_001).size).toBe(0);
  });

  it("never shortens what the vendor said", () => {
    const breaker = new Breaker();
    fail(breaker, "rate-limit", 0, 3_600_000);
    fail(breaker, "rate-limit", 1, 10);

    expect(breaker.blocked(2)).toEqual(new Map([["anthropic/opus", 3_600_000]]));
  });

  it("leaves a vendor alone whose key is not taken, and a model whose quota is used up, for long", () => {
    const breaker = new Breaker();
    fail(breaker, "auth", 0);
    fail(breaker, "quota", 0);

    expect(breaker.blocked(1)).toEqual(
      new Map([
        ["anthropic/*", 600_000],
        ["anthropic/opus", 600_000],
      ]),
    );
  });

  it("holds nothing against a model that answered what does not help", () => {
    const breaker = new Breaker();
    for (const failure of ["bad-request", "refusal", "invalid-output", "context-length"] as const) {
      for (let index = 0; index < 5; index++) fail(breaker, failure, 0);
    }

    expect(breaker.blocked(1).size).toBe(0);
  });
});
