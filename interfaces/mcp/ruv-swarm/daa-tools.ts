import { z } from "zod";
import { SwarmError } from "../../../core/errors.ts";
import { isToken } from "../../../core/ids.ts";
import { didYouMean } from "../../../language/nearest.ts";
import { compiled, installedHere, jobOf } from "../jobs.ts";
import { defineTool } from "../tool.ts";
import { metricsOf, spawn } from "./agent-tools.ts";
import { learnedFacts } from "./neural-tools.ts";
import { cascadeOf, noModel, promptStep, stepOf, type TaskStep } from "./task-plan.ts";
import { TASK_STRATEGIES, worldOf } from "./task-tools.ts";

export const daaAgentCreate = defineTool({
  name: "daa_agent_create",
  description: "As agent_spawn; id is a label.",
  effect: "adds",
  input: z
    .object({
      id: z.string().min(1).max(100),
      capabilities: z.array(z.string().max(100)).max(50).default([]),
    })
    .strict(),
  output: z.object({ agent: z.unknown() }).loose(),
  async call({ id, capabilities }, context) {
    return { data: await spawn({ type: "", name: id, capabilities }, context) };
  },
});

const MOST_STEPS = 50;
const step = z.union([z.string(), z.strictObject({ id: z.string(), task: z.string() })]);

export const daaWorkflowCreate = defineTool({
  name: "daa_workflow_create",
  description:
    "Makes a cascade of steps in the words of task_orchestrate, kept while this server runs. dependencies: {step: [steps]}; a step without an id is step1, step2…",
  effect: "adds",
  input: z
    .object({
      id: z.string(),
      name: z.string().max(100),
      steps: z.array(step).min(1).max(MOST_STEPS),
      dependencies: z.record(z.string(), z.array(z.string())).default({}),
      strategy: z.enum(TASK_STRATEGIES).default("adaptive"),
    })
    .strict(),
  output: z.object({ workflow_id: z.string(), message: z.string() }).loose(),
  async call({ id, name, steps, dependencies, strategy }, context) {
    const installed = await installedHere(context);
    const world = await worldOf(installed, context);
    const named = steps.map((each, at) =>
      typeof each === "string" ? { id: `step${at + 1}`, task: each } : each,
    );
    refuseUnknownSteps(
      dependencies,
      named.map((each) => each.id),
    );
    const planned = named.map(({ id: stepId, task }): TaskStep => {
      if (!/^[A-Za-z]\w{0,40}$/.test(stepId))
        throw new SwarmError("invalid-input", `the step id ${JSON.stringify(stepId)} is no name`);
      const found = stepOf(task, stepId, world);
      if (found === undefined && !world.hasModel) throw noModel();
      const needs = Object.hasOwn(dependencies, stepId) ? dependencies[stepId] : undefined;
      return { ...(found ?? promptStep(task, stepId)), ...(needs === undefined ? {} : { needs }) };
    });
    const cascade = isToken(name) ? name : "workflow";
    const made = cascadeOf(cascade, planned, { strategy, swarm: context.state.settings });
    const definition = JSON.stringify(made.definition);
    const plan = compiled(definition, id, installed);
    await jobOf({ plan, definition }, made.inputs, context.directory);
    context.state.workflows.set(id, { definition, inputs: made.inputs });
    const data = { workflow_id: id, name, total_steps: steps.length, strategy, dependencies };
    return { data: { ...data, message: "daa_workflow_execute runs it" } };
  },
});

function refuseUnknownSteps(
  dependencies: Readonly<Record<string, readonly string[]>>,
  known: readonly string[],
): void {
  for (const name of Object.entries(dependencies).flatMap(([key, needs]) => [key, ...needs])) {
    if (known.includes(name)) continue;
    throw new SwarmError("invalid-input", `there is no step ${JSON.stringify(name)}`, {
      hint: didYouMean(name, known),
    });
  }
}

export const daaWorkflowExecute = defineTool({
  name: "daa_workflow_execute",
  description: "Runs a workflow that daa_workflow_create made, and answers its run id.",
  effect: "changes",
  input: z.object({ workflowId: z.string() }).strict(),
  output: z.object({ workflow_id: z.string(), execution_id: z.string() }).loose(),
  async call({ workflowId }, context) {
    const workflow = context.state.workflows.get(workflowId);
    if (workflow === undefined) {
      const known = [...context.state.workflows.keys()];
      const shown = JSON.stringify(workflowId).slice(0, 80);
      throw new SwarmError("unknown-cascade", `no workflow is called ${shown}`, {
        hint: known.length === 0 ? "daa_workflow_create makes one" : didYouMean(workflowId, known),
      });
    }
    const { definition, inputs } = workflow;
    const plan = compiled(definition, workflowId, await installedHere(context));
    const job = await jobOf({ plan, definition }, inputs, context.directory);
    const { runId } = await (await context.swarm.client()).submit(job);
    return {
      data: {
        ...{ workflow_id: workflowId, execution_id: runId, status: "accepted" },
        message: `task_status and run_status tell how ${runId} stands`,
      },
    };
  },
});

export const daaLearningStatus = defineTool({
  name: "daa_learning_status",
  description: "As neural_status.",
  effect: "reads",
  input: z.object({ agentId: z.string().optional() }).strict(),
  output: z.object({ message: z.string() }).loose(),
  async call({ agentId }, context) {
    return { data: await learnedFacts(agentId, context) };
  },
});

export const daaPerformanceMetrics = defineTool({
  name: "daa_performance_metrics",
  description: "As agent_metrics, of all agents.",
  effect: "reads",
  input: z.object({ category: z.enum(["all", "system", "performance"]).default("all") }).strict(),
  output: z.object({ agents: z.array(z.unknown()) }).loose(),
  async call({ category }, context) {
    const metric = ({ all: "all", system: "memory", performance: "performance" } as const)[
      category
    ];
    return { data: await metricsOf({ agentId: undefined, metric }, context) };
  },
});

/** Names of ruv-swarm that stand for nothing here: why, by name. They are not listed, and refused when called. */
const REFUSED: Readonly<Record<string, string>> = {
  daa_init: "there is no service to begin: the swarm is there as soon as a tool needs it",
  daa_agent_adapt:
    "agents do not change by feedback in words; what they do is learned from outcomes of tasks",
  daa_knowledge_share:
    "agents share no knowledge by order; stages share values by the memory, see the tool memory",
  daa_cognitive_pattern: "agents have no cognitive patterns",
  daa_meta_learning: "nothing is learned across domains; outcomes are kept by agent and skill",
};

export function refusalOf(name: string): SwarmError | undefined {
  const reason: string | undefined = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
  return reason === undefined ? undefined : new SwarmError("not-supported", `${name}: ${reason}`);
}
