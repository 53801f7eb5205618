import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { AgentDirectory } from "../../coordinator/agent-directory.ts";
import { Dispatcher } from "../../coordinator/dispatcher.ts";
import { Measurements } from "../../coordinator/measurements.ts";
import { mutedOrders, RunState } from "../../coordinator/run-state.ts";
import { parseAgentId, parseRunId, parseStageId } from "../../core/ids.ts";
import { compileCascade } from "../../language/compile.ts";
import { testCatalog } from "../support/catalog.ts";
import { openTestClock } from "../support/test-clock.ts";

const agent = parseAgentId("agent-1");
const stage = parseStageId("checks");

/** A run whose one stage has `items` tasks of each of two skills. */
function openRun(items: number): RunState {
  const compiled = compileCascade(
    {
      file: "c.yaml",
      text: `cascade: c
inputs: [{ name: files, type: array }]
stages:
  - { stage: checks, type: parallel, foreach: "\${inputs.files}", skills: [check, list], inputs: { files: ["\${item}"], path: . } }
`,
    },
    testCatalog,
  );
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  const { plan } = compiled;
  const created = {
    type: "run.started",
    cascade: "c",
    plan: "",
    machine: "run@1",
    inputs: { value: {} },
    directory: "/",
    host: "here",
  } as const;
  const run = new RunState(parseRunId("r1"), plan, created, mutedOrders);
  const tasks = items * 2;
  for (const [index, event] of [
    created,
    { type: "stage.started", stage, tasks } as const,
  ].entries())
    run.apply({ run: run.runId, n: index + 1, atMs: 1, event });
  return run;
}

describe("dispatcher", () => {
  it("lets the skills that wait for the same slot take turns", () => {
    const directory = new AgentDirectory(openTestClock(), {
      joined: () => {},
      suspected: () => {},
      gone: () => {},
    });
    const slots = { light: 1, heavy: 1, sandbox: 0 };
    directory.seen({
      v: 1,
      agent,
      host: "here",
      status: "serving",
      slots,
      busy: { light: 0, heavy: 0, sandbox: 0 },
      skills: ["check", "list"],
    });
    const placed: number[] = [];
    const dispatcher = new Dispatcher({
      directory,
      logger: pino({ level: "silent" }),
      clock: openTestClock(),
      measurements: new Measurements(),
      random: () => 0,
      inputsOf: () => ({}),
      order: (_, { task }) => placed.push(task.index),
      fail: () => expect.unreachable(),
      sendCancel: () => {},
      claimFrom: () => expect.unreachable(),
    });
    const run = openRun(3);
    for (const index of [0, 2, 4, 1, 3, 5])
      dispatcher.queue({ run, stage: 0, index, attempt: 1, counted: false });
    for (let ended = 0; ended < 6; ended++) {
      dispatcher.schedule();
      dispatcher.ended(run, 0, placed.at(-1) ?? 0);
    }
    expect(placed).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
