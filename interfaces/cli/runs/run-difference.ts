import type { PublishedEvent } from "../../../bus/messages.ts";
import { isJsonObject, type Json } from "../../../core/json.ts";
import type { Plan } from "../../../core/plan.ts";
import { type RunStory, type StageStory, storyOf } from "./run-story.ts";

/** One of two runs that are compared. */
export interface ComparedRun {
  readonly plan: Plan;
  readonly events: readonly PublishedEvent[];
  /** By the events that have them; a value that could not be loaded is compared by its hash. */
  readonly outputs: ReadonlyMap<PublishedEvent, Json>;
  readonly inputs: Json;
}

/** Two values that are not the same. `undefined` is what one of them does not have. */
export interface Change<Value> {
  readonly a: Value | undefined;
  readonly b: Value | undefined;
}

/** What two runs do not have in common, and how long both took. */
export interface RunDifference {
  readonly runs: Change<string>;
  readonly cascade: Change<string> | null;
  /** By the sha256 of the plans; null: both went by the same plan. */
  readonly plan: Change<string> | null;
  readonly status: Change<string> | null;
  readonly inputs: Readonly<Record<string, Change<Json>>>;
  readonly durationMs: Change<number | null>;
  /** Null where no task said what it cost, or one did not know. */
  readonly costUsd: Change<number | null>;
  readonly stages: readonly StageDifference[];
  /** Stages that are the same in both. */
  readonly same: readonly string[];
}

export interface StageDifference {
  readonly stage: string;
  readonly status: Change<string> | null;
  readonly error: Change<string> | null;
  readonly tasks: Change<number> | null;
  readonly attempts: Change<number> | null;
  /** Positions of tasks whose outputs differ; a stage without tasks has one, 0. */
  readonly outputs: readonly number[];
  readonly durationMs: Change<number | null>;
  readonly costUsd: Change<number | null>;
}

/** Compares two runs. Pure. */
export function differenceOf(a: ComparedRun, b: ComparedRun): RunDifference {
  const stories = { a: storyOf(a.plan, a.events), b: storyOf(b.plan, b.events) };
  const outputs = { a: outputsOf(a), b: outputsOf(b) };
  const ids = new Set([...stories.a.stages, ...stories.b.stages].map(({ id }) => id));
  const compared = [...ids].map((id) => ({
    id,
    difference: stageDifference(id, stories, outputs),
  }));
  const planOf = ({ events }: ComparedRun): string => String(events[0]?.data["plan"]);
  return {
    runs: { a: stories.a.run, b: stories.b.run },
    cascade: changed(stories.a.cascade, stories.b.cascade),
    plan: changed(planOf(a), planOf(b)),
    status: changed(stories.a.status, stories.b.status),
    inputs: changedInputs(a.inputs, b.inputs),
    durationMs: { a: durationOf(stories.a), b: durationOf(stories.b) },
    costUsd: {
      a: costOf([...outputs.a.values()].flat()),
      b: costOf([...outputs.b.values()].flat()),
    },
    stages: compared.flatMap(({ difference }) => difference ?? []),
    same: compared.flatMap(({ id, difference }) => (difference === undefined ? [id] : [])),
  };
}

type Outputs = ReadonlyMap<string, readonly Json[]>;

function stageDifference(
  id: string,
  stories: { readonly a: RunStory; readonly b: RunStory },
  outputs: { readonly a: Outputs; readonly b: Outputs },
): StageDifference | undefined {
  const find = (story: RunStory): StageStory | undefined =>
    story.stages.find((stage) => stage.id === id);
  const [a, b] = [find(stories.a), find(stories.b)];
  const [outputsA, outputsB] = [outputs.a.get(id) ?? [], outputs.b.get(id) ?? []];
  const difference: StageDifference = {
    stage: id,
    status: changed(a?.status, b?.status),
    error: changed(a?.error?.message, b?.error?.message),
    tasks: changed(a?.tasks, b?.tasks),
    attempts: changed(a?.attempts, b?.attempts),
    outputs: changedOutputs(outputsA, outputsB),
    durationMs: { a: a && durationOf(a), b: b && durationOf(b) },
    costUsd: { a: costOf(outputsA), b: costOf(outputsB) },
  };
  const { status, error, tasks, attempts } = difference;
  const isSame = [status, error, tasks, attempts].every((change) => change === null);
  return isSame && difference.outputs.length === 0 ? undefined : difference;
}

function changed<Value extends string | number>(
  a: Value | undefined,
  b: Value | undefined,
): Change<Value> | null {
  return a === b ? null : { a, b };
}

function changedInputs(a: Json, b: Json): RunDifference["inputs"] {
  const [left, right] = [isJsonObject(a) ? a : {}, isJsonObject(b) ? b : {}];
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  return Object.fromEntries(
    names
      .filter((name) => !isEqual(left[name], right[name]))
      .map((name) => [name, { a: left[name], b: right[name] }]),
  );
}

function changedOutputs(a: readonly Json[], b: readonly Json[]): readonly number[] {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, index) => index).filter(
    (index) => !isEqual(a[index], b[index]),
  );
}

/** Outputs by stage and task, those that were taken over from an earlier run among them. */
function outputsOf({ events, outputs }: ComparedRun): Outputs {
  const byStage = new Map<string, Json[]>();
  for (const event of events) {
    const { type, data } = event;
    const stage = String(data["stage"]);
    if (type === "stage.reused") {
      byStage.set(stage, (data["outputs"] as readonly Json[]).map(valueIn));
      continue;
    }
    const output = outputs.get(event);
    if (output === undefined) continue;
    const known = byStage.get(stage) ?? [];
    known[type === "task.succeeded" ? Number(data["index"]) : 0] = output;
    byStage.set(stage, known);
  }
  return byStage;
}

/** What a `Value` holds; one that stands in an object is named by its hash. */
export function valueIn(value: Json): Json {
  return isJsonObject(value) && "value" in value ? (value["value"] ?? null) : value;
}

function durationOf({ startedAtMs, endedAtMs }: Pick<StageStory, "startedAtMs" | "endedAtMs">) {
  return startedAtMs === undefined || endedAtMs === undefined ? null : endedAtMs - startedAtMs;
}

/** The `cost_usd` of all outputs together. */
function costOf(outputs: readonly Json[]): number | null {
  const costs = outputs.flatMap((output) =>
    isJsonObject(output) && "cost_usd" in output ? [output["cost_usd"]] : [],
  );
  const known = costs.filter((cost) => typeof cost === "number");
  return known.length === 0 || known.length < costs.length
    ? null
    : known.reduce((sum, cost) => sum + cost, 0);
}

function isEqual(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((entry: Json) => sorted(entry) ?? null);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sorted(entry) ?? null]));
}
