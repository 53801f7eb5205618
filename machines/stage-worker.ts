import { assign, setup } from "xstate";
import type { ErrorRecord } from "../core/errors.ts";
import type { Value } from "../core/value.ts";

/** What came of running a task. */
export type Execution =
  | {
      readonly status: "succeeded";
      readonly output: Value;
      /** JSON pointers to where secrets were taken out of the output. */
      readonly scrubbed?: readonly string[];
      readonly durationMs: number;
    }
  | { readonly status: "failed"; readonly error: ErrorRecord; readonly durationMs: number };

/** What the agent tells the worker of its task. */
export type StageWorkerInput =
  | { readonly type: "executed"; readonly execution: Execution }
  /** The result is stored. */
  | { readonly type: "delivered" }
  | { readonly type: "cancel" };

/**
 * One attempt at one task, on the agent that accepted it.
 *
 * ```
 * executing ─executed─▶ delivering ─delivered─▶ delivered
 *     └───────────┴─ cancel ─▶ cancelled
 * ```
 *
 * While `executing` the inputs are loaded and checked, the skill runs, its output is checked; a failure is an outcome
 * like another. `delivering` lasts until the shard's owner has stored the result, or the result is parked durably.
 */
export const stageWorkerMachine = setup({
  types: {
    context: {} as { readonly execution?: Execution },
    events: {} as StageWorkerInput,
  },
  actions: {
    execute: () => provideFirst("execute"),
    /** Ends the execution, whose outcome nobody wants any more. */
    abort: () => provideFirst("abort"),
    freeSlot: () => provideFirst("freeSlot"),
    deliver: (_, _params: { readonly execution: Execution }) => provideFirst("deliver"),
    letGo: () => provideFirst("letGo"),
  },
}).createMachine({
  id: "stage-worker",
  initial: "executing",
  context: {},
  states: {
    executing: {
      entry: "execute",
      exit: "freeSlot",
      on: {
        executed: {
          target: "delivering",
          actions: [
            assign({ execution: ({ event }) => event.execution }),
            { type: "deliver", params: ({ event }) => ({ execution: event.execution }) },
          ],
        },
        cancel: { target: "cancelled", actions: "abort" },
      },
    },
    delivering: { on: { delivered: "delivered", cancel: "cancelled" } },
    delivered: { type: "final", entry: "letGo" },
    cancelled: { type: "final", entry: "letGo" },
  },
});

function provideFirst(effect: string): never {
  throw new Error(`provide ${effect} first`);
}
