import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseStageId } from "../../core/ids.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { executionsOf, follow } from "../support/swarm-process.ts";

let swarm: InProcessSwarm;
beforeAll(async () => {
  swarm = await startInProcessSwarm({ agents: 2 });
}, 60_000);
afterAll(() => swarm[Symbol.asyncDispose]());

/** Runs a cascade to its end. */
async function run(definition: string, inputs: JsonObject = {}) {
  const { directory, client } = swarm;
  const { runId } = await client.submit({ cascade: "flow", definition, inputs, directory });
  const followed = follow(client, runId);
  await followed.ended;
  const { events } = followed;
  const last = events.at(-1);
  const stagesOf = (type: string): readonly Json[] =>
    events.filter((event) => event.type === type).map(({ data }) => data["stage"] ?? null);
  return {
    runId,
    events,
    outcome: last?.type,
    output: (last?.data["output"] as JsonObject | undefined)?.["value"],
    error: last?.data["error"] as JsonObject | undefined,
    succeeded: stagesOf("stage.succeeded"),
    skipped: stagesOf("stage.skipped"),
  };
}

const head = "cascade: flow\ninputs:\n  - { name: quality, type: number, default: 0.5 }\n";

describe("a conditional stage", () => {
  const bands = `${head}stages:
  - stage: decide
    condition: \${quality}
    branches:
      low_quality: { transform: { way: thorough } }
      high_quality: { transform: { way: fast } }
      medium: { transform: { way: usual } }
outputs: { way: "\${decide.way}" }
`;

  it.each([
    [0.7, "fast"],
    [0.69, "usual"],
    [0.4, "usual"],
    [-3, "thorough"],
  ])("takes the highest band that %d reaches: %s", async (quality, way) => {
    expect(await run(bands, { quality })).toMatchObject({
      outcome: "run.succeeded",
      output: { way },
    });
  });

  const routes = `${head}  - { name: kind, type: string, default: simple }
stages:
  - stage: route
    type: conditional
    condition: \${kind}
    branches:
      simple: { skill: pause, inputs: { ms: 1 } }
      complex:
        stages:
          - { stage: think, skill: pause, inputs: { ms: 1 } }
          - { stage: act, skill: pause, inputs: { ms: 1 } }
    default: { transform: nothing }
  - { stage: after, transform: "\${stages.route.status}" }
`;

  it("takes the branch that a text names, else the default, and skips the others", async () => {
    const simple = await run(routes);
    expect(simple.succeeded).toEqual(["route--decision", "route--simple", "after"]);
    expect(simple.skipped).toEqual(["think", "route--default", "act"]);
    expect(await executionsOf(swarm.directory, simple.runId)).toHaveLength(1);
    const complex = await run(routes, { kind: "complex" });
    expect(complex.succeeded).toEqual(["route--decision", "think", "act", "after"]);
    expect(complex.output).toBe("succeeded");
    const other = await run(routes, { kind: "strange" });
    expect(other.succeeded).toEqual(["route--decision", "route--default", "after"]);
  });

  it("that finds no branch fails the run and says for which value", async () => {
    const { outcome, error } = await run(routes.replace("default: { transform: nothing }", ""), {
      kind: "odd",
    });
    expect(outcome).toBe("run.failed");
    expect(error).toMatchObject({
      code: "no-branch",
      message: 'no branch fits "odd" (there is: simple, complex)',
    });
  });

  it("goes on past a false condition without an else", async () => {
    const { outcome, output, skipped } = await run(`${head}stages:
  - stage: check
    condition: quality > 0.9
    then: { transform: { done: true } }
  - { stage: last, transform: "\${stages.check.status}" }
`);
    expect(outcome).toBe("run.succeeded");
    expect(skipped).toEqual(["check--then"]);
    expect(output).toBe("skipped");
  });
});

describe("a loop", () => {
  const loop = (condition: string) => `${head}stages:
  - { stage: measure, transform: { n: "\${iteration * 10}" } }
  - { stage: work, skill: pause, inputs: { ms: 1, item: "\${measure.n}" } }
  - { stage: again, condition: "${condition}", repeat: measure, max_iterations: 4 }
  - { stage: sum, transform: { n: "\${measure.n}", turns: "\${again.branch}" } }
`;

  it("repeats its stages while the condition is true, and what comes after sees the last turn", async () => {
    const { succeeded, skipped, output } = await run(loop("measure.n < 30"));
    expect(succeeded).toEqual([
      ...["measure", "work", "again", "measure--2", "work--2", "again--2"],
      ...["measure--3", "work--3", "again--3", "sum"],
    ]);
    expect(skipped).toEqual(["measure--4", "work--4", "again--4"]);
    expect(output).toEqual({ n: 30, turns: "done" });
  });

  it("ends after max_iterations whatever the condition says", async () => {
    const { runId, output } = await run(loop("true"));
    expect(output).toEqual({ n: 40, turns: "repeat" });
    expect(await executionsOf(swarm.directory, runId)).toHaveLength(4);
  });
});

