import { join } from "node:path";
import pino from "pino";
import { expect, it } from "vitest";
import { openAgent } from "../../agents/agent.ts";
import { openBus } from "../../bus/connection.ts";
import { systemClock } from "../../core/clock.ts";
import { parseAgentId } from "../../core/ids.ts";
import { openSkillCatalog } from "../../language/skill-catalog.ts";
import { startInProcessSwarm } from "../support/in-process-swarm.ts";
import { noModels } from "../support/no-models.ts";
import { follow } from "../support/swarm-process.ts";

it("an agent with another version of a skill than the run is pinned to does not run it", async () => {
  await using swarm = await startInProcessSwarm({ agents: 0 });
  const skills = await openSkillCatalog([join(import.meta.dirname, "../support/skills")]);
  const connection = await openBus(await swarm.server.admit("agent-other"), {
    name: "agent-other",
  });
  const agent = await openAgent({
    connection,
    agentId: parseAgentId("agent-other"),
    slots: { light: 1, heavy: 1, sandbox: 0 },
    models: await noModels(),
    skills: {
      ...skills,
      find: (name) => {
        const manifest = skills.find(name);
        return manifest && { ...manifest, digest: "0".repeat(64) };
      },
    },
    clock: systemClock,
    logger: pino({ level: "silent" }),
    writeLogLine: () => {},
    drainMs: 1_000,
  });
  const definition =
    "cascade: c\nstages: [{ stage: a, skill: misbehave, inputs: { how: fine } }]\n";
  const { runId } = await swarm.client.submit({ cascade: "c", definition, inputs: {} });
  const followed = follow(swarm.client, runId);
  await followed.ended;
  expect(followed.events.at(-1)).toMatchObject({
    type: "run.failed",
    data: { error: { code: "skill-changed" } },
  });
  await agent.drain();
  await connection.close();
}, 30_000);
