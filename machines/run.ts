import { assign, setup } from "xstate";
import type { ErrorRecord } from "../core/errors.ts";
import type { EventOf } from "../core/events.ts";
import type { Plan } from "../core/plan.ts";
import { at, type Vector, vectorOf, withItem } from "../core/vector.ts";

/** Named by every run, so that a run is folded by the machine that made its decisions. */
export const RUN_MACHINE = "run@1";

export interface StageProgress {
  readonly status: "waiting" | "ready" | "started" | "succeeded" | "failed" | "skipped";
  /** Stages it needs that have not ended. */
  readonly unmet: number;
}

export interface RunContext {
  /** For each stage, the positions of the stages that need it. */
  readonly dependents: readonly (readonly number[])[];
  readonly stages: Vector<StageProgress>;
  /** Stages that have not ended. */
  readonly openStages: number;
  /** Whether a stage runs even when the run fails, by position. */
  readonly finals: readonly boolean[];
  readonly error?: ErrorRecord;
  readonly cancelReason?: string;
  /** Stages become ready, and none is started. */
  readonly isPaused: boolean;
}

/** The facts of the log that concern a whole run; stages by their position in the plan. */
export type RunInput =
  | { readonly type: "run.started" }
  | { readonly type: "stage.started"; readonly index: number }
  | { readonly type: "stage.succeeded"; readonly index: number }
  | { readonly type: "stage.skipped"; readonly index: number }
  /** `isTolerated`: the run goes on without it. */
  | {
      readonly type: "stage.failed";
      readonly index: number;
      readonly error: ErrorRecord;
      readonly isTolerated: boolean;
    }
  | EventOf<"cancel.requested">
  | EventOf<"run.paused">
  | EventOf<"run.continued">
  | EventOf<"budget.exhausted">
  | EventOf<"run.succeeded">
  | EventOf<"run.failed">
  | EventOf<"run.cancelled">
  | { readonly type: "recovered" };

interface StageEnd {
  readonly index: number;
  readonly status: "succeeded" | "failed" | "skipped";
}

const runSetup = setup({
  types: {
    context: {} as RunContext,
    events: {} as RunInput,
    input: {} as { readonly plan: Plan },
  },
  actions: {
    endStage: assign(({ context }, params: StageEnd) => afterEnd(context, params)),
    /** The run fails: of what has not ended, only the final stages are still to come. */
    keepFinals: assign(({ context }) => finalsOnly(context)),
    holdStages: assign({ isPaused: true }),
    releaseStages: assign({ isPaused: false }),
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
    isTolerated: (_, params: { readonly isTolerated: boolean }) => params.isTolerated,
    hasFinals: ({ context }) =>
      context.finals.some((isFinal, index) => isFinal && isOpen(context, index)),
    failsWithFinals: ({ context }, params: { readonly index: number }) =>
      context.finals.some(
        (isFinal, index) => isFinal && index !== params.index && isOpen(context, index),
      ),
    isTheLastTolerated: ({ context }, params: { readonly isTolerated: boolean }) =>
      params.isTolerated && context.openStages === 1,
  },
});

/** A stage ended so, and those that need it come a step nearer. */
const ended = (status: StageEnd["status"]) =>
  ({
    type: "endStage",
    params: ({ event }: { event: { readonly index: number } }) => ({ index: event.index, status }),
  }) as const;

const startDependents = {
  type: "startStages",
  params: ({ context, event }: { context: RunContext; event: { readonly index: number } }) => ({
    indexes: (context.dependents[event.index] ?? []).filter((index) => mayStart(context, index)),
  }),
} as const;

const startReady = {
  type: "startStages",
  params: ({ context }: { context: RunContext }) => ({ indexes: readyStages(context) }),
} as const;

const pausing = {
  "run.paused": { actions: "holdStages" },
  "run.continued": { actions: ["releaseStages", startReady] },
} as const;

/**
 * Decides which stages of a run may start and how the run ends. A stage that was skipped, or whose failure is
 * tolerated, has ended like one that succeeded. While the run is paused, what is under way goes on to its end and
 * nothing is started: a run that has nothing left to start ends.
 *
 * ```
 * created ─run.started─▶ running ── last stage ended ──▶ succeeding ─run.succeeded─▶ succeeded
 *                           ├──────── stage.failed ────▶ failing ────run.failed────▶ failed
 *                           │      or budget.exhausted
 *                           │     └─ with final stages ─▶ finishing ─ last of them ended ─▶ failing
 *                           └─────── cancel.requested ─▶ cancelling ─run.cancelled─▶ cancelled
 * ```
 */
