import { z } from "zod";
import type { Heartbeat, PublishedEvent } from "../../../bus/messages.ts";
import { SwarmError } from "../../../core/errors.ts";
import type { JsonObject } from "../../../core/json.ts";
import { didYouMean } from "../../../language/nearest.ts";
import { answerSignal } from "../runs.ts";
import { defineTool } from "../tool.ts";
import type { ToolContext } from "../tool-context.ts";
import { usageOf } from "./process-usage.ts";
import type { AgentLabel } from "./settings.ts";
import { agentFacts, newestRuns, statusOf } from "./swarm-facts.ts";

const AGENT_TYPES = ["researcher", "coder", "analyst", "optimizer", "coordinator"] as const;
const SPAWN_TIMEOUT_MS = 30_000;
/** Of the newest runs, those whose events are counted for the metrics of agents. */
const COUNTED_RUNS = 20;

export const agentSpawn = defineTool({
  name: "agent_spawn",
  description:
    "Starts one more agent process. type, name and capabilities are labels: every agent has every skill.",
  effect: "adds",
  input: z
    .object({
      type: z.enum(AGENT_TYPES),
      name: z.string().min(1).max(100).optional(),
      capabilities: z.array(z.string().max(100)).max(50).default([]),
    })
    .strict(),
  output: z.object({ agent: z.unknown(), swarm_info: z.unknown(), message: z.string() }).loose(),
  async call({ type, name, capabilities }, context) {
    return { data: await spawn({ type, name: name ?? "", capabilities }, context) };
  },
});

/**
 * Starts an agent and labels it. @throws SwarmError `not-supported` in a swarm that somebody else started, `limit-exceeded`
 * when there are as many as `swarm_init` allows
 */
export async function spawn(label: AgentLabel, { swarm, state, signal }: ToolContext) {
  const startedMs = performance.now();
  const { id, session } = await swarm.open();
  if (session.addAgent === undefined) {
    throw new SwarmError(
      "not-supported",
      "another process started this swarm, and it starts its agents",
      {
        hint: "start more with `npm run agent` there, or stop that swarm and let this server start its own",
      },
    );
  }
  const { maxAgents } = state.settings;
  const { agentId, agents } = await session.addAgent({
    most: maxAgents,
    signal: AbortSignal.any([signal, AbortSignal.timeout(SPAWN_TIMEOUT_MS)]),
  });
  const labelled = { ...label, name: label.name === "" ? agentId : label.name };
  state.labels.set(agentId, labelled);
  return {
    agent: {
      id: agentId,
      name: labelled.name,
      type: label.type === "" ? null : label.type,
      cognitive_pattern: null,
      capabilities: [...label.capabilities],
      neural_network_id: null,
      status: "idle",
      pid: swarm.pids.get(agentId) ?? null,
    },
    swarm_info: { id, agent_count: agents, capacity: `${agents}/${maxAgents}` },
    message: `${agentId} runs and takes tasks`,
    performance: {
      spawn_time_ms: Math.round(performance.now() - startedMs),
      memory_overhead_mb: usageOf(swarm.pids.get(agentId)).memory_mb,
    },
  };
}

const FILTERS = ["all", "active", "idle", "busy"] as const;

export const agentList = defineTool({
  name: "agent_list",
  description: "Lists the agents of the swarm.",
  effect: "reads",
  input: z.object({ filter: z.enum(FILTERS).default("all") }).strict(),
  output: z.object({ total_agents: z.int(), agents: z.array(z.unknown()) }).loose(),
  async call({ filter }, { swarm, state }) {
    const opened = await swarm.found();
    const all = opened === undefined ? [] : await opened.session.client.agents();
    const wanted = all.filter((agent) => {
      if (filter === "all") return true;
      return statusOf(agent) === (filter === "idle" ? "idle" : "busy");
    });
    const agents = wanted.map((agent) => agentFacts(agent, state));
    return { data: { total_agents: agents.length, filter_applied: filter, agents } };
  },
});

const METRICS = ["all", "cpu", "memory", "tasks", "performance"] as const;

