import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { SwarmError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import { answerSignal } from "../runs.ts";
import type { OpenSwarm } from "../standing-swarm.ts";
import { defineTool } from "../tool.ts";
import type { ToolContext } from "../tool-context.ts";
import { usageOf } from "./process-usage.ts";
import { STRATEGIES, TOPOLOGIES } from "./settings.ts";
import { agentCounts, agentFacts, newestRuns, taskCounts } from "./swarm-facts.ts";

export const swarmInit = defineTool({
  name: "swarm_init",
  description:
    "Starts the swarm here, or joins it, and sets how the stages of task_orchestrate are shared out.",
  effect: "adds",
  input: z
    .object({
      topology: z.enum(TOPOLOGIES),
      maxAgents: z.int().min(1).max(100).default(5),
      strategy: z.enum(STRATEGIES).default("balanced"),
    })
    .strict(),
  output: z
    .object({ id: z.string(), message: z.string(), topology: z.string(), maxAgents: z.int() })
    .loose(),
  async call({ topology, maxAgents, strategy }, { swarm, state }) {
    const startedMs = performance.now();
    const { id, session } = await swarm.open(Math.min(maxAgents, swarm.usualAgents));
    const agents = await session.client.agents();
    Object.assign(state.settings, { topology, maxAgents, strategy });
    const how = session.owned ? "runs here" : "was started by another process, and is joined";
    return {
      data: {
        id,
        message: `the swarm ${how}, with ${agents.length} agents; teams are a ${topology} of at most ${maxAgents}`,
        topology,
        strategy,
        maxAgents,
        agents: agents.length,
        features: {
          cognitive_diversity: false,
          neural_networks: false,
          forecasting: false,
          simd_support: null,
        },
        created: new Date().toISOString(),
        performance: {
          initialization_time_ms: Math.round(performance.now() - startedMs),
          memory_usage_mb: swarmMemory(swarm.pids),
        },
      },
    };
  },
});

/** Of all processes of the swarm; null when one of them does not tell. */
function swarmMemory(pids: ReadonlyMap<string, number>): number | null {
  const used = [...pids.values()].map((pid) => usageOf(pid).memory_mb);
  if (used.length === 0 || used.includes(null)) return null;
  return Math.round(used.reduce<number>((sum, mb) => sum + (mb ?? 0), 0));
}

export const swarmStatus = defineTool({
  name: "swarm_status",
  description: "Tells whether a swarm runs here, its agents, and how its newest runs stand.",
  effect: "reads",
  input: z.object({ verbose: z.boolean().default(false) }).strict(),
  output: z.object({ active_swarms: z.int(), swarms: z.array(z.unknown()) }).loose(),
  async call({ verbose }, context) {
    const opened = await context.swarm.found();
    const facts = opened === undefined ? undefined : await swarmFacts(opened, context, verbose);
    return {
      data: {
        active_swarms: facts === undefined ? 0 : 1,
        swarms: facts === undefined ? [] : [facts],
        global_metrics: {
          totalSwarms: facts === undefined ? 0 : 1,
          totalAgents: facts?.status.agents.total ?? 0,
          totalTasks: facts?.status.tasks.total ?? 0,
          memoryUsageMb: swarmMemory(context.swarm.pids),
          timestamp: new Date().toISOString(),
        },
        runtime_info: { node: process.version, platform: process.platform, pid: process.pid },
      },
    };
  },
});

async function swarmFacts({ id, session }: OpenSwarm, context: ToolContext, verbose: boolean) {
  const agents = await session.client.agents();
  const runs = await newestRuns(session.client, answerSignal(context));
  return {
    id,
    owned: session.owned,
    ...context.state.settings,
    status: { id, agents: agentCounts(agents), tasks: taskCounts(runs) },
    ...(verbose ? { agents: agents.map((agent) => agentFacts(agent, context.state)) } : {}),
  };
}

const MOST_SECONDS = 60;

export const swarmMonitor = defineTool({
  name: "swarm_monitor",
  description: "Samples the swarm for duration seconds, every interval seconds.",
  effect: "reads",
  input: z
    .object({
      duration: z.number().positive().max(MOST_SECONDS).default(10),
      interval: z.number().min(0.2).max(MOST_SECONDS).default(1),
    })
    .strict(),
  output: z.object({ samples: z.array(z.unknown()) }).loose(),
  async call({ duration, interval }, context) {
    const opened = await context.swarm.found();
    if (opened === undefined) {
      throw new SwarmError("coordinator-unavailable", "no swarm runs here", {
        hint: "swarm_init starts one",
      });
    }
    const { client } = opened.session;
    const stop = new AbortController();
    const counted = countEvents(client, AbortSignal.any([stop.signal, context.signal]));
    const samples: JsonObject[] = [];
    const total = Math.max(1, Math.round(duration / interval));
    const startedMs = performance.now();
    try {
      while (samples.length < total) {
        const dueMs = startedMs + (samples.length + 1) * interval * 1_000;
        await pause(Math.max(0, dueMs - performance.now()), undefined, { signal: context.signal });
        const agents = agentCounts(await client.agents());
        const tasks = taskCounts(await newestRuns(client, answerSignal(context)));
        samples.push({
          at: new Date().toISOString(),
          agents,
          tasks,
          events: counted.take(),
          memory_usage_mb: swarmMemory(context.swarm.pids),
        });
        context.progress(samples.length, total, `${agents.active} of ${agents.total} agents work`);
      }
    } finally {
      stop.abort();
    }
    return { data: { swarm_id: opened.id, duration, interval, samples } };
  },
});

/** Counts what happens to all runs, until the signal. */
function countEvents(client: OpenSwarm["session"]["client"], signal: AbortSignal) {
  let seen = 0;
  const counting = (async () => {
    for await (const _ of client.watchAll(signal)) seen += 1;
  })();
  counting.catch(() => {}); // the connection is gone: the next question to it says so
  return {
    take(): number {
      const taken = seen;
      seen = 0;
      return taken;
    },
  };
}
