import { z } from "zod";
import type { Learned } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import { defineTool } from "../tool.ts";
import type { ToolContext } from "../tool-context.ts";
import { agentNamed } from "./agent-tools.ts";

const NO_DATA =
  "no data: nothing is learned yet. Outcomes of tasks are, as they happen, and the strategy adaptive goes by them";

export const neuralStatus = defineTool({
  name: "neural_status",
  description:
    "What was learned from outcomes of tasks, by agent and skill. There are no neural networks.",
  effect: "reads",
  input: z.object({ agentId: z.string().optional() }).strict(),
  output: z.object({ available: z.boolean(), message: z.string() }).loose(),
  async call({ agentId }, context) {
    return { data: await learnedFacts(agentId, context) };
  },
});

/** What strategies know of agents, or of one. @throws SwarmError `invalid-input` for an agent that is not there */
export async function learnedFacts(agentId: string | undefined, { swarm }: ToolContext) {
  const opened = await swarm.found();
  const client = opened?.session.client;
  const all = (await client?.learned()) ?? [];
  if (agentId !== undefined && !all.some(({ agent }) => agent === agentId))
    agentNamed(agentId, (await client?.agents()) ?? []);
  const rows = all.filter(({ agent }) => agentId === undefined || agent === agentId).map(asRow);
  const message = rows.length === 0 ? NO_DATA : `${rows.length} pairs of an agent and a skill`;
  return { available: rows.length > 0, message, kind: "outcome statistics", learned: rows };
}

function asRow({ agent, skill, measurement }: Learned) {
  const { succeeded, failed, meanLogMs } = measurement;
  const tried = succeeded + failed;
  return {
    agent,
    skill,
    // Weights, for older outcomes fade.
    succeeded,
    failed,
    success_rate: tried === 0 ? null : succeeded / tried,
    typical_ms: succeeded === 0 ? null : Math.round(Math.exp(meanLogMs) * 10) / 10,
  };
}

export const neuralTrain = defineTool({
  name: "neural_train",
  description:
    "Refused: nothing can be trained by order. Agents are learned about by what they do.",
  effect: "reads",
  input: z
    .object({ agentId: z.string().optional(), iterations: z.int().min(1).max(100).default(10) })
    .strict(),
  output: z.object({}).loose(),
  async call() {
    throw new SwarmError("not-supported", "there is no neural network that could be trained", {
      hint: "outcomes of real tasks are learned as they happen; neural_status shows them, and swarm_init with the strategy adaptive uses them",
    });
  },
});

const PATTERNS = [
  "all",
  "convergent",
  "divergent",
  "lateral",
  "systems",
  "critical",
  "abstract",
] as const;

export const neuralPatterns = defineTool({
  name: "neural_patterns",
  description:
    "Which agent does best at each skill, from outcomes of tasks. Cognitive patterns are refused.",
  effect: "reads",
  input: z.object({ pattern: z.enum(PATTERNS).default("all") }).strict(),
  output: z.object({ message: z.string(), patterns: z.array(z.unknown()) }).loose(),
  async call({ pattern }, context) {
    if (pattern !== "all") {
      throw new SwarmError("not-supported", `agents have no cognitive pattern such as ${pattern}`, {
        hint: "pattern all shows what was learned of them",
      });
    }
    const { learned, message } = await learnedFacts(undefined, context);
    const skills = [...new Set(learned.map(({ skill }) => skill))].sort();
    const patterns = skills.map((skill) => {
      const rows = learned.filter((row) => row.skill === skill).sort(byMerit);
      return { skill, best: rows[0]?.agent ?? null, agents: rows };
    });
    return { data: { message, patterns } };
  },
});

type Row = ReturnType<typeof asRow>;

function byMerit(a: Row, b: Row): number {
  const rate = (b.success_rate ?? 0) - (a.success_rate ?? 0);
  return rate !== 0 ? rate : (a.typical_ms ?? 0) - (b.typical_ms ?? 0);
}