describe("a stage", () => {
  it("with `when` that is false is skipped, and its output is null to those after it", async () => {
    const { skipped, output } = await run(`${head}stages:
  - { stage: maybe, skill: pause, when: "\${quality > 0.9}", inputs: { ms: 1 } }
  - stage: last
    transform: { noted: "\${maybe.noted}", is: "\${has(maybe.noted)}", or: "\${coalesce(maybe.noted, 'none')}" }
`);
    expect(skipped).toEqual(["maybe"]);
    expect(output).toEqual({ noted: null, is: false, or: "none" });
  });

  it("whose failure is tolerated lets the run go on, with its status to be seen", async () => {
    const { outcome, output } = await run(`${head}stages:
  - { stage: risky, skill: misbehave, continue_on_error: true, inputs: { how: throw }, error_handling: { strategy: fail } }
  - { stage: last, transform: { how: "\${stages.risky.status}", fine: "\${risky.fine}" } }
`);
    expect(outcome).toBe("run.succeeded");
    expect(output).toEqual({ how: "failed", fine: null });
  });

  it("can look into an output that is too large for a message", async () => {
    const { output } = await run(`${head}stages:
  - { stage: big, skill: misbehave, inputs: { how: large } }
  - { stage: measured, when: "\${size(json(big)) > 1000000}", transform: "\${size(json(big))}" }
`);
    expect(output).toBe(1_000_026);
  });

  it("with an expression that the data does not fit fails with what it was", async () => {
    const { outcome, error } = await run(`${head}stages:
  - { stage: list, transform: { items: [1, 2] } }
  - { stage: pick, transform: "\${list.items[size(list.items)]}" }
`);
    expect(outcome).toBe("run.failed");
    expect(error).toMatchObject({
      code: "expression-failed",
      message: "${list.items[size(list.items)]}: a list of 2 has no position 2",
    });
  });

  it("knows the position of its item", async () => {
    const { output } = await run(`${head}stages:
  - stage: each
    foreach: [a, b]
    skill: pause
    inputs: { ms: 1, item: "\${item}-\${index + 1}" }
  - { stage: last, transform: "\${size(each.results)}" }
`);
    expect(output).toBe(2);
  });
});

describe("a fallback", () => {
  const definition = (how: string) => `${head}stages:
  - stage: risky
    skill: misbehave
    inputs: { how: ${how} }
    error_handling: { strategy: fallback, max_retries: 0, fallback: pause }
  - stage: last
    transform: { status: "\${stages.risky.status}", noted: "\${has(risky.noted)}" }
`;

  it("does the work when the stage has failed for good", async () => {
    const { outcome, output, succeeded } = await run(definition("throw"));
    expect(outcome).toBe("run.succeeded");
    expect(succeeded).toEqual(["risky--fallback", "last"]);
    expect(output).toEqual({ status: "succeeded", noted: true });
  });

  it("is skipped when it is not needed", async () => {
    const { output, skipped } = await run(definition("fine"));
    expect(skipped).toEqual(["risky--fallback"]);
    expect(output).toEqual({ status: "succeeded", noted: false });
  });

  it("that fails too fails the run", async () => {
    const again = definition("throw")
      .replace("fallback: pause", "fallback: misbehave")
      .replace("has(risky.noted)", "has(risky.fine)");
    const { outcome, error } = await run(again);
    expect(outcome).toBe("run.failed");
    expect(error).toMatchObject({ code: "no-attempts-left" });
  });
});

describe("a gate", () => {
  const definition = (gate: string, when = "true") => `${head}stages:
  - { stage: check, when: "${when}", transform: { score: "\${quality}" }, gate: "${gate}" }
  - { stage: last, transform: done }
`;

  it("that is met lets the run go on, before which nothing else starts", async () => {
    const { succeeded, output } = await run(definition("score >= 0.5"));
    expect(succeeded).toEqual(["check", "check--gate", "last"]);
    expect(output).toBe("done");
  });

  it("that is not met ends the run and says which", async () => {
    const { outcome, error, succeeded } = await run(definition("${check.score > 0.9}"));
    expect(outcome).toBe("run.failed");
    expect(error).toMatchObject({
      code: "gate-not-met",
      message: "the gate of stage check--gate is not met: ${check.score > 0.9}",
    });
    expect(succeeded).toEqual(["check"]);
  });

  it("is not asked of a stage that was skipped", async () => {
    const { outcome, skipped } = await run(definition("score > 0.9", "false"));
    expect(outcome).toBe("run.succeeded");
    expect(skipped).toEqual(["check", "check--gate"]);
  });
});

