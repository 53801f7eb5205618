import { isAbsolute, relative, resolve } from "node:path";
import { z } from "zod";
import type { PublishedEvent } from "../../bus/messages.ts";
import { type Client, isOutcome } from "../../coordinator/client.ts";
import { SwarmError } from "../../core/errors.ts";
import { parseRunId, type RunId } from "../../core/ids.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import type { Plan } from "../../core/plan.ts";
import { type RunStory, storyOf } from "../cli/runs/run-story.ts";
import { durationText } from "../cli/runs/time-text.ts";
import type { ToolContext } from "./tool-context.ts";

/** A run as tools tell of it. Times are ISO 8601; what is not known yet is null. */
export const runView = z.object({
  run: z.string(),
  cascade: z.string(),
  status: z.string(),
  startedAt: z.string(),
  durationMs: z.number().nullable(),
  output: z.unknown(),
  error: z.unknown(),
  stages: z.array(z.unknown()),
});
export type RunView = z.input<typeof runView>;

/** How long a question to the swarm may wait for its answer. */
export const ANSWER_TIMEOUT_MS = 15_000;
/** A larger output is read as a resource: a model's context is not the place for it. */
const MOST_OUTPUT_BYTES = 24_000;

/** The signal of a question to the swarm. */
export function answerSignal({ signal }: Pick<ToolContext, "signal">): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
}

/** @throws SwarmError `unknown-run` for what cannot be the id of a run */
export function runIdOf(text: string): RunId {
  try {
    return parseRunId(text);
  } catch (error) {
    const shown = JSON.stringify(text).slice(0, 80);
    throw new SwarmError("unknown-run", `no run is called ${shown}`, { cause: error });
  }
}

/** Everything about a run. */
export interface KnownRun {
  readonly plan: Plan;
  readonly events: readonly PublishedEvent[];
  readonly story: RunStory;
  /** Undefined while there is none. */
  readonly output: Json | undefined;
}

/** @throws SwarmError `unknown-run` */
export async function knownRun(client: Client, run: RunId, signal: AbortSignal): Promise<KnownRun> {
  const events = await client.history(run, signal);
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined)
    throw new SwarmError("unknown-run", `nothing is stored of ${run}`);
  const plan = await client.planOf(first);
  const output = last.type === "run.succeeded" ? await client.outputOf(last) : undefined;
  return { plan, events, story: storyOf(plan, events), output };
}

export function viewOf({ story, output }: KnownRun): RunView {
  const { run, cascade, status, startedAtMs, endedAtMs, stages, error } = story;
  return {
    run,
    cascade,
    status,
    startedAt: new Date(startedAtMs).toISOString(),
    durationMs: endedAtMs === undefined ? null : endedAtMs - startedAtMs,
    output: shownOutput(run, output),
    error: error ?? null,
    stages: stages.map((stage) => ({
      id: stage.id,
      status: stage.status,
      skills: stage.skills,
      tasks: stage.tasks ?? null,
      succeeded: stage.succeeded,
      attempts: stage.attempts,
      agents: stage.agents,
      durationMs:
        stage.startedAtMs === undefined || stage.endedAtMs === undefined
          ? null
          : stage.endedAtMs - stage.startedAtMs,
      ...(stage.waitsFor === undefined ? {} : { waitsFor: stage.waitsFor }),
      ...(stage.error === undefined ? {} : { error: stage.error }),
    })),
  };
}

/** An output that is small enough, else where it can be read. */
function shownOutput(run: string, output: Json | undefined): Json {
  if (output === undefined) return null;
  const bytes = Buffer.byteLength(JSON.stringify(output));
  return bytes <= MOST_OUTPUT_BYTES
    ? output
    : { omitted: true, bytes, resource: `cascade://runs/${run}/output` };
}

export function runText({ run, cascade, status, durationMs, error }: RunView): string {
  const took = durationMs === null ? "" : ` in ${durationText(durationMs)}`;
  const failure = error as { readonly code?: string; readonly message?: string } | null;
  const why = failure === null ? "" : `\n${failure.code}: ${failure.message}`;
  return `${cascade} ${status}${took}, run ${run}${why}`;
}

/** Follows a run until it ends, or for so long; answers whether it has ended. */
export async function waitForEnd(
  client: Client,
  run: RunId,
  timeoutMs: number,
  { signal, progress }: Pick<ToolContext, "signal" | "progress">,
): Promise<boolean> {
  const late = AbortSignal.timeout(timeoutMs);
  let ended = 0;
  let stages: number | undefined;
  try {
    for await (const event of client.watch(run, AbortSignal.any([signal, late]))) {
      if (event.type === "run.started") stages = (await client.planOf(event)).stages.length;
      if (endsStage(event)) ended += 1;
      progress(ended, stages, describe(event));
      if (isOutcome(event)) return true;
    }
    return true;
  } catch (error) {
    if (late.aborted && !signal.aborted) return false;
    throw error;
  }
}

function endsStage({ type }: PublishedEvent): boolean {
  return /^stage\.(succeeded|failed|skipped|reused)$/.test(type);
}

function describe({ type, data }: PublishedEvent): string {
  const { stage, agent } = data;
  return [type, stage, agent].filter((part) => typeof part === "string").join(" ");
}

/** An event as a line of a log, without what was given and made. */
export function eventLine({ run, n, atMs, type, data }: PublishedEvent): JsonObject {
  const { output, outputs, inputs, values, value, ...facts } = data;
  void [output, outputs, inputs, values, value];
  return { n, time: new Date(atMs).toISOString(), event: type, run, ...facts };
}

/**
 * A path that a model gave, made absolute.
 * @throws SwarmError `not-allowed` when it leads out of the directory: what it is used for may write there
 */
export function pathInside(directory: string, given: string): string {
  const path = resolve(directory, given);
  const way = relative(directory, path);
  if (way === "" || !(way === ".." || way.startsWith("../") || isAbsolute(way))) return path;
  throw new SwarmError("not-allowed", `${given} is outside of the directory of this server`, {
    hint: `it may work in ${directory} only; start a server in the other directory`,
  });
}
