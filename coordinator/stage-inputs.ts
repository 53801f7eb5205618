import { type ErrorRecord, SwarmError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { isJsonObject } from "../core/json.ts";
import { refuseOver } from "../core/limits.ts";
import type { Decision, Pause, PlanStage, RunField, Template } from "../core/plan.ts";
import type { BlobRef } from "../core/value.ts";
import { decide } from "../language/decision.ts";
import type { Scope } from "../language/scope.ts";
import { stageOutput } from "../language/stage-output.ts";
import { blobsNeeded, evaluate } from "../language/template.ts";
import type { Blobs } from "../store/blobs.ts";
import type { RunState } from "./run-state.ts";
import { type QueuedTask, skillCallOf } from "./task-queue.ts";

/** What there is to do for a stage that is ready. */
export type PreparedStage =
  | { readonly kind: "tasks"; readonly tasks: number }
  /** Nothing but a value, which is its output. */
  | { readonly kind: "value"; readonly value: Json }
  | { readonly kind: "skip"; readonly why: "branch" | "when" }
  | { readonly kind: "pause"; readonly pause: OpenPause };

/** A pause that begins now. */
export interface OpenPause {
  readonly for: "time" | "approval" | "signal";
  readonly message?: string;
  /** The message, not cut. */
  readonly whole?: string;
  readonly signal?: string;
  /** Absent when only a person or a signal ends it. */
  readonly ms?: number;
}

/** What the tasks of a running stage are made of. Rebuilt from the plan and the recorded outputs after a restart. */
interface Prepared {
  readonly items: readonly Json[] | undefined;
}

interface RunInputs {
  inputs: JsonObject | undefined;
  readonly stages: Map<number, Prepared>;
  readonly outputs: Map<number, Json>;
  readonly loaded: Map<string, Json>;
}

/** Evaluates the inputs of tasks. Objects are loaded only where their content decides something here. */
export class StageInputs {
  readonly #blobs: Blobs;
  readonly #runs = new Map<RunState, RunInputs>();

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  /**
   * Gets a stage ready and answers what there is to do; a promise when objects must be loaded first.
   * @throws SwarmError when `foreach` is not a list, a reference finds nothing or an expression fails
   */
  prepare(run: RunState, stage: number): PreparedStage | Promise<PreparedStage> {
    if (!this.isChosen(run, stage)) return { kind: "skip", why: "branch" };
    const needed = this.#needed(run, stage);
    if (needed.length === 0) return this.#finish(run, stage);
    return this.#load(run, needed).then(() => this.prepare(run, stage));
  }

  /** False for a stage of a branch that was not taken, and for a fallback of a stage that did not fail. */
  isChosen(run: RunState, stage: number): boolean {
    return passesGuard(run, stage);
  }

  /** @throws SwarmError when a reference finds nothing in the data */
  inputsOf(task: QueuedTask): JsonObject {
    const { run, stage, index } = task;
    const { skills } = run.stage(stage);
    const items = this.#of(run).stages.get(stage)?.items;
    const position = Math.floor(index / skills.length);
    const scope = this.#scope(run, stage, items && { item: items[position] ?? null, position });
    const inputs: Record<string, Json> = {};
    for (const [name, template] of Object.entries(skillCallOf(task).inputs)) {
      inputs[name] = evaluate(template, scope);
    }
    return inputs;
  }

  /** What the stage's `cache` says that its result depends on beside its inputs. */
  cacheKeyOf(run: RunState, index: number): Json {
    const key = run.stage(index).cache?.key;
    return key === undefined ? null : evaluate(key, this.#scope(run, index, undefined));
  }

  /** The run is over, or abandoned. */
  forget(run: RunState): void {
    this.#runs.delete(run);
  }

  #finish(run: RunState, index: number): PreparedStage {
    const stage = run.stage(index);
    const scope = this.#scope(run, index, undefined);
    if (stage.when !== undefined && !this.#isWanted(stage, stage.when, scope)) {
      return { kind: "skip", why: "when" };
    }
    if (stage.gate?.stages.every((each) => run.outcome(each) === "skipped") === true) {
      return { kind: "skip", why: "when" };
    }
    if (stage.value !== undefined) {
      const value = gathered(run, stage, gatedValue(stage, stage.value, scope));
      return { kind: "value", value: boundedList(stage, value) };
    }
    if (stage.pause !== undefined) return { kind: "pause", pause: pauseOf(stage.pause, scope) };
    if (stage.decision !== undefined)
      return { kind: "value", value: decide(stage.decision, scope) };
    const items = this.#items(run, index);
    this.#of(run).stages.set(index, { items });
    return { kind: "tasks", tasks: (items?.length ?? 1) * stage.skills.length };
  }

  #isWanted(stage: PlanStage, when: Template, scope: Scope): boolean {
    const wanted = evaluate(when, scope);
    if (typeof wanted === "boolean") return wanted;
    const message = `when of stage ${stage.id} is not true or false, but ${JSON.stringify(wanted)}`;
    throw new SwarmError("expression-failed", message.slice(0, 200));
  }

  #items(run: RunState, index: number): readonly Json[] | undefined {
    const stage = run.stage(index);
    if (stage.foreach === undefined) return undefined;
    const items = evaluate(stage.foreach, this.#scope(run, index, undefined));
    if (!Array.isArray(items)) {
      throw new SwarmError("invalid-input", `foreach of stage ${stage.id} is not a list`);
    }
    refuseOver("fanOutItems", items.length);
    return items as readonly Json[];
  }

  /** Objects that must be loaded before the stage can start; those inside others come up in the next round. */
  #needed(run: RunState, index: number): readonly BlobRef[] {
    const stage = run.stage(index);
    const { inputs } = run.created;
    const own = this.#of(run);
    if ("blob" in inputs && !own.loaded.has(inputs.blob.name)) return [inputs.blob];
    const memory = run.memoryOf(index);
    if (memory !== undefined && "blob" in memory && !own.loaded.has(memory.blob.name)) {
      return [memory.blob];
    }
    const scope = this.#scope(run, index, undefined);
    const needs = (template: Template | undefined, whole: boolean): readonly BlobRef[] =>
      template === undefined ? [] : blobsNeeded(template, scope, { whole });
    const ofItems = needs(stage.foreach, true);
    const ofConditions = [
      ...needs(stage.when, true),
      ...needs(stage.value, stage.atMost !== undefined),
      ...needs(stage.cache?.key, false),
      ...(stage.pause?.for === "approval" ? needs(stage.pause.message, true) : []),
      ...templatesOf(stage.decision).flatMap((template) => needs(template, true)),
    ];
    const withoutItem = stage.foreach === undefined ? stage.skills : [];
    const ofTexts = withoutItem.flatMap((call) =>
      Object.values(call.inputs).flatMap((template) =>
        blobsNeeded(template, scope, { whole: false }),
      ),
    );
    return [...ofConditions, ...ofItems, ...ofTexts];
  }

  async #load(run: RunState, refs: readonly BlobRef[]): Promise<void> {
    const { loaded } = this.#of(run);
    await Promise.all(
      refs.map(async (ref) => {
        const bytes = await this.#blobs.get(ref);
        loaded.set(ref.name, JSON.parse(Buffer.from(bytes).toString("utf8")) as Json);
      }),
    );
  }

  #scope(
    run: RunState,
    index: number,
    entry: { readonly item: Json; readonly position: number } | undefined,
  ): Scope {
    const own = this.#of(run);
    return {
      input: (name) => this.#inputs(run)[name],
      stage: (position) => {
        let output = own.outputs.get(position);
        const outputs = output === undefined ? run.outputs(position) : undefined;
        if (outputs !== undefined) {
          output = stageOutput(run.stage(position), outputs);
          own.outputs.set(position, output);
        }
        return output;
      },
      status: (index) => run.outcome(index),
      error: (index) => told(run.errorOf(index)),
      run: (field) => fieldOf(run, field),
      memory: (key) => {
        const values = this.#memory(run, index);
        return Object.hasOwn(values, key) ? values[key] : undefined;
      },
      ...(entry === undefined ? {} : { item: entry.item, itemIndex: entry.position }),
      loaded: (ref) => own.loaded.get(ref.name),
    };
  }

  /** What the log says that the memory had for the stage. */
  #memory(run: RunState, index: number): JsonObject {
    const read = run.memoryOf(index);
    if (read === undefined) return {};
    return asObject("value" in read ? read.value : this.#of(run).loaded.get(read.blob.name));
  }

  #inputs(run: RunState): JsonObject {
    const own = this.#of(run);
    const { inputs } = run.created;
    own.inputs ??= asObject("value" in inputs ? inputs.value : own.loaded.get(inputs.blob.name));
    return own.inputs;
  }

  #of(run: RunState): RunInputs {
    let own = this.#runs.get(run);
    if (own === undefined) {
      own = { inputs: undefined, stages: new Map(), outputs: new Map(), loaded: new Map() };
      this.#runs.set(run, own);
    }
    return own;
  }
}

