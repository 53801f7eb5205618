import { randomLcg } from "d3-random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SimulatedAgent, simulate } from "../../bench/strategy-simulation.ts";
import { type AgentId, parseAgentId } from "../../core/ids.ts";
import type { Measurement, MemberLoad, Situation } from "../../core/strategy.ts";
import { afterOutcome, expectedMs } from "../../topology/strategies/measurement.ts";
import { STRATEGIES } from "../../topology/strategies/registry.ts";
import { straggleMs } from "../../topology/strategies/straggler.ts";

const { balanced, specialized, adaptive } = STRATEGIES;
const [a, b, c] = [parseAgentId("a"), parseAgentId("b"), parseAgentId("c")];

function load(agentId: AgentId, more: Partial<MemberLoad> = {}): MemberLoad {
  const { slots = 4, assigned = 0 } = more;
  const freeSlots = slots - assigned;
  return { agentId, isCapable: true, slots, assigned, freeSlots, skills: 10, ...more };
}

function situation(loads: readonly MemberLoad[], more: Partial<Situation> = {}): Situation {
  return { loads, waiting: 1, measuredOf: () => undefined, random: randomLcg(0.5), ...more };
}

/** What is measured of an agent that succeeded and failed so often, each time after `ms`. */
function measured(ms: number, succeeded: number, failed = 0): Measurement {
  let known: Measurement | undefined;
  for (let each = 0; each < failed; each++) known = afterOutcome(known, { status: "failed" });
  for (let each = 0; each < succeeded; each++)
    known = afterOutcome(known, { status: "succeeded", durationMs: ms });
  return known ?? { succeeded: 0, failed: 0, meanLogMs: 0, varianceLogMs: 0 };
}

const anyLoad = fc
  .record({
    name: fc.integer({ min: 1, max: 99 }),
    isCapable: fc.boolean(),
    slots: fc.integer({ min: 1, max: 8 }),
    assigned: fc.integer({ min: 0, max: 8 }),
    skills: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ name, ...more }) => load(parseAgentId(`agent-${name}`), more));
const anyLoads = fc.uniqueArray(anyLoad, { selector: ({ agentId }) => agentId, maxLength: 12 });

describe("every strategy", () => {
  it("picks one that can and has room, and without one says what it waits for", () => {
    const anyStrategy = fc.constantFrom(...Object.values(STRATEGIES));
    fc.assert(
      fc.property(anyStrategy, anyLoads, fc.nat(), (strategy, loads, seed) => {
        const measuredOf = () => (seed % 2 === 0 ? measured(100, 1 + (seed % 9)) : undefined);
        const random = randomLcg((seed % 1_000) / 1_000);
        const choice = strategy.choose(situation(loads, { measuredOf, random, waiting: 1_000 }));
        const capable = loads.filter(({ isCapable }) => isCapable);
        const free = capable.filter(({ freeSlots }) => freeSlots > 0);
        if ("agent" in choice) expect(free.map(({ agentId }) => agentId)).toContain(choice.agent);
        else if (capable.length === 0) expect(choice).toEqual({ waitFor: "capability" });
        else expect(free).toEqual([]);
      }),
    );
  });
});

describe("balanced", () => {
  it("picks the least outstanding work for each slot", () => {
    const loads = [load(a, { slots: 8, assigned: 3 }), load(b, { slots: 2, assigned: 1 })];
    expect(balanced.choose(situation(loads))).toEqual({ agent: a });
  });

  it("deals equal tasks out so that no two members differ by more than one", () => {
    const counts = new Map([
      [a, 0],
      [b, 0],
      [c, 0],
    ]);
    for (let task = 0; task < 100; task++) {
      const loads = [...counts].map(([agent, assigned]) => load(agent, { slots: 50, assigned }));
      const choice = balanced.choose(situation(loads));
      if ("agent" in choice) counts.set(choice.agent, (counts.get(choice.agent) ?? 0) + 1);
    }
    const dealt = [...counts.values()];
    expect(Math.max(...dealt) - Math.min(...dealt)).toBeLessThanOrEqual(1);
    expect(dealt.reduce((sum, each) => sum + each)).toBe(100);
  });
});

describe("specialized", () => {
  it("picks whoever can and has the fewest skills, and the next one when that is full", () => {
    const loads = [
      load(a, { skills: 9 }),
      load(b, { skills: 2 }),
      load(c, { skills: 1, isCapable: false }),
    ];
    expect(specialized.choose(situation(loads))).toEqual({ agent: b });
    const full = [load(a, { skills: 9 }), load(b, { skills: 2, assigned: 4 })];
    expect(specialized.choose(situation(full))).toEqual({ agent: a });
  });

  it("recruits those with the fewest skills first", () => {
    const recruited = specialized.recruit([load(a, { skills: 9 }), load(b, { skills: 2 })]);
    expect(recruited.map(({ agentId }) => agentId)).toEqual([b, a]);
  });
});

