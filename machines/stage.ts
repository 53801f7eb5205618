import { assign, setup } from "xstate";
import type { ErrorRecord } from "../core/errors.ts";
import type { EventOf } from "../core/events.ts";
import type { AgentId } from "../core/ids.ts";
import type { RecordedStep } from "../core/steps.ts";
import type { Value } from "../core/value.ts";
import { type Vector, vectorOf, withItem } from "../core/vector.ts";

/** One task of a stage. `attempt` is the one that runs or, while queued or backing off, the next. */
export type TaskState =
  | { readonly status: "queued"; readonly attempt: number }
  | { readonly status: "offered"; readonly attempt: number }
  | { readonly status: "backingOff"; readonly attempt: number; readonly retryAtMs: number }
  | {
      readonly status: "succeeded";
      readonly attempt: number;
      readonly agent: AgentId;
      readonly output: Value;
    }
  | { readonly status: "failed"; readonly attempt: number; readonly error: ErrorRecord };

export interface StageContext {
  readonly tasks: Vector<TaskState>;
  /** Tasks that have not ended. */
  readonly openTasks: number;
  /** What attempts at tasks that have not ended recorded, by the position of the task. */
  readonly steps: Readonly<Record<number, readonly RecordedStep[]>>;
  readonly error?: ErrorRecord;
}

/** The facts of the log that concern a stage, and two words of its driver. */
export type StageInput =
  | EventOf<"stage.started">
  | EventOf<"task.offered">
  | EventOf<"task.returned">
  | EventOf<"task.step_recorded">
  | EventOf<"task.succeeded">
  | EventOf<"task.failed">
  | EventOf<"stage.succeeded">
  | EventOf<"stage.failed">
  /** The run is over or about to be. */
  | { readonly type: "cancel" }
  /** The log was folded to its end: order again what it does not show as done. */
  | { readonly type: "recovered" };

/** Tasks `first` to `first + count - 1` may be offered, not before a wall time. */
export interface QueueTasks {
  readonly first: number;
  readonly count: number;
  readonly attempt: number;
  readonly notBeforeMs?: number;
}

const noTasks = vectorOf<TaskState>(0, () => ({ status: "queued", attempt: 1 }));

/**
 * Decides the life of one stage from the facts of the log. Its tasks are data.
 *
 * ```
 * waiting ─stage.started─▶ running ─last task.succeeded──▶ succeeding ─stage.succeeded─▶ succeeded
 *                             │  └─task.failed for good──▶ failing ────stage.failed────▶ failed
 *                             └────────── cancel, from every state but the ends ───────▶ cancelled
 * ```
 *
 * `succeeding` and `failing`: decided, but not yet in the log.
 */
