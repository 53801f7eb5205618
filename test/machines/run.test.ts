import { describe, expect, it } from "vitest";
import { initialTransition, transition } from "xstate";
import type { ErrorRecord } from "../../core/errors.ts";
import type { StageId } from "../../core/ids.ts";
import type { Plan } from "../../core/plan.ts";
import { type RunInput, runMachine } from "../../machines/run.ts";

const broken: ErrorRecord = { code: "skill-failed", message: "no", disposition: "fail" };

/** A plan of stages that need the given positions. */
function planOf(...needs: number[][]): Plan {
  return {
    v: 1,
    cascade: "test",
    inputs: [],
    stages: needs.map((needed, index) => ({
      id: `s${index}` as StageId,
      type: "sequential",
      needs: needed,
      skills: [],
      retry: { maxAttempts: 1, backoffMs: 0, maxBackoffMs: 0 },
      timeoutMs: 1_000,
      single: true,
    })),
    result: [],
  };
}

function withFinals(plan: Plan, ...finals: readonly number[]): Plan {
  const stages = plan.stages.map((stage, index) =>
    finals.includes(index) ? { ...stage, isFinal: true as const } : stage,
  );
  return { ...plan, stages };
}

function fold(plan: Plan, ...events: RunInput[]) {
  let [state, actions] = initialTransition(runMachine, { plan });
  for (const event of events) [state, actions] = transition(runMachine, state, event);
  return {
    state: state.value,
    orders: actions
      .filter((action) => !action.type.startsWith("xstate."))
      .map((action) => ({ type: action.type, params: action.params })),
  };
}

const created: RunInput = { type: "run.started" };
const started = (index: number): RunInput => ({ type: "stage.started", index });
const succeeded = (index: number): RunInput => ({ type: "stage.succeeded", index });
const paused: RunInput = { type: "run.paused", by: "ann", reason: "" };
const continued: RunInput = { type: "run.continued", by: "ann" };
const start = (...indexes: number[]) => ({ type: "startStages", params: { indexes } });

