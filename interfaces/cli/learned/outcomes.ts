import type { PublishedEvent } from "../../../bus/messages.ts";
import type { Client } from "../../../coordinator/client.ts";
import { SwarmError } from "../../../core/errors.ts";
import { isJsonObject, type Json } from "../../../core/json.ts";
import type { Plan } from "../../../core/plan.ts";
import type { StoredOutcome } from "./evaluation.ts";

export interface OutcomesOfRuns {
  readonly outcomes: readonly StoredOutcome[];
  readonly runs: number;
  /** Runs whose plan is not kept any more: their tasks' skills are not known. */
  readonly withoutPlan: number;
}

/** The outcomes of all attempts of the newest runs, as they are stored. */
export async function readOutcomes(
  client: Pick<Client, "runs" | "history" | "planOf">,
  most: number,
  signal: AbortSignal,
): Promise<OutcomesOfRuns> {
  const plans = new Map<string, Plan | undefined>();
  const outcomes: StoredOutcome[] = [];
  let runs = 0;
  let withoutPlan = 0;
  for await (const { run, first } of client.runs(signal)) {
    runs += 1;
    const digest = String(first.data["plan"]);
    if (!plans.has(digest)) plans.set(digest, await planOf(client, first));
    const plan = plans.get(digest);
    if (plan === undefined) withoutPlan += 1;
    else outcomes.push(...outcomesOf(await client.history(run, signal), plan));
    if (runs === most) break;
  }
  return { outcomes, runs, withoutPlan };
}

async function planOf(
  client: Pick<Client, "planOf">,
  first: PublishedEvent,
): Promise<Plan | undefined> {
  try {
    return await client.planOf(first);
  } catch (error) {
    if (error instanceof SwarmError && error.code === "record-corrupt") return undefined;
    throw error;
  }
}

/**
 * The attempts that strategies learn from, with the skills that the plan names: those of stages with a swarm, but for failures that
 * say nothing of the agent. Pure.
 */
export function outcomesOf(
  events: readonly PublishedEvent[],
  { stages }: Pick<Plan, "stages">,
): readonly StoredOutcome[] {
  return events.flatMap(({ run, type, atMs, data }) => {
    const { stage, index, attempt, agent, durationMs } = data;
    if ((type !== "task.succeeded" && type !== "task.failed") || typeof agent !== "string")
      return [];
    const { skills = [], swarm } = stages.find(({ id }) => id === stage) ?? {};
    const skill = skills[Number(index) % skills.length]?.skill;
    if (skill === undefined || swarm === undefined) return [];
    if (type === "task.failed" && !mayBeRetried(data["error"])) return [];
    const key = `${run}/${String(stage)}/${Number(index)}/${Number(attempt)}`;
    const took = type === "task.succeeded" ? Number(durationMs) : undefined;
    return [{ key, skill, agent, atMs, durationMs: took }];
  });
}

function mayBeRetried(error: Json | undefined): boolean {
  return isJsonObject(error) && error["disposition"] === "retry";
}
