import { z } from "zod";
import type { Job } from "../../../bus/messages.ts";
import { SwarmError } from "../../../core/errors.ts";
import type { Json, JsonObject } from "../../../core/json.ts";
import type { InputSpec } from "../../../core/plan.ts";
import { modelAccess } from "../../../models/environment.ts";
import type { Installed } from "../../cli/installed.ts";
import { endOf } from "../../cli/runs/run-story.ts";
import { compiled, installedHere, jobOf } from "../jobs.ts";
import { answerSignal, eventLine, type KnownRun, knownRun, runIdOf, viewOf } from "../runs.ts";
import { defineTool } from "../tool.ts";
import type { ToolContext } from "../tool-context.ts";
import { newestRuns, TASK_STATUS } from "./swarm-facts.ts";
import { planTask, type TaskPlan, type TaskWorld } from "./task-plan.ts";

export const TASK_STRATEGIES = ["parallel", "sequential", "adaptive"] as const;
const PRIORITIES = ["low", "medium", "high", "critical"] as const;

export const taskOrchestrate = defineTool({
  name: "task_orchestrate",
  description:
    'Carries out a task and answers its id at once. Fixed rules: "write TEXT to FILE"; a skill or cascade named in the text, with key=value inputs; else a model. Lines or semicolons separate steps.',
  effect: "changes",
  input: z
    .object({
      task: z.string().min(1).max(1_000),
      strategy: z.enum(TASK_STRATEGIES).default("adaptive"),
      priority: z.enum(PRIORITIES).default("medium"),
      maxAgents: z.int().min(1).max(10).optional(),
    })
    .strict(),
  output: z.object({ taskId: z.string(), status: z.string(), message: z.string() }).loose(),
  async call({ task, strategy, priority, maxAgents }, context) {
    const startedMs = performance.now();
    const { settings } = context.state;
    const swarm = {
      ...settings,
      maxAgents: Math.min(settings.maxAgents, maxAgents ?? Number.POSITIVE_INFINITY),
    };
    const installed = await installedHere(context);
    const plan = planTask(task, { strategy, swarm }, await worldOf(installed, context));
    const job = await jobFor(plan, installed, context.directory);
    const { id, session } = await context.swarm.open();
    const { runId } = await session.client.submit(job);
    const agents = await session.client.agents();
    return {
      data: {
        taskId: runId,
        status: "orchestrated",
        description: task,
        priority,
        strategy,
        assigned_agents: [],
        swarm_info: { id, active_agents: agents.length },
        orchestration: {
          carried_out_by: plan.by,
          cascade: job.cascade,
          ...(plan.by === "cascade"
            ? {}
            : { topology: swarm.topology, max_agents: swarm.maxAgents }),
          // Runs have no priority: all are begun at once.
          priority_applied: false,
        },
        performance: {
          orchestration_time_ms: Math.round(performance.now() - startedMs),
          estimated_completion_ms: null,
        },
        message: `run ${runId} is accepted; task_status and run_status tell how it stands`,
      },
    };
  },
});

/** What tasks may name. */
export async function worldOf(
  { skills, cascades }: Installed,
  { env }: ToolContext,
): Promise<TaskWorld> {
  const runnable = new Map<string, readonly InputSpec[]>();
  for (const name of await cascades.names()) {
    const plan = await cascades.plan(name).catch((error: unknown) => {
      if (error instanceof SwarmError) return undefined; // it cannot run here
      throw error;
    });
    if (plan !== undefined) runnable.set(name, plan.inputs);
  }
  return {
    cascades: runnable,
    skills: new Map(skills.names().map((name) => [name, skills.find(name)?.inputs ?? []])),
    hasModel: modelAccess(env).providers.length > 0,
  };
}

/** @throws SwarmError when the cascade does not hold, or its inputs do not fit */
async function jobFor(plan: TaskPlan, installed: Installed, directory: string): Promise<Job> {
  if (plan.by === "cascade") {
    const found = { plan: await installed.cascades.plan(plan.cascade) };
    return jobOf(found, plan.inputs, directory);
  }
  const definition = JSON.stringify(plan.definition); // JSON is YAML
  const found = { plan: compiled(definition, "task", installed), definition };
  return jobOf(found, plan.inputs, directory);
}

