import type { Json, JsonObject } from "../../../core/json.ts";
import type { Failure, ModelUse, RunPageEvent } from "./run-event.ts";

export type RunStatus = "running" | "succeeded" | "failed" | "cancelled";
export type StageStatus =
  | "waiting"
  | "running"
  | "paused"
  | "succeeded"
  | "reused"
  | "failed"
  | "skipped"
  /** The run ended before it did. */
  | "stopped";

/** One try at a task. Times are epoch milliseconds. */
export interface AttemptState {
  readonly stage: string;
  readonly index: number;
  readonly attempt: number;
  readonly offeredMs: number;
  status: "running" | "succeeded" | "failed";
  /** When an agent began: known when it has succeeded. */
  startedMs?: number;
  endedMs?: number;
  agent?: string;
  /** The peer that handed the task over. */
  from?: string;
  failure?: Failure;
  retryAtMs?: number;
  model?: ModelUse;
}

export interface StageState {
  readonly id: string;
  status: StageStatus;
  /** Undefined for a stage that has not started, or that has no tasks. */
  tasks?: number;
  succeeded: number;
  /** Tasks that have failed for good. */
  failed: number;
  /** In the order in which they were offered. */
  readonly attempts: AttemptState[];
  startedMs?: number;
  endedMs?: number;
  failure?: Failure;
  skippedFor?: string;
  reusedFrom?: string;
  waitsFor?: {
    readonly what: "time" | "approval";
    readonly message?: string;
    readonly untilMs?: number;
  };
  hasOutput: boolean;
  costUsd: number;
}

/**
 * What happened to a run, kept up to date event by event: the page, the server and the tests fold with it. Events that were applied
 * before are passed over, so that a stream may begin again anywhere.
 */
export class RunFold {
  status: RunStatus = "running";
  startedMs = 0;
  endedMs: number | undefined;
  failure: Failure | undefined;
  reason: string | undefined;
  directory = "";
  rerunOf: string | undefined;
  hasOutput = false;
  isCancelAsked = false;
  costUsd = 0;
  /** Of the last event that was applied. */
  n = 0;
  readonly stages = new Map<string, StageState>();
  readonly #latest = new Map<string, AttemptState>();

  /** @param stages ids of all stages of the plan, in its order */
  constructor(stages: readonly string[] = []) {
    for (const id of stages) this.#stage(id);
  }

  apply({ n, atMs, type, data }: RunPageEvent): void {
    if (n <= this.n) return;
    this.n = n;
    if (type.startsWith("run.") || type === "cancel.requested") this.#applyToRun(type, atMs, data);
    else if (typeof data["stage"] === "string") {
      const stage = this.#stage(data["stage"]);
      if (type.startsWith("task.")) this.#applyToTask(stage, type, atMs, data);
      else applyToStage(stage, type, atMs, data);
    }
  }