/** Longer messages are cut: they are shown on a terminal. */
const LONGEST_MESSAGE = 2_000;

function pauseOf(pause: Pause, scope: Scope): OpenPause {
  if (pause.for === "time") return { for: "time", ms: pause.ms };
  const limit = pause.timeoutMs === undefined ? {} : { ms: pause.timeoutMs };
  if (pause.for === "signal") return { for: "signal", signal: pause.signal, ...limit };
  const message = evaluate(pause.message, scope);
  const whole = typeof message === "string" ? message : JSON.stringify(message);
  return { for: "approval", message: whole.slice(0, LONGEST_MESSAGE), whole, ...limit };
}

/** @throws SwarmError `gate-not-met` when the stage is a gate and its value is not true */
function gatedValue(stage: PlanStage, template: Template, scope: Scope): Json {
  const value = evaluate(template, scope);
  if (stage.gate === undefined || value === true) return value;
  throw new SwarmError(
    "gate-not-met",
    `the gate of stage ${stage.id} is not met: ${stage.gate.source}`,
  );
}

/** Only entries that the list had. */
function gathered(run: RunState, { gathers }: PlanStage, value: Json): Json {
  if (gathers === undefined || !isJsonObject(value) || !Array.isArray(value["results"])) {
    return value;
  }
  const isThere = (entry: number): boolean => tookBranch(run, gathers[entry] ?? -1, "then");
  return { results: value["results"].filter((_, entry) => isThere(entry)) };
}