export const agentMetrics = defineTool({
  name: "agent_metrics",
  description:
    "What agents used and did, counted from the events of the newest 20 runs; what is not known is null.",
  effect: "reads",
  input: z
    .object({ agentId: z.string().optional(), metric: z.enum(METRICS).default("all") })
    .strict(),
  output: z.object({ total_agents: z.int(), agents: z.array(z.unknown()) }).loose(),
  async call({ agentId, metric }, context) {
    return { data: await metricsOf({ agentId, metric }, context) };
  },
});

/** @throws SwarmError `invalid-input` for an agent that is not there */
export async function metricsOf(
  {
    agentId,
    metric,
  }: { readonly agentId: string | undefined; readonly metric: (typeof METRICS)[number] },
  context: ToolContext,
) {
  const opened = await context.swarm.found();
  const all = opened === undefined ? [] : await opened.session.client.agents();
  const agents = agentId === undefined ? all : [agentNamed(agentId, all)];
  const done =
    opened === undefined ? new Map<string, Work>() : await workOf(opened.session.client, context);
  const rows = agents.map((agent): JsonObject => {
    const { memory_mb, cpu_ms } = usageOf(context.swarm.pids.get(agent.agent));
    const work = done.get(agent.agent) ?? { succeeded: 0, failed: 0, busyMs: 0 };
    const ended = work.succeeded + work.failed;
    const parts: Record<Exclude<typeof metric, "all">, JsonObject> = {
      cpu: { cpu_time_ms: cpu_ms },
      memory: { memory_usage_mb: memory_mb },
      tasks: { ...agent.busy, succeeded: work.succeeded, failed: work.failed },
      performance: {
        task_completion_rate: ended === 0 ? null : work.succeeded / ended,
        avg_response_time_ms: work.succeeded === 0 ? null : work.busyMs / work.succeeded,
      },
    };
    const { id, name, type, status } = agentFacts(agent, context.state);
    return {
      ...{ agent_id: id ?? null, agent_name: name ?? null, agent_type: type ?? null },
      ...{ swarm_id: opened?.id ?? null, status: status ?? null },
      ...(metric === "all" ? parts : { [metric]: parts[metric] }),
    };
  });
  return {
    total_agents: rows.length,
    metric_type: metric,
    timestamp: new Date().toISOString(),
    agents: rows,
    summary: { active_agents: agents.filter((agent) => statusOf(agent) === "busy").length },
  };
}

/** @throws SwarmError `invalid-input` */
export function agentNamed(agentId: string, agents: readonly Heartbeat[]): Heartbeat {
  const found = agents.find(({ agent }) => agent === agentId);
  if (found !== undefined) return found;
  const known = agents.map(({ agent }) => agent);
  throw new SwarmError(
    "invalid-input",
    `no agent is called ${JSON.stringify(agentId).slice(0, 80)}`,
    {
      hint: known.length === 0 ? "none runs" : didYouMean(agentId, known),
    },
  );
}

interface Work {
  readonly succeeded: number;
  readonly failed: number;
  /** Of the tasks that succeeded. */
  readonly busyMs: number;
}

type Client = Parameters<typeof newestRuns>[0];

async function workOf(client: Client, context: ToolContext): Promise<ReadonlyMap<string, Work>> {
  const signal = answerSignal(context);
  const done = new Map<string, Work>();
  for (const { run } of await newestRuns(client, signal, COUNTED_RUNS)) {
    for (const event of await client.history(run, signal)) count(event, done);
  }
  return done;
}

function count({ type, data }: PublishedEvent, done: Map<string, Work>): void {
  const { agent, durationMs } = data;
  if (typeof agent !== "string") return;
  const { succeeded, failed, busyMs } = done.get(agent) ?? { succeeded: 0, failed: 0, busyMs: 0 };
  if (type === "task.succeeded")
    done.set(agent, { succeeded: succeeded + 1, failed, busyMs: busyMs + Number(durationMs) });
  if (type === "task.failed") done.set(agent, { succeeded, failed: failed + 1, busyMs });
}