describe("a matrix", () => {
  it("makes a task of every combination, of which no more than max_parallel are under way", async () => {
    const { events, output } = await run(`${head}stages:
  - stage: each
    matrix: { os: [linux, mac], node: "\${[22, 24]}" }
    max_parallel: 2
    skill: pause
    inputs: { ms: 60, item: "\${matrix.os}-\${matrix.node}-\${index}" }
  - { stage: last, transform: "\${size(each.results)}" }
`);
    expect(output).toBe(4);
    let underWay = 0;
    const counts = events.flatMap(({ type }) => {
      if (type === "task.offered") underWay += 1;
      else if (type === "task.succeeded") underWay -= 1;
      else return [];
      return [underWay];
    });
    expect(Math.max(...counts)).toBe(2);
    expect(counts).toHaveLength(8);
  });
});

describe("a stage that waits", () => {
  it("for a time lets it pass, and says until when", async () => {
    const { events, outcome } = await run(`${head}stages:
  - { stage: pause, wait: 150ms }
  - { stage: last, transform: "\${pause.waited}" }
`);
    expect(outcome).toBe("run.succeeded");
    const paused = events.find(({ type }) => type === "stage.paused");
    const ended = events.find(
      ({ type, data }) => type === "stage.succeeded" && data["stage"] === "pause",
    );
    expect(paused?.data).toEqual({ stage: "pause", for: "time", untilMs: expect.any(Number) });
    expect(ended?.atMs).toBeGreaterThanOrEqual(Number(paused?.data["untilMs"]));
  });

  const release = `${head}stages:
  - { stage: check, transform: { score: "\${quality}" } }
  - { stage: release, approve: "Release with \${check.score}?" }
  - { stage: last, transform: "\${release.comment}" }
`;

  async function asked(definition: string) {
    const { directory, client } = swarm;
    const { runId } = await client.submit({ cascade: "flow", definition, directory });
    const followed = follow(client, runId);
    await followed.reached("stage.paused");
    return { runId, ...followed };
  }

  it("for a person goes on when one approves, whose words are its output", async () => {
    const { runId, events, ended } = await asked(release);
    expect(events.find(({ type }) => type === "stage.paused")?.data).toEqual({
      stage: "release",
      for: "approval",
      message: "Release with 0.5?",
      content: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const answer = { stage: parseStageId("release"), approved: true, by: "ann" };
    await swarm.client.approve(runId, { ...answer, stage: parseStageId("check") });
    await swarm.client.approve(runId, { ...answer, comment: "fine" });
    await swarm.client.approve(runId, { ...answer, comment: "again" });
    await ended;
    expect(events.at(-1)).toMatchObject({
      type: "run.succeeded",
      data: { output: { value: "fine" } },
    });
    expect(swarm.lines).toContainEqual(
      expect.objectContaining({ event: "approval.ignored", stageId: "check" }),
    );
  });

  it("for a person fails when one denies", async () => {
    const { runId, events, ended } = await asked(release);
    const answer = { stage: parseStageId("release"), approved: false, by: "ann" };
    await swarm.client.approve(runId, { ...answer, comment: "not on a Friday" });
    await ended;
    expect(events.at(-1)).toMatchObject({
      type: "run.failed",
      data: {
        error: {
          code: "approval-denied",
          message: "stage release: ann did not approve: not on a Friday",
        },
      },
    });
  });

  it.each([
    ["deny", "run.failed"],
    ["approve", "run.succeeded"],
  ])("for a person takes no answer in time as %s", async (onTimeout, outcome) => {
    const { events } = await run(`${head}stages:
  - { stage: ask, approve: { message: Well?, timeout: 50ms, on_timeout: ${onTimeout} } }
`);
    expect(events.at(-1)?.type).toBe(outcome);
  });

  it("can be cancelled", async () => {
    const { runId, events, ended } = await asked(release);
    await swarm.client.cancel(runId, "enough");
    await ended;
    expect(events.at(-1)?.type).toBe("run.cancelled");
  });
});

describe("nested stages", () => {
  it("run side by side in a parallel list, in turn otherwise: the recorded intervals show it", async () => {
    const definition = (type: string) => `${head}stages:
  - stage: group
    type: ${type}
    stages:
      - { stage: one, skill: pause, inputs: { ms: 150 } }
      - { stage: two, skill: pause, inputs: { ms: 150 } }
  - { stage: after, transform: done }
`;
    const overlap = async (type: string): Promise<boolean> => {
      const { events, outcome } = await run(definition(type));
      expect(outcome).toBe("run.succeeded");
      const span = (stage: string) => {
        const end = events.find(
          ({ type: t, data }) => t === "task.succeeded" && data["stage"] === stage,
        );
        const endMs = end?.atMs ?? 0;
        return { startMs: endMs - Number(end?.data["durationMs"]), endMs };
      };
      const [one, two] = [span("one"), span("two")];
      return one.startMs < two.endMs && two.startMs < one.endMs;
    };
    expect(await overlap("parallel")).toBe(true);
    expect(await overlap("sequential")).toBe(false);
  });

  it("behind a `when` are skipped together", async () => {
    const { skipped, output } = await run(`${head}stages:
  - stage: group
    when: quality > 0.9
    stages:
      - { stage: one, transform: 1 }
      - { stage: two, transform: 2 }
  - { stage: last, transform: "\${stages.group.status}" }
`);
    expect(skipped).toEqual(["one", "two"]);
    expect(output).toBe("skipped");
  });
});

describe("a cascade in a cascade", () => {
  it("runs between its inputs and its outputs, behind a branch and in a loop too", async () => {
    const { outcome, output, skipped } = await run(`${head}stages:
  - stage: route
    condition: quality >= 0.5
    then: { cascade: inner, inputs: { most: "\${quality * 10}" } }
    else: { cascade: inner, inputs: { most: 1 } }
  - { stage: twice, cascade: inner, inputs: { most: "\${route.n + 1}" } }
outputs: { first: "\${route.n}", second: "\${twice.n}" }
`);
    expect(outcome).toBe("run.succeeded");
    expect(output).toEqual({ first: 6, second: 8 });
    expect(skipped).toContain("route--else");
  });

  it("behind a `when` is skipped as a whole", async () => {
    const { output, succeeded } = await run(`${head}stages:
  - { stage: maybe, when: quality > 1, cascade: inner, inputs: { most: 4 } }
  - { stage: last, transform: "\${stages.maybe.status}" }
`);
    expect(output).toBe("skipped");
    expect(succeeded).toEqual(["maybe--when", "last"]);
  });
});

describe("final stages", () => {
  const definition = (how: string) => `${head}stages:
  - { stage: work, skill: misbehave, inputs: { how: ${how} }, error_handling: { strategy: fail } }
  - { stage: next, skill: pause, inputs: { ms: 1 } }
finally:
  - stage: clean
    skill: pause
    inputs: { ms: 1, item: "\${run.status}" }
  - { stage: tell, transform: { status: "\${run.status}", error: "\${run.error}", work: "\${stages.work.status}", next: "\${stages.next.status}" } }
outputs: { fine: "\${work.fine}" }
`;
  const told = (events: readonly { type: string; data: JsonObject }[]) =>
    events.find(({ type, data }) => type === "stage.succeeded" && data["stage"] === "tell")?.data[
      "output"
    ];

  it("run when all others have ended, and do not change what the run results in", async () => {
    const { outcome, output, events } = await run(definition("fine"));
    expect(outcome).toBe("run.succeeded");
    expect(output).toEqual({ fine: true });
    expect(told(events)).toEqual({
      value: { status: "succeeded", error: null, work: "succeeded", next: "succeeded" },
    });
  });

  it("run when the run fails, which then fails for what failed", async () => {
    const { outcome, error, events, runId } = await run(definition("throw"));
    expect(outcome).toBe("run.failed");
    expect(error).toMatchObject({ code: "no-attempts-left" });
    expect(told(events)).toEqual({
      value: {
        status: "failed",
        error: { code: "no-attempts-left", message: expect.stringContaining("thrown on purpose") },
        work: "failed",
        next: "skipped",
      },
    });
    expect(await executionsOf(swarm.directory, runId)).toEqual([
      expect.stringMatching(/^clean\/0 1 /),
    ]);
  });

  it("do not run when the run is cancelled", async () => {
    const { directory, client } = swarm;
    const waiting = definition("fine").replace("skill: pause, inputs: { ms: 1 } }", "wait: 1h }");
    const { runId } = await client.submit({ cascade: "flow", definition: waiting, directory });
    const followed = follow(client, runId);
    await followed.reached("stage.paused");
    await client.cancel(runId, "enough");
    await followed.ended;
    expect(followed.events.at(-1)?.type).toBe("run.cancelled");
    expect(told(followed.events)).toBeUndefined();
  });
});
