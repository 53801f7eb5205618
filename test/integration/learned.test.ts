import { expect, it, vi } from "vitest";
import { evaluate } from "../../interfaces/cli/learned/evaluation.ts";
import { readOutcomes } from "../../interfaces/cli/learned/outcomes.ts";
import { startInProcessSwarm } from "../support/in-process-swarm.ts";
import { follow } from "../support/swarm-process.ts";

it("outcomes are read from the history of runs, with their skills, and the table has who did them", async () => {
  await using swarm = await startInProcessSwarm({ agents: 2 });
  const { client, directory } = swarm;
  const signal = AbortSignal.timeout(50_000);
  expect(await readOutcomes(client, 100, signal)).toEqual({
    ...{ outcomes: [], runs: 0, withoutPlan: 0 },
  });
  const definition = `cascade: learned
stages:
  - stage: all
    type: swarm-parallel
    foreach: ${JSON.stringify(Array.from({ length: 120 }, (_, index) => index))}
    skill: pause
    inputs: { ms: 5 }
    swarm_config: { topology: star, max_agents: 2 }
`;
  const { runId } = await client.submit({ cascade: "learned", definition, directory });
  const run = follow(client, runId);
  await run.ended;
  const { outcomes, runs } = await readOutcomes(client, 100, signal);
  expect(runs).toBe(1);
  expect(outcomes).toHaveLength(120);
  expect(new Set(outcomes.map(({ skill }) => skill))).toEqual(new Set(["pause"]));
  expect(evaluate(outcomes, 1)).toMatchObject({ status: "evaluated", outcomes: 120, baseRate: 1 });
  const agents = [...new Set(outcomes.map(({ agent }) => agent))].sort();
  await vi.waitFor(
    async () => {
      const learned = await client.learned();
      expect(learned.map(({ skill, agent }) => `${skill} ${agent}`).sort()).toEqual(
        agents.map((agent) => `pause ${agent}`),
      );
    },
    { timeout: 10_000, interval: 100 },
  );
});
