import { describe, expect, it } from "vitest";
import { initialTransition, transition } from "xstate";
import { getShortestPaths } from "xstate/graph";
import { coordinatorMachine } from "../../machines/coordinator.ts";

type Own = Parameters<typeof transition<typeof coordinatorMachine>>[2];

const broken = new Error("broken");
/** The machine is told of its actors' ends by events that only XState sends. */
const done = (state: string) =>
  ({ type: `xstate.done.actor.0.coordinator.${state}` }) as unknown as Own;
const failed = (state: string) =>
  ({ type: `xstate.error.actor.0.coordinator.${state}`, error: broken }) as unknown as Own;
const drain: Own = { type: "drain" };
const trouble: Own = { type: "trouble", error: broken };
const started = done("starting");
const recovered = done("recovering");

/** Folds events; answers the state, the error it kept, and the effects of our own that the last event ordered. */
function fold(...given: readonly Own[]) {
  let [state, actions] = initialTransition(coordinatorMachine);
  for (const event of given) [state, actions] = transition(coordinatorMachine, state, event);
  return {
    state: state.value,
    error: state.context.error,
    effects: actions.map((action) => action.type).filter((type) => !type.startsWith("xstate.")),
  };
}

describe("coordinator machine", () => {
  it.each([
    { promise: "starts first", given: [], state: "starting", effects: [] },
    { promise: "recovers before it serves", given: [started], state: "recovering", effects: [] },
    {
      promise: "says that it serves once its shards are folded",
      given: [started, recovered],
      state: "serving",
      effects: ["serve"],
    },
    { promise: "can be drained while it starts", given: [drain], state: "draining", effects: [] },
    {
      promise: "can be drained while it recovers, and does not serve afterwards",
      given: [started, drain, recovered],
      state: "draining",
      effects: [],
    },
    {
      promise: "stops when it has drained",
      given: [started, recovered, drain, done("draining")],
      state: "stopped",
      effects: [],
    },
  ])("$promise", ({ given, state, effects }) => {
    expect(fold(...given)).toEqual({ state, error: undefined, effects });
  });

  it.each([
    { promise: "when it cannot start", given: [failed("starting")] },
    { promise: "when it cannot recover", given: [started, failed("recovering")] },
    { promise: "when draining breaks", given: [started, recovered, drain, failed("draining")] },
    { promise: "on trouble while it starts", given: [trouble] },
    { promise: "on trouble while it serves", given: [started, recovered, trouble] },
    { promise: "on trouble while it drains", given: [started, recovered, drain, trouble] },
  ])("fails with the cause $promise", ({ given }) => {
    expect(fold(...given)).toEqual({ state: "failed", error: broken, effects: [] });
  });

  it("serves at most once and keeps an error exactly when it failed, on every path to an end", () => {
    const events = [started, recovered, done("draining"), failed("starting"), drain, trouble];
    const paths = getShortestPaths(coordinatorMachine, {
      events,
      serializeState: (state) => JSON.stringify([state.value, state.context.error !== undefined]),
      stopWhen: (state) => state.status !== "active",
    });
    const ends = paths.filter((path) => path.state.status === "done");
    expect(ends.map(({ state }) => state.value).sort()).toEqual(["failed", "stopped"]);
    for (const { steps, state } of ends) {
      const given = steps.slice(1).map((step) => step.event as Own);
      const served = given.flatMap((_, index) => fold(...given.slice(0, index + 1)).effects);
      expect(served.length).toBeLessThanOrEqual(1);
      expect(state.context.error !== undefined).toBe(state.value === "failed");
    }
  });
});