export const stageMachine = setup({
  types: {
    context: {} as StageContext,
    events: {} as StageInput,
  },
  actions: {
    queueTasks: (_, _params: QueueTasks) => provideFirst("queueTasks"),
    adoptTasks: (_, _params: { readonly tasks: Vector<TaskState> }) => provideFirst("adoptTasks"),
    proposeSuccess: () => provideFirst("proposeSuccess"),
    proposeFailure: (_, _params: { readonly error: ErrorRecord | undefined }) =>
      provideFirst("proposeFailure"),
    cancelTasks: () => provideFirst("cancelTasks"),
  },
  guards: {
    hasNoTasks: (_, params: { readonly tasks: number }) => params.tasks === 0,
    isLastOpenTask: ({ context }) => context.openTasks === 1,
    isFinal: (_, params: { readonly retryAtMs: number | undefined }) =>
      params.retryAtMs === undefined,
  },
}).createMachine({
  id: "stage",
  initial: "waiting",
  context: { tasks: noTasks, openTasks: 0, steps: {} },
  states: {
    waiting: {
      on: {
        "stage.started": [
          {
            guard: { type: "hasNoTasks", params: ({ event }) => ({ tasks: event.tasks }) },
            target: "succeeding",
          },
          {
            target: "running",
            actions: [
              assign({
                tasks: ({ event }) =>
                  vectorOf<TaskState>(event.tasks, () => ({ status: "queued", attempt: 1 })),
                openTasks: ({ event }) => event.tasks,
              }),
              {
                type: "queueTasks",
                params: ({ event }) => ({ first: 0, count: event.tasks, attempt: 1 }),
              },
            ],
          },
        ],
        cancel: "cancelled",
      },
    },
    running: {
      on: {
        "task.offered": {
          actions: assign({
            tasks: ({ context, event }) =>
              withItem(context.tasks, event.index, { status: "offered", attempt: event.attempt }),
          }),
        },
        "task.returned": {
          actions: assign({
            tasks: ({ context, event }) =>
              withItem(context.tasks, event.index, { status: "queued", attempt: event.attempt }),
          }),
        },
        "task.step_recorded": { actions: assign(({ context, event }) => withStep(context, event)) },
        "task.succeeded": [
          {
            guard: "isLastOpenTask",
            target: "succeeding",
            actions: assign(({ context, event }) => afterSuccess(context, event)),
          },
          { actions: assign(({ context, event }) => afterSuccess(context, event)) },
        ],
        "task.failed": [
          {
            guard: { type: "isFinal", params: ({ event }) => ({ retryAtMs: event.retryAtMs }) },
            target: "failing",
            actions: [assign(({ context, event }) => afterFailure(context, event)), "cancelTasks"],
          },
          {
            actions: [
              assign(({ context, event }) => afterFailure(context, event)),
              {
                type: "queueTasks",
                params: ({ event }) => ({
                  first: event.index,
                  count: 1,
                  attempt: event.attempt + 1,
                  notBeforeMs: event.retryAtMs ?? 0,
                }),
              },
            ],
          },
        ],
        /** Its time is over, or it cannot go on for another reason than a task. */
        "stage.failed": { target: "failed", actions: "cancelTasks" },
        recovered: {
          actions: { type: "adoptTasks", params: ({ context }) => ({ tasks: context.tasks }) },
        },
        cancel: { target: "cancelled", actions: "cancelTasks" },
      },
    },
    succeeding: {
      entry: "proposeSuccess",
      on: {
        "stage.succeeded": "succeeded",
        recovered: { actions: "proposeSuccess" },
        cancel: "cancelled",
      },
    },
    failing: {
      entry: { type: "proposeFailure", params: ({ context }) => ({ error: context.error }) },
      on: {
        "stage.failed": "failed",
        recovered: {
          actions: { type: "proposeFailure", params: ({ context }) => ({ error: context.error }) },
        },
        cancel: "cancelled",
      },
    },
    succeeded: { type: "final" },
    failed: { type: "final" },
    cancelled: { type: "final" },
  },
});

function afterSuccess(
  context: StageContext,
  event: EventOf<"task.succeeded">,
): Partial<StageContext> {
  const { index, attempt, agent, output } = event;
  return {
    tasks: withItem(context.tasks, index, { status: "succeeded", attempt, agent, output }),
    openTasks: context.openTasks - 1,
    steps: withoutSteps(context, index),
  };
}

/** The newest attempt that recorded a step of this name holds. */
function withStep(
  context: StageContext,
  event: EventOf<"task.step_recorded">,
): Partial<StageContext> {
  const { index, attempt, name, value } = event;
  const others = (context.steps[index] ?? []).filter((step) => step.name !== name);
  return { steps: { ...context.steps, [index]: [...others, { name, attempt, value }] } };
}

/** Nobody needs them once the task has ended. */
function withoutSteps({ steps }: StageContext, index: number): StageContext["steps"] {
  if (steps[index] === undefined) return steps;
  const { [index]: _, ...others } = steps;
  return others;
}

function afterFailure(context: StageContext, event: EventOf<"task.failed">): Partial<StageContext> {
  const { index, attempt, error, retryAtMs } = event;
  if (retryAtMs !== undefined) {
    const next: TaskState = { status: "backingOff", attempt: attempt + 1, retryAtMs };
    return { tasks: withItem(context.tasks, index, next) };
  }
  return {
    tasks: withItem(context.tasks, index, { status: "failed", attempt, error }),
    openTasks: context.openTasks - 1,
    steps: withoutSteps(context, index),
    error,
  };
}

function provideFirst(action: string): never {
  throw new Error(`provide the action ${action} first`);
}