/** @throws SwarmError `invalid-input` when it is no list, `limit-exceeded` when it is longer than the plan has stages for */
function boundedList({ id, atMost }: PlanStage, value: Json): Json {
  if (atMost === undefined) return value;
  if (!Array.isArray(value)) {
    throw new SwarmError("invalid-input", `what ${id} goes through is not a list`);
  }
  if (value.length > atMost) {
    const message = `the list ${id} has ${value.length} entries, and the plan stages for ${atMost}`;
    throw new SwarmError("limit-exceeded", message, { hint: "raise `max_items`" });
  }
  return value;
}

function passesGuard(run: RunState, index: number): boolean {
  const { guard } = run.stage(index);
  if (guard === undefined) return true;
  if ("failed" in guard) return run.outcome(guard.stage) === "failed";
  return tookBranch(run, guard.stage, guard.branch);
}

function tookBranch(run: RunState, stage: number, branch: string): boolean {
  const [decision] = run.outputs(stage) ?? [];
  if (decision === undefined || !("value" in decision)) return false;
  return isJsonObject(decision.value) && decision.value["branch"] === branch;
}

function templatesOf(decision: Decision | undefined): readonly Template[] {
  if (decision === undefined) return [];
  return [decision.on, ...decision.branches.map(({ when }) => when)].filter(
    (template) => template !== undefined,
  );
}

function fieldOf(run: RunState, field: RunField): Json {
  switch (field) {
    case "id":
      return run.runId;
    case "cascade":
      return run.plan.cascade;
    case "status":
      return run.failure === undefined ? "succeeded" : "failed";
    case "error":
      return told(run.failure) ?? null;
    case "timeline":
      return run.timeline;
    default:
      return field satisfies never;
  }
}

function told(error: ErrorRecord | undefined): JsonObject | undefined {
  return error && { code: error.code, message: error.message };
}

function asObject(value: Json | undefined): JsonObject {
  if (isJsonObject(value)) return value as JsonObject;
  throw new SwarmError("record-corrupt", "the inputs or the memory of the run are not an object");
}
