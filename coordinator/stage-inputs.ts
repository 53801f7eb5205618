import { SwarmError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { isJsonObject } from "../core/json.ts";
import { refuseOver } from "../core/limits.ts";
import type { PlanStage, RunField } from "../core/plan.ts";
import type { BlobRef } from "../core/value.ts";
import { stageOutput } from "../language/stage-output.ts";
import { blobsNeeded, evaluate, type Scope } from "../language/template.ts";
import type { Blobs } from "../store/blobs.ts";
import type { RunState } from "./run-state.ts";
import { type QueuedTask, skillCallOf } from "./task-queue.ts";

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
   * Gets a stage ready and answers how many tasks it has; a promise when objects must be loaded first.
   * @throws SwarmError when `foreach` is not a list, or a reference finds nothing
   */
  prepare(run: RunState, stage: number): number | Promise<number> {
    const needed = this.#needed(run, stage);
    if (needed.length === 0) return this.#finish(run, stage);
    return this.#load(run, needed).then(() => this.prepare(run, stage));
  }

  /** @throws SwarmError when a reference finds nothing in the data */
  inputsOf(task: QueuedTask): JsonObject {
    const { run, stage, index } = task;
    const { skills } = run.stage(stage);
    const items = this.#of(run).stages.get(stage)?.items;
    const scope = this.#scope(run, items?.[Math.floor(index / skills.length)]);
    const inputs: Record<string, Json> = {};
    for (const [name, template] of Object.entries(skillCallOf(task).inputs)) {
      inputs[name] = evaluate(template, scope);
    }
    return inputs;
  }

  /** The run is over, or abandoned. */
  forget(run: RunState): void {
    this.#runs.delete(run);
  }

  #finish(run: RunState, index: number): number {
    const stage = run.stage(index);
    const items = this.#items(run, stage);
    this.#of(run).stages.set(index, { items });
    return (items?.length ?? 1) * stage.skills.length;
  }

  #items(run: RunState, stage: PlanStage): readonly Json[] | undefined {
    if (stage.foreach === undefined) return undefined;
    const items = evaluate(stage.foreach, this.#scope(run, undefined));
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
    const scope = this.#scope(run, undefined);
    const ofItems =
      stage.foreach === undefined ? [] : blobsNeeded(stage.foreach, scope, { whole: true });
    const withoutItem = stage.foreach === undefined ? stage.skills : [];
    const ofTexts = withoutItem.flatMap((call) =>
      Object.values(call.inputs).flatMap((template) =>
        blobsNeeded(template, scope, { whole: false }),
      ),
    );
    return [...ofItems, ...ofTexts];
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

  #scope(run: RunState, item: Json | undefined): Scope {
    const own = this.#of(run);
    return {
      input: (name) => this.#inputs(run)[name],
      stage: (index) => {
        let output = own.outputs.get(index);
        const outputs = output === undefined ? run.outputs(index) : undefined;
        if (outputs !== undefined) {
          output = stageOutput(run.stage(index), outputs);
          own.outputs.set(index, output);
        }
        return output;
      },
      run: (field) => fieldOf(run, field),
      ...(item === undefined ? {} : { item }),
      loaded: (ref) => own.loaded.get(ref.name),
    };
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

function fieldOf(run: RunState, field: RunField): Json {
  switch (field) {
    case "id":
      return run.runId;
    case "cascade":
      return run.plan.cascade;
    case "timeline":
      return run.timeline;
    default:
      return field satisfies never;
  }
}

function asObject(value: Json | undefined): JsonObject {
  if (isJsonObject(value)) return value as JsonObject;
  throw new SwarmError("record-corrupt", "the inputs of the run are not an object");
}
