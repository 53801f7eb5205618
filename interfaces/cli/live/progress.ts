import type { PublishedEvent } from "../../../bus/messages.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Plan } from "../../../core/plan.ts";
import { type FindingProgress, NO_FINDINGS, withFindings } from "./finding-progress.ts";

/** What is known of a run while it goes on: folded from its events, and from log lines of the swarm's processes. */
export interface Progress {
  readonly cascade: string;
  /** Undefined until `run.started`. */
  readonly run: string | undefined;
  /** Wall time of `run.started`; undefined while the swarm starts. */
  readonly startedAtMs: number | undefined;
  readonly stages: readonly StageProgress[];
  /** Sorted by name. */
  readonly agents: readonly AgentProgress[];
  /** Whether log lines tell who took which task: without them nobody knows who is free. */
  readonly isHeard: boolean;
  readonly findings: FindingProgress;
  /** Attempts that failed and are made again. */
  readonly retried: number;
  /** The last thing that the swarm said of its start. */
  readonly note: string;
}

export interface StageProgress {
  readonly id: string;
  readonly skills: readonly string[];
  readonly status: "waiting" | "running" | "succeeded" | "failed" | "skipped" | "paused";
  /** What a paused stage waits for, in words. */
  readonly waitsFor?: string;
  /** What the cache had for it, in words. */
  readonly cache?: string;
  /** Undefined until the stage has started: a fan-out is as wide as its data. */
  readonly tasks: number | undefined;
  readonly succeeded: number;
}

export interface AgentProgress {
  readonly agent: string;
  /** Tasks of this run that it has done. */
  readonly tasks: number;
  /** What it works on; one task when it has several. */
  readonly at: TaskPlace | undefined;
}

export interface TaskPlace {
  readonly run: string;
  readonly stage: string;
  readonly index: number;
}

export function newProgress(plan: Plan): Progress {
  return {
    cascade: plan.cascade,
    run: undefined,
    startedAtMs: undefined,
    stages: plan.stages.map(({ id, skills }) => ({
      id,
      skills: skills.map(({ skill }) => skill),
      status: "waiting",
      tasks: undefined,
      succeeded: 0,
    })),
    agents: [],
    isHeard: false,
    findings: NO_FINDINGS,
    retried: 0,
    note: "",
  };
}

/** The progress after a run's next event. Pure. */
export function advance(progress: Progress, event: PublishedEvent): Progress {
  const { run, type, atMs, data } = event;
  switch (type) {
    case "run.started":
      return { ...progress, run, startedAtMs: atMs };
    case "stage.started":
      return ofStage(progress, data, () => ({ status: "running", tasks: Number(data["tasks"]) }));
    case "stage.succeeded":
      return ofStage(progress, data, () => ({ status: "succeeded" }));
    case "stage.reused":
      return ofStage(progress, data, () => ({ status: "succeeded", ...cacheOf(data) }));
    case "cache.missed":
      return ofStage(progress, data, () => ({ cache: `not cached: ${String(data["why"])}` }));
    case "stage.paused":
      return ofStage(progress, data, () => ({ status: "paused", waitsFor: waitOf(data) }));
    case "stage.skipped":
      return ofStage(progress, data, () => ({ status: "skipped" }));
    case "stage.failed":
      return ofStage(progress, data, () => ({ status: "failed" }));
    case "task.succeeded":
      return taskSucceeded(progress, event);
    case "task.failed": {
      const freed = freeAgent(progress, placeOfEvent(event));
      return data["retryAtMs"] === undefined ? freed : { ...freed, retried: freed.retried + 1 };
    }
    default:
      return progress;
  }
}

function cacheOf({ cached, from }: JsonObject): Pick<StageProgress, "cache"> {
  return cached === true ? { cache: `CACHED from ${String(from)}` } : {};
}

function waitOf({ for: what, message, signal }: JsonObject): string {
  if (what === "signal") return `the signal ${String(signal)}`;
  return what === "approval" ? `an approval: ${String(message)}` : "its time";
}

/** The progress after a log line of the swarm: who is there, and who took which task. Pure. */
export function hear(progress: Progress, line: JsonObject): Progress {
  const { event, agentId } = line;
  if (typeof agentId === "string") {
    if (event === "agent.joined") return ofAgent(progress, agentId, (agent) => agent);
    if (event === "task.accepted") {
      const at = placeOf(line);
      if (at === undefined) return progress;
      return { ...ofAgent(progress, agentId, (agent) => ({ ...agent, at })), isHeard: true };
    }
    if (event === "task.succeeded" || event === "task.failed") {
      return freeAgent(progress, placeOf(line)); // of other runs there are no events here
    }
    if (event === "agent.lost") {
      return { ...progress, agents: progress.agents.filter(({ agent }) => agent !== agentId) };
    }
  }
  const note = progress.startedAtMs === undefined ? noteOf(line) : undefined;
  return note === undefined ? progress : { ...progress, note };
}

/** What a log line says of a start, in words. */
function noteOf(line: JsonObject): string | undefined {
  const { event, msg } = line;
  if (typeof msg === "string") return msg;
  if (event === "server.ready") return `nats-server ${String(line["version"])} is up`;
  if (event === "process.started") return `${String(line["process"])} starts`;
  return undefined;
}

function placeOf({ runId, stageId, taskId }: JsonObject): TaskPlace | undefined {
  const index = typeof taskId === "string" ? Number(taskId.split("/").at(-1)) : Number.NaN;
  return typeof runId === "string" && typeof stageId === "string" && Number.isInteger(index)
    ? { run: runId, stage: stageId, index }
    : undefined;
}

function placeOfEvent({ run, data }: PublishedEvent): TaskPlace {
  return { run, stage: String(data["stage"]), index: Number(data["index"]) };
}

function taskSucceeded(progress: Progress, event: PublishedEvent): Progress {
  const { data } = event;
  const counted = ofStage(progress, data, ({ succeeded }) => ({ succeeded: succeeded + 1 }));
  const freed = freeAgent(counted, placeOfEvent(event));
  const credited = ofAgent(freed, String(data["agent"]), (agent) => ({
    ...agent,
    tasks: agent.tasks + 1,
  }));
  return { ...credited, findings: withFindings(credited.findings, data["output"]) };
}

function ofStage(
  progress: Progress,
  data: JsonObject,
  change: (stage: StageProgress) => Partial<StageProgress>,
): Progress {
  const stages = progress.stages.map((stage) =>
    stage.id === data["stage"] ? { ...stage, ...change(stage) } : stage,
  );
  return { ...progress, stages };
}

function ofAgent(
  progress: Progress,
  name: string,
  change: (agent: AgentProgress) => AgentProgress,
): Progress {
  const known = progress.agents.find(({ agent }) => agent === name);
  const changed = change(known ?? { agent: name, tasks: 0, at: undefined });
  const agents = [...progress.agents.filter((agent) => agent !== known), changed];
  return { ...progress, agents: agents.sort((a, b) => byName(a.agent, b.agent)) };
}

function freeAgent(progress: Progress, place: TaskPlace | undefined): Progress {
  const agents = progress.agents.map((agent) =>
    agent.at?.run === place?.run &&
    agent.at?.stage === place?.stage &&
    agent.at?.index === place?.index
      ? { ...agent, at: undefined }
      : agent,
  );
  return { ...progress, agents };
}

const byName = new Intl.Collator("en", { numeric: true }).compare;
