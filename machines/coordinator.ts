import { assign, fromPromise, setup } from "xstate";

/**
 * The life of a coordinator process.
 *
 * ```
 * starting ─▶ recovering ─▶ serving ─drain─▶ draining ─▶ stopped
 *     └────────────┴───────────┴── trouble ──▶ failed
 * ```
 *
 * `starting`: connects and makes what is missing. `recovering`: takes the free shards, folds their runs, opens the
 * intake. `serving`: takes jobs. `draining`: takes no more, hands everything to HISTORY and gives the shards back.
 */
export const coordinatorMachine = setup({
  types: {
    context: {} as { readonly error?: unknown },
    events: {} as
      | { readonly type: "drain" }
      | { readonly type: "trouble"; readonly error: unknown },
  },
  actors: {
    start: fromPromise<void>(() => provideFirst("start")),
    recover: fromPromise<void>(() => provideFirst("recover")),
    drain: fromPromise<void>(() => provideFirst("drain")),
  },
  actions: {
    serve: () => provideFirst("serve"),
  },
}).createMachine({
  id: "coordinator",
  initial: "starting",
  context: {},
  on: {
    trouble: { target: ".failed", actions: assign({ error: ({ event }) => event.error }) },
  },
  states: {
    starting: {
      invoke: {
        src: "start",
        onDone: "recovering",
        onError: { target: "failed", actions: assign({ error: ({ event }) => event.error }) },
      },
      on: { drain: "draining" },
    },
    recovering: {
      invoke: {
        src: "recover",
        onDone: "serving",
        onError: { target: "failed", actions: assign({ error: ({ event }) => event.error }) },
      },
      on: { drain: "draining" },
    },
    serving: { entry: "serve", on: { drain: "draining" } },
    draining: {
      invoke: {
        src: "drain",
        onDone: "stopped",
        onError: { target: "failed", actions: assign({ error: ({ event }) => event.error }) },
      },
    },
    stopped: { type: "final" },
    failed: { type: "final" },
  },
});

function provideFirst(effect: string): never {
  throw new Error(`provide ${effect} first`);
}