  #applyToRun(type: string, atMs: number, data: JsonObject): void {
    switch (type) {
      case "run.started":
        this.startedMs = atMs;
        this.directory = String(data["directory"] ?? "");
        if (typeof data["rerunOf"] === "string") this.rerunOf = data["rerunOf"];
        return;
      case "cancel.requested":
        this.isCancelAsked = true;
        return;
      case "run.succeeded":
        this.hasOutput = true;
        this.status = "succeeded";
        break;
      case "run.failed":
        this.failure = failureIn(data["error"]);
        this.status = "failed";
        break;
      case "run.cancelled":
        this.reason = String(data["reason"]);
        this.status = "cancelled";
        break;
      default:
        return;
    }
    this.endedMs = atMs;
    for (const stage of this.stages.values()) {
      if (stage.status === "running" || stage.status === "paused") stage.status = "stopped";
    }
  }

  #applyToTask(stage: StageState, type: string, atMs: number, data: JsonObject): void {
    const [index, attempt] = [Number(data["index"]), Number(data["attempt"])];
    const key = `${stage.id}/${index}`;
    if (type === "task.offered") {
      const known = this.#latest.get(key);
      if (known?.attempt === attempt && known.status === "running") return;
      const tried: AttemptState = {
        stage: stage.id,
        index,
        attempt,
        offeredMs: atMs,
        status: "running",
      };
      stage.attempts.push(tried);
      this.#latest.set(key, tried);
      return;
    }
    const tried = this.#latest.get(key);
    if (tried === undefined || (type !== "task.succeeded" && type !== "task.failed")) return;
    tried.endedMs = atMs;
    if (typeof data["agent"] === "string") tried.agent = data["agent"];
    if (typeof data["from"] === "string") tried.from = data["from"];
    if (type === "task.succeeded") {
      tried.status = "succeeded";
      tried.startedMs = Math.max(tried.offeredMs, atMs - Number(data["durationMs"] ?? 0));
      stage.succeeded += 1;
      stage.hasOutput = true;
      const model = modelIn(data["model"]);
      if (model === undefined) return;
      tried.model = model;
      stage.costUsd += model.costUsd;
      this.costUsd += model.costUsd;
      return;
    }
    tried.status = "failed";
    const failure = failureIn(data["error"]);
    if (failure !== undefined) tried.failure = failure;
    if (typeof data["retryAtMs"] === "number") tried.retryAtMs = data["retryAtMs"];
    else stage.failed += 1;
  }

  #stage(id: string): StageState {
    let stage = this.stages.get(id);
    if (stage === undefined) {
      stage = {
        id,
        status: "waiting",
        succeeded: 0,
        failed: 0,
        attempts: [],
        hasOutput: false,
        costUsd: 0,
      };
      this.stages.set(id, stage);
    }
    return stage;
  }
}

function applyToStage(stage: StageState, type: string, atMs: number, data: JsonObject): void {
  switch (type) {
    case "stage.started":
      Object.assign(stage, { status: "running", tasks: Number(data["tasks"]), startedMs: atMs });
      return;
    case "stage.paused":
      Object.assign(stage, { status: "paused", startedMs: atMs, waitsFor: waitIn(data) });
      return;
    case "stage.reused":
      Object.assign(stage, { status: "reused", reusedFrom: String(data["from"]), hasOutput: true });
      return;
    case "stage.succeeded":
      stage.status = "succeeded";
      if (data["hasOutput"] === true) stage.hasOutput = true;
      break;
    case "stage.failed": {
      stage.status = "failed";
      const failure = failureIn(data["error"]);
      if (failure !== undefined) stage.failure = failure;
      break;
    }
    case "stage.skipped":
      Object.assign(stage, { status: "skipped", skippedFor: String(data["why"]) });
      break;
    default:
      return;
  }
  stage.endedMs = atMs;
  delete stage.waitsFor;
}

function waitIn({ for: what, message, untilMs }: JsonObject): StageState["waitsFor"] {
  return {
    what: what === "approval" ? "approval" : "time",
    ...(typeof message === "string" ? { message } : {}),
    ...(typeof untilMs === "number" ? { untilMs } : {}),
  };
}

export function failureIn(error: Json | undefined): Failure | undefined {
  if (!isObject(error)) return undefined;
  const { code, message, hint } = error;
  const location = isObject(error["location"]) ? error["location"] : {};
  const parts = [location["file"], location["line"], location["column"]];
  const place = parts.filter((part) => part !== undefined).join(":");
  return {
    code: String(code),
    message: String(message),
    ...(typeof hint === "string" ? { hint } : {}),
    place: place === "" ? String(location["pointer"] ?? "") : place,
  };
}

function modelIn(model: Json | undefined): ModelUse | undefined {
  if (!isObject(model)) return undefined;
  const { served, reasons, costUsd } = model;
  return {
    served: String(served),
    reasons: Array.isArray(reasons) ? reasons.map(String) : [],
    costUsd: Number(costUsd ?? 0),
  };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
