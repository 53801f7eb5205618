import { describe, expect, it } from "vitest";
import { initialTransition, transition } from "xstate";
import { parseAgentId } from "../../core/ids.ts";
import { type LedTaskInput, ledTaskMachine } from "../../machines/led-task.ts";

const worker = parseAgentId("w");
const handed = { type: "handed", worker } as const;
const [refused, ended, delivered, cancel] = [
  { type: "refused" } as const,
  { type: "ended" } as const,
  { type: "delivered" } as const,
  { type: "cancel" } as const,
];

/** Folds events; answers the state and all effects that were ordered on the way. */
function fold(...given: readonly LedTaskInput[]) {
  let [state, actions] = initialTransition(ledTaskMachine);
  const effects = actions.map((action) => action.type);
  for (const event of given) {
    [state, actions] = transition(ledTaskMachine, state, event);
    effects.push(...actions.map((action) => action.type));
  }
  return { state: state.value, effects: effects.filter((type) => !type.startsWith("xstate.")) };
}

describe("led task machine", () => {
  it.each([
    ["waits for a worker", [], "waiting", ["enqueue"]],
    [
      "waits again when the worker did not take it",
      [handed, refused],
      "waiting",
      ["enqueue", "enqueue"],
    ],
    ["is held until its outcome is stored", [handed, ended], "delivering", ["enqueue"]],
    ["is let go then", [handed, ended, delivered], "delivered", ["enqueue", "letGo"]],
    ["is let go when nobody wants it", [cancel], "cancelled", ["enqueue", "dequeue", "letGo"]],
    ["is recalled from its worker", [handed, cancel], "cancelled", ["enqueue", "recall", "letGo"]],
    ["keeps to its first outcome", [handed, ended, ended, refused], "delivering", ["enqueue"]],
  ] as const)("%s", (_, given, state, effects) => {
    expect(fold(...given)).toEqual({ state, effects });
  });
});
