import type { Heartbeat } from "../../../bus/messages.ts";
import type { Client, RunEnds } from "../../../coordinator/client.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { RunStanding } from "../../cli/runs/command.ts";
import { endOf } from "../../cli/runs/run-story.ts";
import type { RuvSwarmState } from "./settings.ts";

/** How many of the newest runs are looked at. */
const LOOKED_AT = 100;

export type AgentStatus = "idle" | "busy" | "draining";

export function statusOf({ status, busy }: Heartbeat): AgentStatus {
  if (status !== "serving") return "draining";
  return busy.light + busy.heavy + busy.sandbox > 0 ? "busy" : "idle";
}

/** An agent under the keys of ruv-swarm; cognitive patterns and networks there are none. `skill_list` names the skills. */
export function agentFacts(agent: Heartbeat, { labels }: RuvSwarmState): JsonObject {
  const label = labels.get(agent.agent);
  return {
    id: agent.agent,
    name: label?.name ?? agent.agent,
    type: label?.type ?? null,
    status: statusOf(agent),
    cognitive_pattern: null,
    capabilities: [...(label?.capabilities ?? [])],
    skills: agent.skills.length,
    neural_network_id: null,
    host: agent.host,
  };
}

export function agentCounts(agents: readonly Heartbeat[]) {
  const active = agents.filter((agent) => statusOf(agent) === "busy").length;
  return {
    total: agents.length,
    active,
    idle: agents.filter((each) => statusOf(each) === "idle").length,
  };
}

/** The newest runs of a swarm, the newest first. */
export async function newestRuns(
  client: Client,
  signal: AbortSignal,
  most = LOOKED_AT,
): Promise<readonly RunEnds[]> {
  const runs: RunEnds[] = [];
  for await (const ends of client.runs(signal)) if (runs.push(ends) === most) break;
  return runs;
}

/** Of the newest runs, which are the tasks of ruv-swarm. */
export function taskCounts(runs: readonly RunEnds[]) {
  const of = (standing: RunStanding): number =>
    runs.filter(({ last }) => endOf(last).status === standing).length;
  const pending = runs.filter(({ last }) => last.type === "run.started").length;
  return {
    total: runs.length,
    pending,
    in_progress: of("running") - pending,
    completed: of("succeeded"),
    failed: of("failed"),
    cancelled: of("cancelled"),
  };
}

/** The words of ruv-swarm for how a run stands. */
export const TASK_STATUS: Readonly<Record<RunStanding, string>> = {
  running: "in_progress",
  succeeded: "completed",
  failed: "failed",
  cancelled: "cancelled",
};
