import { assign, setup } from "xstate";
import type { AgentId } from "../core/ids.ts";

/** What a lead tells the actor of a task that it deals out. */
export type LedTaskInput =
  /** A member of its branch, or the lead itself, was given it. */
  | { readonly type: "handed"; readonly worker: AgentId }
  /** That one did not take it. */
  | { readonly type: "refused" }
  /** Its outcome is here. */
  | { readonly type: "ended" }
  /** The outcome is stored. */
  | { readonly type: "delivered" }
  | { readonly type: "cancel" };

/**
 * One attempt at one task, as the lead of a branch sees it.
 *
 * ```
 *            ┌──refused──┐
 *            ▼           │
 * waiting ───handed──▶ atWorker ─ended─▶ delivering ─delivered─▶ delivered
 *    └───────────────────┴── cancel ────────┴─▶ cancelled
 * ```
 *
 * An attempt that is lost with its worker has ended, too: as one that failed. The lead tries nothing again by itself.
 */
export const ledTaskMachine = setup({
  types: {
    context: {} as { readonly worker?: AgentId },
    events: {} as LedTaskInput,
  },
  actions: {
    enqueue: () => provideFirst("enqueue"),
    dequeue: () => provideFirst("dequeue"),
    /** Tells the worker that nobody wants it any more. */
    recall: (_, _params: { readonly worker: AgentId | undefined }) => provideFirst("recall"),
    letGo: () => provideFirst("letGo"),
  },
}).createMachine({
  id: "led-task",
  initial: "waiting",
  context: {},
  states: {
    waiting: {
      entry: "enqueue",
      on: {
        handed: {
          target: "atWorker",
          actions: assign({ worker: ({ event }) => event.worker }),
        },
        cancel: { target: "cancelled", actions: "dequeue" },
      },
    },
    atWorker: {
      on: {
        refused: "waiting",
        ended: "delivering",
        cancel: {
          target: "cancelled",
          actions: { type: "recall", params: ({ context }) => ({ worker: context.worker }) },
        },
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
