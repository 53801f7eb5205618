import { setup } from "xstate";

/**
 * The life of an agent process.
 *
 * ```
 * starting ─ready─▶ serving ─drain─▶ draining ─idle─▶ stopped
 *     └──────────────── stop, from every state ─────────┘
 * ```
 *
 * `serving` takes offers. `draining` takes none, finishes what runs and delivers it.
 */
export const agentMachine = setup({
  types: {
    events: {} as { readonly type: "ready" | "drain" | "idle" | "stop" },
  },
  actions: {
    announce: () => provideFirst("announce"),
    whenIdle: () => provideFirst("whenIdle"),
    leave: () => provideFirst("leave"),
  },
}).createMachine({
  id: "agent",
  initial: "starting",
  on: { stop: ".stopped" },
  states: {
    starting: { on: { ready: "serving" } },
    serving: { entry: "announce", on: { drain: "draining" } },
    draining: { entry: ["announce", "whenIdle"], on: { idle: "stopped" } },
    stopped: { type: "final", entry: "leave" },
  },
});

function provideFirst(effect: string): never {
  throw new Error(`provide ${effect} first`);
}
