import { describe, expect, it } from "vitest";
import { initialTransition, transition } from "xstate";
import { getShortestPaths } from "xstate/graph";
import {
  type Execution,
  type StageWorkerInput,
  stageWorkerMachine,
} from "../../machines/stage-worker.ts";

const done: Execution = { status: "succeeded", output: { value: 1 }, durationMs: 2 };
const executed = { type: "executed", execution: done } as const;
const delivered = { type: "delivered" } as const;
const cancel = { type: "cancel" } as const;

/** Folds events; answers the state and all effects that were ordered on the way. */
function fold(...given: readonly StageWorkerInput[]) {
  let [state, actions] = initialTransition(stageWorkerMachine);
  const effects = actions.map((action) => action.type);
  for (const event of given) {
    [state, actions] = transition(stageWorkerMachine, state, event);
    effects.push(...actions.map((action) => action.type));
  }
  return { state: state.value, execution: state.context.execution, effects };
}

describe("stage worker machine", () => {
  it.each([
    {
      promise: "executes at once",
      given: [],
      state: "executing",
      execution: undefined,
      effects: ["execute"],
    },
    {
      promise: "gives its slot back when it has executed, and delivers what came of it",
      given: [executed],
      state: "delivering",
      execution: done,
      effects: ["execute", "freeSlot", "deliver"],
    },
    {
      promise: "lets go of the task when the result is stored",
      given: [executed, delivered],
      state: "delivered",
      execution: done,
      effects: ["execute", "freeSlot", "deliver", "letGo"],
    },
    {
      promise: "aborts when it is cancelled while it executes, and delivers nothing",
      given: [cancel],
      state: "cancelled",
      execution: undefined,
      effects: ["execute", "freeSlot", "abort", "letGo"],
    },
    {
      promise: "ends when it is cancelled while it delivers",
      given: [executed, cancel],
      state: "cancelled",
      execution: done,
      effects: ["execute", "freeSlot", "deliver", "letGo"],
    },
    {
      promise: "takes no late end of its execution for a result after it was cancelled",
      given: [cancel, executed],
      state: "cancelled",
      execution: undefined,
      effects: ["execute", "freeSlot", "abort", "letGo"],
    },
  ])("$promise", ({ given, state, execution, effects }) => {
    expect(fold(...given)).toEqual({ state, execution, effects });
  });

  it("gives its slot back once and lets go once on every path to an end", () => {
    const paths = getShortestPaths(stageWorkerMachine, {
      events: [executed, delivered, cancel],
      serializeState: (state) => JSON.stringify([state.value, state.context.execution?.status]),
      stopWhen: (state) => state.status !== "active",
    });
    const ends = paths.filter((path) => path.state.status === "done");
    expect(ends).toHaveLength(3);
    for (const path of ends) {
      const given = path.steps.slice(1).map((step) => step.event as StageWorkerInput); // the first one starts it
      const { effects } = fold(...given);
      expect(effects.filter((effect) => effect === "freeSlot")).toHaveLength(1);
      expect(effects.filter((effect) => effect === "letGo")).toHaveLength(1);
    }
  });
});
