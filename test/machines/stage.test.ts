import { describe, expect, it } from "vitest";
import { initialTransition, transition } from "xstate";
import { getShortestPaths } from "xstate/graph";
import type { ErrorRecord } from "../../core/errors.ts";
import type { AgentId, StageId } from "../../core/ids.ts";
import { items } from "../../core/vector.ts";
import { type StageInput, stageMachine } from "../../machines/stage.ts";

const stage = "build" as StageId;
const agent = "agent-1" as AgentId;
const broken: ErrorRecord = { code: "skill-failed", message: "no", disposition: "fail" };
const started = (tasks: number): StageInput => ({ type: "stage.started", stage, tasks });
const offered = (index: number, attempt = 1): StageInput => ({
  type: "task.offered",
  stage,
  index,
  attempt,
});
const succeeded = (index: number, attempt = 1): StageInput => ({
  type: "task.succeeded",
  stage,
  index,
  attempt,
  agent,
  durationMs: 1,
  output: { value: `out ${index}` },
});
const failed = (index: number, attempt = 1, retryAtMs?: number): StageInput => ({
  type: "task.failed",
  stage,
  index,
  attempt,
  error: broken,
  ...(retryAtMs === undefined ? {} : { retryAtMs }),
});

/** Folds events; answers the state, the tasks and what was ordered by the last event. */
function fold(...events: StageInput[]) {
  let [state, actions] = initialTransition(stageMachine);
  for (const event of events) [state, actions] = transition(stageMachine, state, event);
  return {
    state: state.value,
    tasks: [...items(state.context.tasks)].map((task) => `${task.status} ${task.attempt}`),
    orders: actions
      .filter((action) => !action.type.startsWith("xstate."))
      .map((action) => ({ type: action.type, params: action.params })),
  };
}

describe("stage machine", () => {
  it.each([
    {
      promise: "queues all tasks when it starts",
      events: [started(2)],
      state: "running",
      tasks: ["queued 1", "queued 1"],
      orders: [{ type: "queueTasks", params: { first: 0, count: 2, attempt: 1 } }],
    },
    {
      promise: "succeeds at once without tasks",
      events: [started(0)],
      state: "succeeding",
      tasks: [],
      orders: [{ type: "proposeSuccess", params: undefined }],
    },
    {
      promise: "waits for every task",
      events: [started(2), offered(0), offered(1), succeeded(1)],
      state: "running",
      tasks: ["offered 1", "succeeded 1"],
      orders: [],
    },
    {
      promise: "proposes success after the last task",
      events: [started(2), offered(0), offered(1), succeeded(1), succeeded(0)],
      state: "succeeding",
      tasks: ["succeeded 1", "succeeded 1"],
      orders: [{ type: "proposeSuccess", params: undefined }],
    },
    {
      promise: "queues the next attempt for its time after a failure that may be retried",
      events: [started(1), offered(0), failed(0, 1, 5_000)],
      state: "running",
      tasks: ["backingOff 2"],
      orders: [
        { type: "queueTasks", params: { first: 0, count: 1, attempt: 2, notBeforeMs: 5_000 } },
      ],
    },
    {
      promise: "fails and cancels the rest when a task failed for good",
      events: [started(2), offered(0), offered(1), failed(1)],
      state: "failing",
      tasks: ["offered 1", "failed 1"],
      orders: [
        { type: "cancelTasks", params: undefined },
        { type: "proposeFailure", params: { error: broken } },
      ],
    },
    {
      promise: "takes the outcome of an older attempt while there is none",
      events: [started(1), offered(0), failed(0, 1, 5), offered(0, 2), succeeded(0, 1)],
      state: "succeeding",
      tasks: ["succeeded 1"],
      orders: [{ type: "proposeSuccess", params: undefined }],
    },
    {
      promise: "ends when it is cancelled",
      events: [started(1), offered(0), { type: "cancel" } as const],
      state: "cancelled",
      tasks: ["offered 1"],
      orders: [{ type: "cancelTasks", params: undefined }],
    },
    {
      promise: "orders its outcome again when the fold ended before that was logged",
      events: [started(1), succeeded(0), { type: "recovered" } as const],
      state: "succeeding",
      tasks: ["succeeded 1"],
      orders: [{ type: "proposeSuccess", params: undefined }],
    },
  ])("$promise", ({ events, state, tasks, orders }) => {
    expect(fold(...events)).toEqual({ state, tasks, orders });
  });

  it("queues an attempt that no agent took under its number, for whoever folds the run next", () => {
    const returned: StageInput = { type: "task.returned", stage, index: 0, attempt: 2 };
    const facts = [started(1), offered(0), failed(0, 1, 5), offered(0, 2), returned];
    expect(fold(...facts)).toEqual({ state: "running", tasks: ["queued 2"], orders: [] });
  });

  it("keeps what attempts recorded of a task until that ends, the newest attempt's of a name", () => {
    const recorded = (index: number, name: string, attempt: number): StageInput => ({
      type: "task.step_recorded",
      stage,
      index,
      attempt,
      agent,
      name,
      value: { value: `${name} ${attempt}` },
    });
    const facts: StageInput[] = [
      started(3),
      recorded(0, "a", 1),
      recorded(0, "b", 1),
      recorded(0, "a", 2),
      recorded(1, "a", 1),
      recorded(2, "a", 1),
    ];
    const stepsAfter = (...events: StageInput[]) =>
      events.reduce((state, event) => transition(stageMachine, state, event)[0], running).context
        .steps;
    const [running] = initialTransition(stageMachine);
    const step = (name: string, attempt: number) => ({
      name,
      attempt,
      value: { value: `${name} ${attempt}` },
    });
    expect(stepsAfter(...facts, failed(1, 1, 5))).toEqual({
      0: [step("b", 1), step("a", 2)],
      1: [step("a", 1)],
      2: [step("a", 1)],
    });
    expect(stepsAfter(...facts, succeeded(0), failed(1))).toEqual({ 2: [step("a", 1)] });
  });

  it("hands its tasks to the driver after a fold", () => {
    const { orders } = fold(started(2), offered(0), { type: "recovered" });
    expect(orders.map((order) => order.type)).toEqual(["adoptTasks"]);
  });

  it("reaches every end, and no state without a way to one", () => {
    const paths = getShortestPaths(stageMachine, {
      events: [
        started(0),
        started(1),
        offered(0),
        succeeded(0),
        failed(0),
        { type: "stage.succeeded", stage },
        { type: "stage.failed", stage, error: broken },
        { type: "cancel" },
      ],
      limit: 1_000,
    });
    const reached = new Set(paths.map((path) => String(path.state.value)));
    expect([...reached].sort()).toEqual([
      "cancelled",
      "failed",
      "failing",
      "running",
      "succeeded",
      "succeeding",
      "waiting",
    ]);
  });

  it("leaves earlier snapshots as they were", () => {
    const [initial] = initialTransition(stageMachine);
    const [running] = transition(stageMachine, initial, started(3));
    transition(stageMachine, running, succeeded(1));
    expect([...items(running.context.tasks)].map((task) => task.status)).toEqual([
      "queued",
      "queued",
      "queued",
    ]);
  });
});
