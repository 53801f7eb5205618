import { setup } from "xstate";

/**
 * The life of an agent process.
 *
 * ```
 * starting ─ready─▶ serving ─drain─▶ draining ─idle─▶ stopped
 *     ├──────── drain ────────────────▲               ▲
 *     └──────────────── stop, from every state ───────┘
 * ```
 *
 * `serving` takes offers. `draining` takes none, finishes what runs and delivers it; what is still held when it is
 * told to `stop` is given up.
 */
export const agentMachine = setup({
  types: {
    events: {} as { readonly type: "ready" | "drain" | "idle" | "stop" },
  },
  actions: {
    announce: () => provideFirst("announce"),
    refuseOffers: () => provideFirst("refuseOffers"),
    whenIdle: () => provideFirst("whenIdle"),
    leave: () => provideFirst("leave"),
  },
}).createMachine({
  id: "agent",
  initial: "starting",
  on: { stop: ".stopped" },
  states: {
    starting: { on: { ready: "serving", drain: "draining" } },
    serving: { entry: "announce", on: { drain: "draining" } },
    draining: { entry: ["announce", "refuseOffers", "whenIdle"], on: { idle: "stopped" } },
    stopped: { type: "final", entry: "leave" },
  },
});

function provideFirst(effect: string): never {
  throw new Error(`provide ${effect} first`);
}