export const runMachine = runSetup.createMachine({
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
        ...pausing,
        "stage.started": {
          actions: assign({
            stages: ({ context, event }) => withStatus(context.stages, event.index, "started"),
          }),
        },
        "stage.succeeded": [
          { guard: "isLastOpenStage", target: "succeeding", actions: ended("succeeded") },
          { actions: [ended("succeeded"), startDependents] },
        ],
        "stage.skipped": [
          { guard: "isLastOpenStage", target: "succeeding", actions: ended("skipped") },
          { actions: [ended("skipped"), startDependents] },
        ],
        "stage.failed": [
          {
            guard: { type: "isTheLastTolerated", params: ({ event }) => event },
            target: "succeeding",
            actions: ended("failed"),
          },
          {
            guard: { type: "isTolerated", params: ({ event }) => event },
            actions: [ended("failed"), startDependents],
          },
          {
            guard: { type: "failsWithFinals", params: ({ event }) => event },
            target: "finishing",
            actions: [
              assign({ error: ({ event }) => event.error }),
              ended("failed"),
              "stopStages",
              "keepFinals",
              startReady,
            ],
          },
          {
            target: "failing",
            actions: [
              assign({
                stages: ({ context, event }) => withStatus(context.stages, event.index, "failed"),
                error: ({ event }) => event.error,
              }),
              "stopStages",
            ],
          },
        ],
        "budget.exhausted": [
          {
            guard: "hasFinals",
            target: "finishing",
            actions: [
              assign({ error: ({ event }) => event.error }),
              "stopStages",
              "keepFinals",
              startReady,
            ],
          },
          {
            target: "failing",
            actions: [assign({ error: ({ event }) => event.error }), "stopStages"],
          },
        ],
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
    /** It fails; its final stages are carried out first. */
    finishing: {
      on: {
        ...pausing,
        "stage.started": {
          actions: assign({
            stages: ({ context, event }) => withStatus(context.stages, event.index, "started"),
          }),
        },
        "stage.succeeded": [
          { guard: "isLastOpenStage", target: "failing", actions: ended("succeeded") },
          { actions: [ended("succeeded"), startDependents] },
        ],
        "stage.skipped": [
          { guard: "isLastOpenStage", target: "failing", actions: ended("skipped") },
          { actions: [ended("skipped"), startDependents] },
        ],
        // The run fails for what made it fail first.
        "stage.failed": [
          { guard: "isLastOpenStage", target: "failing", actions: ended("failed") },
          { actions: [ended("failed"), startDependents] },
        ],
        "cancel.requested": {
          target: "cancelling",
          actions: [assign({ cancelReason: ({ event }) => event.reason }), "stopStages"],
        },
        recovered: { actions: startReady },
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
    finals: plan.stages.map(({ isFinal }) => isFinal === true),
    isPaused: false,
  };
}

function isOpen(context: RunContext, index: number): boolean {
  const { status } = at(context.stages, index);
  return status === "waiting" || status === "ready" || status === "started";
}

/** What is not final counts as skipped, so that the final stages wait only for each other. */
function finalsOnly(context: RunContext): Partial<RunContext> {
  const { finals, dependents } = context;
  const open = finals.map((isFinal, index) => isFinal && isOpen(context, index));
  const unmet = finals.map(() => 0);
  for (const [index, targets] of dependents.entries()) {
    if (open[index] !== true) continue;
    for (const target of targets) unmet[target] = (unmet[target] ?? 0) + 1;
  }
  const stages = vectorOf(finals.length, (index): StageProgress => {
    const stage = at(context.stages, index);
    if (!isOpen(context, index)) return stage;
    if (open[index] !== true) return { ...stage, status: "skipped" };
    return { status: unmet[index] === 0 ? "ready" : "waiting", unmet: unmet[index] ?? 0 };
  });
  return { stages, openStages: open.filter(Boolean).length };
}

function readyStages(context: RunContext): readonly number[] {
  const ready: number[] = [];
  for (let index = 0; index < context.finals.length; index++) {
    if (mayStart(context, index)) ready.push(index);
  }
  return ready;
}

function mayStart(context: RunContext, index: number): boolean {
  return !context.isPaused && at(context.stages, index).status === "ready";
}

function afterEnd(context: RunContext, { index, status }: StageEnd): Partial<RunContext> {
  let stages = withStatus(context.stages, index, status);
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
