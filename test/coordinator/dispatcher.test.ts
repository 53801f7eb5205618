import { randomLcg } from "d3-random";
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
function openRun(items: number, more?: string, skills = "[check, list]"): RunState {
  const compiled = compileCascade(
    {
      file: "c.yaml",
      text: `cascade: c
inputs: [{ name: files, type: array }]
stages:
  - { stage: checks, type: ${more === undefined ? "parallel" : "swarm-parallel"}, foreach: "\${inputs.files}", skills: ${skills}, inputs: { files: ["\${item}"]${more === undefined ? ", path: ." : ""} }${more === undefined ? "" : `, ${more}`} }
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

  describe("with a straggler of an adaptive stage", () => {
    /** Two agents with a slot each; the first has one of the two tasks for an hour. */
    function openStraggler() {
      const clock = openTestClock();
      const events = { joined: () => {}, suspected: () => {}, gone: () => {} };
      const directory = new AgentDirectory(clock, events);
      const [slow, fast] = [parseAgentId("slow"), parseAgentId("fast")];
      for (const id of [slow, fast]) {
        directory.seen({
          ...{ v: 1, agent: id, host: "here", status: "serving", skills: ["check"] },
          slots: { light: 1, heavy: 1, sandbox: 1 },
          busy: { light: 0, heavy: 0, sandbox: 0 },
        });
      }
      const measurements = new Measurements();
      for (let each = 0; each < 8; each++)
        measurements.add("check", fast, { status: "succeeded", durationMs: 100 });
      const placed: string[] = [];
      const cancelled: string[] = [];
      const dispatcher: Dispatcher = new Dispatcher({
        ...{ directory, clock, measurements, random: randomLcg(1) },
        logger: pino({ level: "silent" }),
        inputsOf: () => ({}),
        order: (target, { task }) => {
          const to = "agent" in target ? target.agent : "";
          placed.push(`${task.index}/${task.attempt} ${to}`);
          run.apply({
            ...{ run: run.runId, n: run.n + 1, atMs: 1 },
            event: { type: "task.offered", stage, index: task.index, attempt: task.attempt },
          });
          const offerAnswer = { v: 1, agent: parseAgentId(to), accepted: [0], busy: [] } as const;
          dispatcher.answered(target, [task], {
            ...offerAnswer,
            accepted: [0],
            busy: [],
            handedOver: [],
          });
        },
        fail: ({ index, attempt }, from) => placed.push(`${index}/${attempt} failed at ${from}`),
        sendCancel: (to, tasks) => {
          for (const { index, attempt } of tasks) cancelled.push(`${index}/${attempt} ${to}`);
        },
        claimFrom: () => expect.unreachable(),
      });
      const run = openRun(
        1,
        "swarm_config: { strategy: adaptive, max_agents: 2 }",
        "[check, check]",
      );
      for (const index of [0, 1])
        dispatcher.queue({ run, stage: 0, index, attempt: 1, counted: false });
      dispatcher.schedule();
      const held = placed.find((each) => each.endsWith("slow")) ?? "";
      const index = Number(held[0]);
      dispatcher.ended(run, 0, 1 - index, 1);
      clock.advance(3_600_000);
      dispatcher.agentSeen();
      return { dispatcher, run, index, slow, fast, placed, cancelled };
    }

    it("orders a second attempt, once, at another member", () => {
      const { dispatcher, placed, index } = openStraggler();
      dispatcher.agentSeen();
      expect(placed.slice(2)).toEqual([`${index}/2 fast`]);
    });

    it.each([1, 2])("cancels the other one when attempt %d succeeds", (winner) => {
      const { dispatcher, run, index, cancelled } = openStraggler();
      dispatcher.ended(run, 0, index, winner);
      expect(cancelled).toEqual([winner === 1 ? `${index}/2 fast` : `${index}/1 slow`]);
    });

    it("cancels none when the second attempt fails or is lost: the first may still deliver", () => {
      const { dispatcher, index, fast, placed, cancelled } = openStraggler();
      dispatcher.agentLost(fast, new Error("gone"));
      expect(placed.slice(3)).toEqual([`${index}/2 failed at fast`]);
      expect(cancelled).toEqual([]);
    });

    it("cancels both with their stage", () => {
      const { dispatcher, run, index, cancelled } = openStraggler();
      dispatcher.cancelStage(run, 0);
      expect(cancelled.sort()).toEqual([`${index}/1 slow`, `${index}/2 fast`]);
    });
  });
});
