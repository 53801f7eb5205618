import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { PublishedEvent } from "../../bus/messages.ts";
import type { StrategyName } from "../../core/plan.ts";
import { openLearned } from "../../store/learned.ts";
import { type InProcessSwarm, startInProcessSwarm } from "../support/in-process-swarm.ts";
import { openTestAccess } from "../support/log-access.ts";
import { follow } from "../support/swarm-process.ts";

/** Its only skill is `pause`, which takes four times as long. */
const slowFolders = [join(import.meta.dirname, "../support/slow-skills")];
const SOON = { timeout: 10_000, interval: 20 };

async function startRun(
  swarm: InProcessSwarm,
  work: { strategy: StrategyName; skill: string; inputs: string; tasks: number; stages?: number },
) {
  const items = JSON.stringify(Array.from({ length: work.tasks }, (_, index) => index));
  const stages = Array.from(
    { length: work.stages ?? 1 },
    (_, index) => `  - stage: spread-${index}
    type: swarm-parallel
    foreach: ${items}
    skill: ${work.skill}
    inputs: ${work.inputs}
    swarm_config: { strategy: ${work.strategy}, topology: star, max_agents: 4 }
`,
  );
  const definition = `cascade: shared\nstages:\n${stages.join("")}`;
  const { client, directory } = swarm;
  const { runId } = await client.submit({ cascade: "shared", definition, directory });
  return follow(client, runId);
}

const agentsOf = (events: readonly PublishedEvent[]) =>
  events.filter(({ type }) => type === "task.succeeded").map(({ data }) => data["agent"]);

describe("specialized", () => {
  it("waits, with a reason, as long as nobody has the skill, then gives the task to who has it alone", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0, isPinned: false });
    await swarm.addAgent("lean", { skillFolders: slowFolders });
    const work = {
      strategy: "specialized",
      skill: "misbehave",
      inputs: "{ how: well }",
      tasks: 3,
    } as const;
    const run = await startRun(swarm, work);
    await vi.waitFor(() => {
      const waiting = swarm.lines.filter((line) => line.event === "task.waiting");
      expect(waiting).toEqual([
        expect.objectContaining({ stageId: "spread-0", skill: "misbehave", tasks: 3 }),
      ]);
    }, SOON);
    expect(run.events.filter(({ type }) => type === "task.offered")).toEqual([]);
    await swarm.addAgent("able");
    await run.ended;
    expect(agentsOf(run.events)).toEqual(["able", "able", "able"]);
  });

  it("leaves the one with more skills free", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0, isPinned: false });
    await swarm.addAgent("able");
    await swarm.addAgent("lean", { skillFolders: slowFolders });
    const work = {
      strategy: "specialized",
      skill: "pause",
      inputs: "{ ms: 5 }",
      tasks: 8,
    } as const;
    await vi.waitFor(
      () => expect(swarm.lines.filter((line) => line.event === "agent.joined")).toHaveLength(2),
      SOON,
    );
    const run = await startRun(swarm, work);
    await run.ended;
    expect(new Set(agentsOf(run.events))).toEqual(new Set(["lean"]));
  });
});

describe("adaptive", () => {
  it("moves work away from a slow agent, gives its last tasks to others, and keeps what it learned", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0, isPinned: false });
    for (const id of ["fast-1", "fast-2", "fast-3"]) await swarm.addAgent(id, { light: 2 });
    await swarm.addAgent("slow", { light: 2, skillFolders: slowFolders });
    await vi.waitFor(
      () => expect(swarm.lines.filter((line) => line.event === "agent.joined")).toHaveLength(4),
      SOON,
    );
    const work = {
      strategy: "adaptive",
      skill: "pause",
      inputs: "{ ms: 400 }",
      tasks: 12,
      stages: 3,
    } as const;
    const run = await startRun(swarm, work);
    await run.ended;
    expect(run.events.at(-1)?.type).toBe("run.succeeded");
    const [first = 0, ...later] = [0, 1, 2].map((stage) => {
      const own = run.events.filter(({ data }) => data["stage"] === `spread-${stage}`);
      expect(agentsOf(own)).toHaveLength(12);
      return (own.at(-1)?.atMs ?? 0) - (own[0]?.atMs ?? 0);
    });
    for (const ms of later) expect(ms).toBeLessThan(first + 400);
    expect(Math.max(...later)).toBeLessThan(1_600); // one task on the slow agent
    const drawn = run.events.filter(
      ({ type, data }) => type === "task.offered" && "propensity" in data,
    );
    expect(drawn.length).toBeGreaterThan(12);
    await vi.waitFor(async () => {
      await using access = await openTestAccess(swarm.server);
      const learned = await (await openLearned(access)).list();
      const ms = new Map(
        learned.map(({ agent, measurement }) => [agent as string, measurement.meanLogMs]),
      );
      expect([...ms.keys()].sort()).toEqual(["fast-1", "fast-2", "fast-3", "slow"]);
      expect(ms.get("slow")).toBeGreaterThan((ms.get("fast-1") ?? 0) + Math.log(1.5));
    }, SOON);
  });

  it("gives a straggler to a second agent once; the first result holds, and the other attempt is cancelled", async () => {
    await using swarm = await startInProcessSwarm({ agents: 0, isPinned: false });
    await swarm.addAgent("fast", { light: 2 });
    await swarm.addAgent("slow", { light: 1, skillFolders: slowFolders });
    await vi.waitFor(
      () => expect(swarm.lines.filter((line) => line.event === "agent.joined")).toHaveLength(2),
      SOON,
    );
    const work = { strategy: "adaptive", skill: "pause", inputs: "{ ms: 900 }", tasks: 7 } as const;
    const run = await startRun(swarm, work);
    await run.ended;
    expect(run.events.at(-1)?.type).toBe("run.succeeded");
    const reissued = swarm.lines.filter((line) => line.event === "task.reissued");
    expect(reissued).toEqual([
      expect.objectContaining({ agentId: "fast", from: "slow", attempt: 2 }),
    ]);
    const outcomes = run.events.filter(({ type }) => type === "task.succeeded");
    expect(new Set(outcomes.map(({ data }) => data["index"])).size).toBe(7);
    expect(outcomes).toHaveLength(7);
    expect(run.events.filter(({ type }) => type === "task.failed")).toEqual([]);
  });
});
