import type { ModelFailureClass } from "../core/model.ts";

/** What has happened when a call failed. */
export interface FailedCall {
  readonly failure: ModelFailureClass;
  /** What the vendor asks to wait. */
  readonly retryAfterMs: number | undefined;
  /** Calls of this model so far that failed in this way, this one included. */
  readonly tries: number;
  readonly switches: number;
  readonly maxSwitches: number;
  /** Whether another model can be asked. For `context-length`: one with more room. */
  readonly hasOther: boolean;
  /** Whether those may take over who are asked for because the first one has no right to answer. */
  readonly mayLeaveRoute: boolean;
  /** Somebody has seen part of the answer: another one would be said twice. */
  readonly hasShownText: boolean;
  /** What is left of the time for the whole. */
  readonly restMs: number;
}

export type NextStep =
  | { readonly step: "again"; readonly afterMs: number }
  /** Once more, told what was wrong. */
  | { readonly step: "repair" }
  | { readonly step: "switch" }
  | { readonly step: "fail" };

/** Longer waits than this are another model's chance. */
const LONGEST_WAIT_MS = 20_000;
const SHORT_WAIT_MS = 1_000;

/**
 * What follows a failed call.
 * @param random from 0 up to 1: spreads those who fail at the same time
 */
export function nextStep(call: FailedCall, random: number): NextStep {
  const { failure, tries, hasShownText, restMs } = call;
  if (hasShownText || restMs <= 0) return { step: "fail" };
  switch (failure) {
    case "rate-limit":
      return waitOrSwitch(call, call.retryAfterMs ?? jittered(random));
    case "overloaded":
    case "connection":
    case "server":
      return waitOrSwitch(call, Math.max(call.retryAfterMs ?? 0, jittered(random)));
    case "quota":
    case "not-found":
    case "context-length":
      return switchOrFail(call);
    case "auth":
      return call.mayLeaveRoute ? switchOrFail(call) : { step: "fail" };
    case "invalid-output":
      return tries === 1 ? { step: "repair" } : switchOrFail(call);
    case "bad-request":
    case "refusal":
      return { step: "fail" };
    default:
      return failure satisfies never;
  }
}

/** One more try of the same model, if it is worth the wait. */
function waitOrSwitch(call: FailedCall, afterMs: number): NextStep {
  const isWorthIt = afterMs <= LONGEST_WAIT_MS && afterMs < call.restMs;
  return call.tries === 1 && isWorthIt ? { step: "again", afterMs } : switchOrFail(call);
}

function switchOrFail({ hasOther, switches, maxSwitches }: FailedCall): NextStep {
  return { step: hasOther && switches < maxSwitches ? "switch" : "fail" };
}

function jittered(random: number): number {
  return Math.round(SHORT_WAIT_MS * (0.5 + random / 2));
}
