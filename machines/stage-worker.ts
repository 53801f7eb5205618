import { assign, fromPromise, setup } from "xstate";
import type { ErrorRecord } from "../core/errors.ts";
import type { Value } from "../core/value.ts";

/** What came of running a task. */
export type Execution =
  | { readonly status: "succeeded"; readonly output: Value; readonly durationMs: number }
  | { readonly status: "failed"; readonly error: ErrorRecord; readonly durationMs: number };

/**
 * One attempt at one task, on the agent that accepted it.
 *
 * ```
 * executing ─▶ delivering ─▶ delivered
 *     └───────────┴─ cancel ─▶ cancelled
 * ```
 *
 * `executing` loads the inputs, checks them, runs the skill and checks the output; its actor never rejects, for a
 * failure is an outcome like another. `delivering` lasts until the shard's owner has stored the result, or the
 * result is parked durably. Leaving a state aborts its actor's signal.
 */
export const stageWorkerMachine = setup({
  types: {
    context: {} as { readonly execution?: Execution },
    events: {} as { readonly type: "cancel" },
  },
  actors: {
    execute: fromPromise<Execution>(() => provideFirst("execute")),
    deliver: fromPromise<void, Execution>(() => provideFirst("deliver")),
  },
  actions: {
    executed: () => provideFirst("executed"),
    ended: () => provideFirst("ended"),
  },
}).createMachine({
  id: "stage-worker",
  initial: "executing",
  context: {},
  states: {
    executing: {
      invoke: {
        src: "execute",
        onDone: {
          target: "delivering",
          actions: assign({ execution: ({ event }) => event.output }),
        },
        onError: {
          target: "delivering",
          actions: assign({ execution: ({ event }) => defect(event.error) }),
        },
      },
      exit: "executed",
      on: { cancel: "cancelled" },
    },
    delivering: {
      invoke: {
        src: "deliver",
        input: ({ context }) => context.execution ?? defect("no execution"),
        onDone: "delivered",
        onError: "cancelled",
      },
      on: { cancel: "cancelled" },
    },
    delivered: { type: "final", entry: "ended" },
    cancelled: { type: "final", entry: "ended" },
  },
});

/** `execute` must not reject; if it does, that is a defect of ours and fails the attempt loudly. */
function defect(error: unknown): Execution {
  const message = error instanceof Error ? error.message : String(error);
  const record: ErrorRecord = { code: "internal", message, disposition: "retry" };
  return { status: "failed", error: record, durationMs: 0 };
}

function provideFirst(effect: string): never {
  throw new Error(`provide ${effect} first`);
}
