import { LIMITS } from "../core/limits.ts";
import { MODEL_FEATURES } from "../core/model.ts";
import type { PlanStage, RetryPolicy } from "../core/plan.ts";
import { type CascadeSettings, isModelSwitch } from "./cascade-settings.ts";
import { DURATION_FORM, parseDuration } from "./duration.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { WorkSyntax } from "./schema.ts";

const DEFAULT_TIMEOUT_MS = 600_000;
const DEFAULT_RETRIES = 3;
const DEFAULT_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/** Of stages that the coordinator carries out itself. */
export const NO_RETRY: RetryPolicy = { maxAttempts: 1, backoffMs: 0, maxBackoffMs: 0 };

export function retryOf(
  work: WorkSyntax,
  { path, settings }: { readonly path: Path; readonly settings: CascadeSettings },
  reporter: Reporter,
): RetryPolicy {
  const handling = work.error_handling;
  const fails = handling === undefined ? !settings.triesAgain : handling.strategy === "fail";
  const { max_retries: most, escalate_after: attempts } = handling ?? {};
  if (attempts !== undefined && (most !== undefined || fails)) {
    const other = fails ? "`strategy: fail`" : "`max_retries`";
    const message = `\`escalate_after\` says how often a task is tried, and so does ${other}`;
    reporter.report("invalid-cascade", message, [...path, "error_handling", "escalate_after"]);
  }
  const asked = attempts === undefined ? DEFAULT_RETRIES : attempts - 1;
  const retries = fails ? 0 : (most ?? asked);
  const place = [...path, "error_handling", "backoff"];
  const backoffMs = durationOf(handling?.backoff, DEFAULT_BACKOFF_MS, place, reporter);
  return {
    maxAttempts: retries + 1,
    backoffMs,
    maxBackoffMs: Math.max(LONGEST_BACKOFF_MS, backoffMs),
  };
}

/** What a person is asked when a stage has failed for good: a text, or true for one of ours. Undefined: nobody is asked. */
export function escalationOf(
  work: WorkSyntax,
  settings: CascadeSettings,
): string | true | undefined {
  const handling = work.error_handling;
  if (handling === undefined) return settings.escalates ? true : undefined;
  const { escalate, escalate_after: attempts, strategy } = handling;
  if (escalate === false) return undefined;
  if (escalate !== undefined) return escalate;
  return attempts !== undefined || strategy === "escalate" ? true : undefined;
}

/** Which models may answer for the skills of a stage. */
export function modelPolicyOf(
  work: WorkSyntax,
  settings: CascadeSettings,
): Pick<PlanStage, "model" | "features" | "mayLeaveModelRoute"> {
  const model = work.model ?? settings.model;
  const features = MODEL_FEATURES.filter((feature) => work[feature] === true);
  const strategy = work.error_handling?.strategy;
  const mayLeave = strategy === undefined ? settings.switchesModels : isModelSwitch(strategy);
  return {
    ...(model === undefined ? {} : { model }),
    ...(features.length === 0 ? {} : { features }),
    ...(mayLeave ? { mayLeaveModelRoute: true } : {}),
  };
}

export function timeoutOf(work: WorkSyntax, path: Path, reporter: Reporter): number {
  return durationOf(work.timeout, DEFAULT_TIMEOUT_MS, [...path, "timeout"], reporter);
}

export function swarmOf(work: WorkSyntax, path: Path, reporter: Reporter): PlanStage["swarm"] {
  const place = [...path, "swarm_config"];
  if (work.type !== "swarm-parallel") {
    if (work.swarm_config !== undefined) {
      const message = "`swarm_config` belongs to a `swarm-parallel` stage";
      reporter.report("invalid-cascade", message, place);
    }
    return undefined;
  }
  const {
    topology = "mesh",
    strategy = "balanced",
    max_agents: maxAgents = 4,
  } = work.swarm_config ?? {};
  return { topology, maxAgents, strategy };
}

/** How long a pause lasts: its time, or how long a person or a signal is waited for. */
export function pauseOf(
  work: WorkSyntax,
  path: Path,
  reporter: Reporter,
): { readonly ms: number | undefined } {
  const { wait, approve } = work;
  const key = wait === undefined ? "approve" : "wait";
  const written = wait ?? approve;
  const isTime = typeof wait === "string";
  const text = isTime ? wait : typeof written === "object" ? written.timeout : undefined;
  if (text === undefined) return { ms: undefined };
  const place = isTime ? [...path, key] : [...path, key, "timeout"];
  return { ms: durationOf(text, 0, place, reporter, "pauseMs") };
}

/** Milliseconds of a written duration; what is wrong with it is reported. */
export function durationOf(
  text: string | undefined,
  fallbackMs: number,
  path: Path,
  reporter: Reporter,
  limit: "taskTimeoutMs" | "pauseMs" | "memoryTtlMs" | "cacheTtlMs" = "taskTimeoutMs",
): number {
  const mostMs = LIMITS[limit];
  if (text === undefined) return fallbackMs;
  const ms = parseDuration(text);
  if (ms === undefined) {
    const message = `${JSON.stringify(text)} is not a duration`;
    reporter.report("invalid-cascade", message, path, DURATION_FORM);
    return fallbackMs;
  }
  if (ms < 1 || ms > mostMs) {
    const message = `${limit}: ${ms} given, 1 to ${mostMs} allowed`;
    const hint = `at least 1ms, at most ${mostMs / 3_600_000}h`;
    reporter.report("limit-exceeded", message, path, hint);
  }
  return ms;
}
