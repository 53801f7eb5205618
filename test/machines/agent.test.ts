import { describe, expect, it } from "vitest";
import { initialTransition, transition } from "xstate";
import { getShortestPaths } from "xstate/graph";
import { agentMachine } from "../../machines/agent.ts";

type AgentEvent = Parameters<typeof transition<typeof agentMachine>>[2];

/** Folds events; answers the state and the effects that the last event ordered. */
function fold(...types: AgentEvent["type"][]) {
  let [state, actions] = initialTransition(agentMachine);
  for (const type of types) [state, actions] = transition(agentMachine, state, { type });
  return { state: state.value, effects: actions.map((action) => action.type) };
}

describe("agent machine", () => {
  it.each([
    { promise: "starts silently", events: [], state: "starting", effects: [] },
    {
      promise: "announces itself when it is ready",
      events: ["ready"],
      state: "serving",
      effects: ["announce"],
    },
    {
      promise: "refuses offers while it drains",
      events: ["ready", "drain"],
      state: "draining",
      effects: ["announce", "refuseOffers", "whenIdle"],
    },
    {
      promise: "can be drained before it ever served",
      events: ["drain"],
      state: "draining",
      effects: ["announce", "refuseOffers", "whenIdle"],
    },
    {
      promise: "does not serve any more once it drains",
      events: ["drain", "ready"],
      state: "draining",
      effects: [],
    },
    {
      promise: "leaves when nothing is held any more",
      events: ["ready", "drain", "idle"],
      state: "stopped",
      effects: ["leave"],
    },
    {
      promise: "does not leave for being idle while it serves",
      events: ["ready", "idle"],
      state: "serving",
      effects: [],
    },
    {
      promise: "leaves at once when told to stop",
      events: ["ready", "stop"],
      state: "stopped",
      effects: ["leave"],
    },
    {
      promise: "gives up draining when told to stop",
      events: ["ready", "drain", "stop"],
      state: "stopped",
      effects: ["leave"],
    },
  ] as const)("$promise", ({ events, state, effects }) => {
    expect(fold(...events)).toEqual({ state, effects });
  });

  it("reaches every state, and stops on every path that ends", () => {
    const paths = getShortestPaths(agentMachine, {
      events: [{ type: "ready" }, { type: "drain" }, { type: "idle" }, { type: "stop" }],
    });
    const reached = paths.map((path) => [path.state.value, path.state.status]);
    expect(Object.fromEntries(reached)).toEqual({
      starting: "active",
      serving: "active",
      draining: "active",
      stopped: "done",
    });
  });
});