export const taskStatus = defineTool({
  name: "task_status",
  description: "Tells how a task stands; without taskId, the newest tasks.",
  effect: "reads",
  input: z.object({ taskId: z.string().optional(), detailed: z.boolean().default(false) }).strict(),
  output: z.object({}).loose(),
  async call({ taskId, detailed }, context) {
    const client = await context.swarm.client();
    const signal = answerSignal(context);
    if (taskId === undefined) {
      const runs = await newestRuns(client, signal);
      const tasks = runs.map(({ run, first, last }) => ({
        id: run,
        description: first.data["cascade"] ?? null,
        status: TASK_STATUS[endOf(last).status],
      }));
      return { data: { total_tasks: tasks.length, tasks } };
    }
    const known = await knownRun(client, runIdOf(taskId), signal);
    const { stages, status, startedAtMs, endedAtMs } = known.story;
    const over = stages.filter((stage) => /^(succeeded|failed|skipped)$/.test(stage.status)).length;
    return {
      data: {
        id: taskId,
        status: TASK_STATUS[status],
        assignedAgents: agentsOf(known),
        progress: status === "succeeded" || stages.length === 0 ? 1 : over / stages.length,
        execution_time_ms: (endedAtMs ?? Date.now()) - startedAtMs,
        ...(detailed ? { stages: viewOf(known).stages } : {}),
      },
    };
  },
});

function agentsOf({ story }: KnownRun): string[] {
  return [...new Set(story.stages.flatMap((stage) => stage.agents))].sort();
}

const FORMATS = ["summary", "detailed", "raw"] as const;
const MOST_AGENT_RESULTS = 50;

export const taskResults = defineTool({
  name: "task_results",
  description: "What a task resulted in; detailed adds each agent's outputs, raw the events.",
  effect: "reads",
  input: z.object({ taskId: z.string(), format: z.enum(FORMATS).default("summary") }).strict(),
  output: z.object({ task_id: z.string(), status: z.string(), final_result: z.unknown() }).loose(),
  async call({ taskId, format }, context) {
    const client = await context.swarm.client();
    const known = await knownRun(client, runIdOf(taskId), answerSignal(context));
    const { story, events } = known;
    const { status, startedAtMs, endedAtMs, error } = story;
    const view = viewOf(known);
    const outcomes = events.filter(({ type }) => type === "task.succeeded");
    const summary: JsonObject = {
      task_id: taskId,
      task_description: story.cascade,
      status: TASK_STATUS[status],
      swarm_id: (await context.swarm.open()).id,
      assigned_agents: agentsOf(known),
      created_at: new Date(startedAtMs).toISOString(),
      completed_at: endedAtMs === undefined ? null : new Date(endedAtMs).toISOString(),
      execution_time_ms: view.durationMs,
      execution_summary: {
        status: TASK_STATUS[status],
        duration_ms: view.durationMs,
        success: status === "running" ? null : status === "succeeded",
        error_message: error?.message ?? null,
        agents_involved: agentsOf(known).length,
        result_entries: outcomes.length,
      },
      error_details: error === undefined ? null : { code: error.code, message: error.message },
    };
    const data = {
      ...summary,
      task_id: taskId,
      status: TASK_STATUS[status],
      final_result: view.output,
    };
    if (format === "summary") return { data };
    if (format === "raw") return { data: { ...data, events: events.map(eventLine) } };
    const results: Json[] = [];
    for (const event of outcomes.slice(0, MOST_AGENT_RESULTS)) {
      results.push({
        agent_id: event.data["agent"] ?? null,
        stage: event.data["stage"] ?? null,
        output: await client.outputOf(event),
        metrics: { execution_time_ms: event.data["durationMs"] ?? null },
        timestamp: new Date(event.atMs).toISOString(),
      });
    }
    return { data: { ...data, agent_results: results } };
  },
});