describe("run machine", () => {
  const diamond = planOf([], [0], [0], [1, 2]);

  it.each([
    {
      promise: "starts the stages that need nothing",
      plan: planOf([], [], [0]),
      events: [created],
      state: "running",
      orders: [start(0, 1)],
    },
    {
      promise: "starts what a success makes ready",
      plan: diamond,
      events: [created, started(0), succeeded(0)],
      state: "running",
      orders: [start(1, 2)],
    },
    {
      promise: "waits for all stages that a join needs",
      plan: diamond,
      events: [created, started(0), succeeded(0), started(1), started(2), succeeded(2)],
      state: "running",
      orders: [start()],
    },
    {
      promise: "starts nothing while it is paused",
      plan: diamond,
      events: [created, started(0), paused, succeeded(0)],
      state: "running",
      orders: [start()],
    },
    {
      promise: "starts what became ready when it goes on",
      plan: diamond,
      events: [created, started(0), paused, succeeded(0), continued],
      state: "running",
      orders: [start(1, 2)],
    },
    {
      promise: "starts nothing after a fold either while it is paused",
      plan: diamond,
      events: [created, started(0), succeeded(0), paused, { type: "recovered" }],
      state: "running",
      orders: [start()],
    },
    {
      promise: "ends though it is paused when nothing is left to start",
      plan: planOf([]),
      events: [created, started(0), paused, succeeded(0)],
      state: "succeeding",
      orders: [{ type: "proposeSuccess", params: undefined }],
    },
    {
      promise: "starts a join once, after its last input",
      plan: diamond,
      events: [
        created,
        started(0),
        succeeded(0),
        started(1),
        started(2),
        succeeded(2),
        succeeded(1),
      ],
      state: "running",
      orders: [start(3)],
    },
    {
      promise: "proposes success after the last stage",
      plan: planOf([]),
      events: [created, started(0), succeeded(0)],
      state: "succeeding",
      orders: [{ type: "proposeSuccess", params: undefined }],
    },
    {
      promise: "stops the other stages when one failed",
      plan: planOf([], []),
      events: [
        created,
        started(0),
        started(1),
        { type: "stage.failed", index: 1, isTolerated: false, error: broken },
      ],
      state: "failing",
      orders: [
        { type: "stopStages", params: undefined },
        { type: "proposeFailure", params: { error: broken } },
      ],
    },
    {
      promise: "is cancelled on request",
      plan: planOf([]),
      events: [created, started(0), { type: "cancel.requested", by: "ann", reason: "enough" }],
      state: "cancelling",
      orders: [
        { type: "stopStages", params: undefined },
        { type: "proposeCancelled", params: { reason: "enough" } },
      ],
    },
    {
      promise: "goes on behind a stage that was skipped",
      plan: planOf([], [0]),
      events: [created, { type: "stage.skipped", index: 0 }],
      state: "running",
      orders: [start(1)],
    },
    {
      promise: "goes on behind a failure that is tolerated",
      plan: planOf([], [0]),
      events: [created, { type: "stage.failed", index: 0, error: broken, isTolerated: true }],
      state: "running",
      orders: [start(1)],
    },
    {
      promise: "succeeds when the last of its stages failed and that is tolerated",
      plan: planOf([]),
      events: [created, { type: "stage.failed", index: 0, error: broken, isTolerated: true }],
      state: "succeeding",
      orders: [{ type: "proposeSuccess", params: undefined }],
    },
    {
      promise: "starts only its final stages when it fails, those first that need no other of them",
      plan: withFinals(planOf([], [0], [1], [2], [2]), 2, 3, 4),
      events: [
        created,
        started(0),
        { type: "stage.failed", index: 0, error: broken, isTolerated: false },
      ],
      state: "finishing",
      orders: [{ type: "stopStages", params: undefined }, start(2)],
    },
    {
      promise: "fails for what failed first when its final stages have ended, however they did",
      plan: withFinals(planOf([], [0], [1]), 1, 2),
      events: [
        created,
        { type: "stage.failed", index: 0, error: broken, isTolerated: false },
        {
          type: "stage.failed",
          index: 1,
          error: { ...broken, message: "later" },
          isTolerated: false,
        },
        { type: "stage.succeeded", index: 2 },
      ],
      state: "failing",
      orders: [{ type: "proposeFailure", params: { error: broken } }],
    },
    {
      promise: "goes on with its other final stages when one of them fails",
      plan: withFinals(planOf([], [0], [0]), 1, 2),
      events: [
        created,
        { type: "stage.succeeded", index: 0 },
        started(1),
        started(2),
        { type: "stage.failed", index: 1, error: broken, isTolerated: false },
      ],
      state: "finishing",
      orders: [{ type: "stopStages", params: undefined }, start(2)],
    },
    {
      promise: "after a fold starts again only what is not started",
      plan: planOf([], [], []),
      events: [created, started(1), { type: "recovered" }],
      state: "running",
      orders: [start(0, 2)],
    },
  ] as const)("$promise", ({ plan, events, state, orders }) => {
    expect(fold(plan, ...events)).toEqual({ state, orders });
  });

  it("fails when the time of its budget is over, after its final stages, and only once", () => {
    const over: RunInput = { type: "budget.exhausted", error: broken };
    const plan = planOf([], [0], [0, 1]);
    const fail = { type: "proposeFailure", params: { error: broken } };
    const stop = { type: "stopStages", params: undefined };
    expect(fold(plan, created, started(0), over)).toEqual({
      state: "failing",
      orders: [stop, fail],
    });
    expect(fold(withFinals(plan, 2), created, started(0), over)).toEqual({
      state: "finishing",
      orders: [stop, start(2)],
    });
    expect(fold(withFinals(plan, 2), created, started(0), over, over)).toEqual({
      state: "finishing",
      orders: [],
    });
  });
});
