import { assign, setup } from "xstate";
import type { ErrorRecord } from "../core/errors.ts";
import type { EventOf } from "../core/events.ts";
import type { Plan } from "../core/plan.ts";
import { at, items, type Vector, vectorOf, withItem } from "../core/vector.ts";

/** Named by every run, so that a run is folded by the machine that made its decisions. */
export const RUN_MACHINE = "run@1";

export interface StageProgress {
  readonly status: "waiting" | "ready" | "started" | "succeeded" | "failed";
  /** Stages it needs that have not succeeded. */
  readonly unmet: number;
}

export interface RunContext {
  /** For each stage, the positions of the stages that need it. */
  readonly dependents: readonly (readonly number[])[];
  readonly stages: Vector<StageProgress>;
  /** Stages that have not succeeded. */
  readonly openStages: number;
  readonly error?: ErrorRecord;
  readonly cancelReason?: string;
}

/** The facts of the log that concern a whole run; stages by their position in the plan. */
export type RunInput =
  | { readonly type: "run.started" }
  | { readonly type: "stage.started"; readonly index: number }
  | { readonly type: "stage.succeeded"; readonly index: number }
  | { readonly type: "stage.failed"; readonly index: number; readonly error: ErrorRecord }
  | EventOf<"cancel.requested">
  | EventOf<"run.succeeded">
  | EventOf<"run.failed">
  | EventOf<"run.cancelled">
  | { readonly type: "recovered" };

/**
 * Decides which stages of a run may start and how the run ends.
 *
 * ```
 * created ─run.started─▶ running ─last stage.succeeded─▶ succeeding ─run.succeeded─▶ succeeded
 *                           ├──────── stage.failed ────▶ failing ────run.failed────▶ failed
 *                           └─────── cancel.requested ─▶ cancelling ─run.cancelled─▶ cancelled
 * ```
 */
export const runMachine = setup({
  types: {
    context: {} as RunContext,
    events: {} as RunInput,
    input: {} as { readonly plan: Plan },
  },
  actions: {
    startStages: (_, _params: { readonly indexes: readonly number[] }) =>
      provideFirst("startStages"),
    stopStages: () => provideFirst("stopStages"),
    proposeSuccess: () => provideFirst("proposeSuccess"),
    proposeFailure: (_, _params: { readonly error: ErrorRecord | undefined }) =>
      provideFirst("proposeFailure"),
    proposeCancelled: (_, _params: { readonly reason: string | undefined }) =>
      provideFirst("proposeCancelled"),
  },
  guards: {
    isLastOpenStage: ({ context }) => context.openStages === 1,
  },
}).createMachine({
  id: "run",
  initial: "created",
  context: ({ input }) => initialContext(input.plan),
  states: {
    created: {
      on: {
        "run.started": {
          target: "running",
          actions: {
            type: "startStages",
            params: ({ context }) => ({ indexes: readyStages(context) }),
          },
        },
      },
    },
    running: {
      on: {
        "stage.started": {
          actions: assign({
            stages: ({ context, event }) => withStatus(context.stages, event.index, "started"),
          }),
        },
        "stage.succeeded": [
          {
            guard: "isLastOpenStage",
            target: "succeeding",
            actions: assign(({ context, event }) => afterSuccess(context, event.index)),
          },
          {
            actions: [
              assign(({ context, event }) => afterSuccess(context, event.index)),
              {
                type: "startStages",
                params: ({ context, event }) => ({
                  indexes: (context.dependents[event.index] ?? []).filter(
                    (index) => at(context.stages, index).status === "ready",
                  ),
                }),
              },
            ],
          },
        ],
        "stage.failed": {
          target: "failing",
          actions: [
            assign({
              stages: ({ context, event }) => withStatus(context.stages, event.index, "failed"),
              error: ({ event }) => event.error,
            }),
            "stopStages",
          ],
        },
        "cancel.requested": {
          target: "cancelling",
          actions: [assign({ cancelReason: ({ event }) => event.reason }), "stopStages"],
        },
        recovered: {
          actions: {
            type: "startStages",
            params: ({ context }) => ({ indexes: readyStages(context) }),
          },
        },
      },
    },
    succeeding: {
      entry: "proposeSuccess",
      on: { "run.succeeded": "succeeded", recovered: { actions: "proposeSuccess" } },
    },
    failing: {
      entry: { type: "proposeFailure", params: ({ context }) => ({ error: context.error }) },
      on: {
        "run.failed": "failed",
        recovered: {
          actions: { type: "proposeFailure", params: ({ context }) => ({ error: context.error }) },
        },
      },
    },
    cancelling: {
      entry: {
        type: "proposeCancelled",
        params: ({ context }) => ({ reason: context.cancelReason }),
      },
      on: {
        "run.cancelled": "cancelled",
        recovered: {
          actions: {
            type: "proposeCancelled",
            params: ({ context }) => ({ reason: context.cancelReason }),
          },
        },
      },
    },
    succeeded: { type: "final" },
    failed: { type: "final" },
    cancelled: { type: "final" },
  },
});

function initialContext(plan: Plan): RunContext {
  const dependents: number[][] = plan.stages.map(() => []);
  for (const [index, stage] of plan.stages.entries()) {
    for (const needed of stage.needs) dependents[needed]?.push(index);
  }
  return {
    dependents,
    stages: vectorOf(plan.stages.length, (index) => {
      const unmet = plan.stages[index]?.needs.length ?? 0;
      return { status: unmet === 0 ? "ready" : "waiting", unmet };
    }),
    openStages: plan.stages.length,
  };
}

function readyStages(context: RunContext): readonly number[] {
  const ready: number[] = [];
  let index = 0;
  for (const stage of items(context.stages)) {
    if (stage.status === "ready") ready.push(index);
    index += 1;
  }
  return ready;
}

function afterSuccess(context: RunContext, index: number): Partial<RunContext> {
  let stages = withStatus(context.stages, index, "succeeded");
  for (const dependent of context.dependents[index] ?? []) {
    const { unmet } = at(stages, dependent);
    const status = unmet === 1 ? "ready" : "waiting";
    stages = withItem(stages, dependent, { status, unmet: unmet - 1 });
  }
  return { stages, openStages: context.openStages - 1 };
}

function withStatus(
  stages: Vector<StageProgress>,
  index: number,
  status: StageProgress["status"],
): Vector<StageProgress> {
  return withItem(stages, index, { ...at(stages, index), status });
}

function provideFirst(action: string): never {
  throw new Error(`provide the action ${action} first`);
}
