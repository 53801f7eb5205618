import { describe, expect, it } from "vitest";
import { createActor, fromPromise, initialTransition, transition } from "xstate";
import { getShortestPaths } from "xstate/graph";
import { type Execution, stageWorkerMachine } from "../../machines/stage-worker.ts";

const done: Execution = { status: "succeeded", output: { value: 1 }, durationMs: 2 };
const executed = { type: "xstate.done.actor.0.stage-worker.executing", output: done } as const;
const executeBroke = {
  type: "xstate.error.actor.0.stage-worker.executing",
  error: new Error("a defect"),
} as const;
const delivered = { type: "xstate.done.actor.0.stage-worker.delivering" } as const;
const deliverBroke = {
  type: "xstate.error.actor.0.stage-worker.delivering",
  error: new Error("a defect"),
} as const;
const cancel = { type: "cancel" } as const;
const events = [executed, executeBroke, delivered, deliverBroke, cancel];

/** Folds events; answers the state, what is to be delivered, and the effects that the last event ordered. */
function fold(...given: readonly (typeof events)[number][]) {
  let [state, actions] = initialTransition(stageWorkerMachine);
  for (const event of given) {
    // The machine is told of its actors' ends by events that only XState sends.
    [state, actions] = transition(stageWorkerMachine, state, event as typeof cancel);
  }
  return {
    state: state.value,
    execution: state.context.execution,
    effects: actions.map((action) => action.type).filter((type) => !type.startsWith("xstate.")),
  };
}

describe("stage worker machine", () => {
  it.each([
    {
      promise: "executes at once",
      given: [],
      state: "executing",
      execution: undefined,
      effects: [],
    },
    {
      promise: "gives its slot back when it has executed, and delivers what came of it",
      given: [executed],
      state: "delivering",
      execution: done,
      effects: ["executed"],
    },
    {
      promise: "delivers a failure when execution itself broke",
      given: [executeBroke],
      state: "delivering",
      execution: {
        status: "failed",
        error: { code: "internal", message: "a defect", disposition: "retry" },
        durationMs: 0,
      },
      effects: ["executed"],
    },
    {
      promise: "ends when the result is stored",
      given: [executed, delivered],
      state: "delivered",
      execution: done,
      effects: ["ended"],
    },
    {
      promise: "ends without a result when it is cancelled while it executes",
      given: [cancel],
      state: "cancelled",
      execution: undefined,
      effects: ["executed", "ended"],
    },
    {
      promise: "ends when it is cancelled while it delivers",
      given: [executed, cancel],
      state: "cancelled",
      execution: done,
      effects: ["ended"],
    },
    {
      promise: "takes no late end of its execution for a result after it was cancelled",
      given: [cancel, executed],
      state: "cancelled",
      execution: undefined,
      effects: [],
    },
  ])("$promise", ({ given, state, execution, effects }) => {
    expect(fold(...given)).toEqual({ state, execution, effects });
  });

  it("gives its slot back once and ends once on every path to an end", () => {
    const paths = getShortestPaths(stageWorkerMachine, {
      events: events as unknown as [typeof cancel],
      serializeState: (state) => JSON.stringify([state.value, state.context.execution?.status]),
      stopWhen: (state) => state.status !== "active",
    });
    const ends = paths.filter((path) => path.state.status === "done");
    expect(ends.length).toBeGreaterThan(3);
    for (const path of ends) {
      const effects = path.steps.flatMap((_, index) => {
        const given = path.steps.slice(1, index + 1).map((step) => step.event); // the first one starts it
        return fold(...(given as unknown as typeof events)).effects;
      });
      expect(effects.filter((effect) => effect === "executed")).toHaveLength(1);
      expect(effects.filter((effect) => effect === "ended")).toHaveLength(1);
    }
  });

  it("aborts its execution when it is cancelled", () => {
    let signal: AbortSignal | undefined;
    const never = new Promise<never>(() => {});
    const actor = createActor(
      stageWorkerMachine.provide({
        actors: {
          execute: fromPromise<Execution>((given) => {
            signal = given.signal;
            return never;
          }),
        },
        actions: { executed: () => {}, ended: () => {} },
      }),
    ).start();
    expect(signal?.aborted).toBe(false);
    actor.send(cancel);
    expect(signal?.aborted).toBe(true);
    expect(actor.getSnapshot().status).toBe("done");
  });
});