describe("adaptive", () => {
  const known = new Map([
    [a, measured(100, 20)],
    [b, measured(400, 20)],
  ]);
  const measuredOf = (agent: AgentId) => known.get(agent);

  it("is balanced, and draws nothing, as long as there is no data", () => {
    const loads = [load(a, { assigned: 2 }), load(b)];
    expect(adaptive.choose(situation(loads))).toEqual({ agent: b });
  });

  it("gives a member that is four times faster nearly all, and says how likely that was", () => {
    const random = randomLcg(0.1);
    const choices = Array.from({ length: 200 }, () =>
      adaptive.choose(situation([load(a), load(b)], { measuredOf, random, waiting: 99 })),
    );
    const toFast = choices.filter((choice) => "agent" in choice && choice.agent === a);
    expect(toFast.length).toBeGreaterThan(190);
    for (const choice of toFast) {
      expect(choice).toMatchObject({ propensity: expect.closeTo(1, 0) });
    }
  });

  it("tries one it knows nothing of now and then", () => {
    const random = randomLcg(0.1);
    const choices = Array.from({ length: 400 }, () =>
      adaptive.choose(situation([load(a), load(c)], { measuredOf, random, waiting: 99 })),
    );
    const tried = choices.filter((choice) => "agent" in choice && choice.agent === c).length;
    expect(tried).toBeGreaterThan(40);
    expect(tried).toBeLessThan(360);
  });

  it("draws the same from the same seed", () => {
    const draw = () => adaptive.choose(situation([load(a), load(b), load(c)], { measuredOf }));
    expect(draw()).toEqual(draw());
  });

  it("lets the last tasks wait for a faster member rather than give them to a slow one that is free", () => {
    const loads = [load(a, { assigned: 4 }), load(b)];
    expect(adaptive.choose(situation(loads, { measuredOf, waiting: 2 }))).toEqual({
      waitFor: "faster",
    });
    expect(adaptive.choose(situation(loads, { measuredOf, waiting: 40 }))).toMatchObject({
      agent: b,
    });
    const idle = [load(a, { isCapable: false }), load(b)];
    expect(adaptive.choose(situation(idle, { measuredOf, waiting: 1 }))).toMatchObject({
      agent: b,
    });
  });

  it("knows a member that fails every other time as one that takes twice as long", () => {
    expect(expectedMs(measured(100, 25, 25)) / expectedMs(measured(100, 50))).toBeCloseTo(2, 0);
  });

  it("forgets: a member that became fast is seen as fast after some tasks", () => {
    let slow = measured(4_000, 200);
    for (let each = 0; each < 100; each++)
      slow = afterOutcome(slow, { status: "succeeded", durationMs: 1_000 });
    expect(expectedMs(slow)).toBeLessThan(1_300);
  });
});

describe("stragglers", () => {
  it("are told from the latest durations, once there are enough of them", () => {
    expect(straggleMs([1, 2, 3, 4])).toBeUndefined();
    expect(straggleMs([100, 100, 100, 100, 100, 100])).toBe(150);
  });
});

describe("in simulated time, in stages of up to two tasks a slot", () => {
  const usual: SimulatedAgent = { slots: 2, slowness: 1, failureRate: 0 };
  const slow = [usual, usual, usual, { ...usual, slowness: 4 }];
  const equal = [usual, usual, usual, usual];
  const meanOf = (
    strategy: "balanced" | "adaptive",
    agents: readonly SimulatedAgent[],
    tasks: number,
  ) => {
    const times = Array.from({ length: 20 }, (_, index) =>
      simulate({ strategy, agents, stages: 5, tasks, seed: index + 1 }),
    );
    return times.reduce((sum, each) => sum + each) / times.length;
  };

  it.each([
    8, 12, 16,
  ])("adaptive needs at least a quarter less than balanced with one agent of four four times slower (%d tasks)", (tasks) => {
    expect(meanOf("adaptive", slow, tasks) / meanOf("balanced", slow, tasks)).toBeLessThan(0.75);
  });

  it.each([
    8, 12, 16, 80,
  ])("adaptive is within five percent of balanced on equal agents (%d tasks)", (tasks) => {
    const ratio = meanOf("adaptive", equal, tasks) / meanOf("balanced", equal, tasks);
    expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
  });

  it("adaptive is never much worse than balanced on a slow or an unreliable agent", () => {
    const unreliable = [usual, usual, usual, { ...usual, failureRate: 0.5 }];
    for (const agents of [slow, unreliable]) {
      for (const tasks of [16, 24, 40, 80]) {
        expect(meanOf("adaptive", agents, tasks) / meanOf("balanced", agents, tasks)).toBeLessThan(
          1.05,
        );
      }
    }
  });
});
