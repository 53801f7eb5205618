import type { Logger } from "pino";
import { failureOf } from "../bus/failures.ts";
import type { Clock } from "../core/clock.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { checkedMemoryValue, LEARNED_KEY, type StageMemory } from "../core/memory.ts";
import type { PlanStage } from "../core/plan.ts";
import { BLOB_KEY, isBlobPointer, type Value } from "../core/value.ts";
import { stepInto } from "../language/scope.ts";
import { memoryKeysOf } from "../language/stage-templates.ts";
import type { Blobs } from "../store/blobs.ts";
import type { Memory } from "../store/memory.ts";
import { spaceOf } from "./memory-actor.ts";
import type { RunState } from "./run-state.ts";
import type { ShardOwner } from "./shard-owner.ts";

export interface StageMemoriesOptions {
  readonly memory: Memory;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What strategies have learned, for `${memory.learned_patterns}`. */
  readonly learned: () => Json;
}

const RETRY_MS = 500;

/**
 * What the coordinator itself does with the memory: it reads for `${memory.key}` before a stage starts, and keeps fields of
 * a stage's output when it has succeeded. What was read stands in the log before it is used, so that a fold uses the same.
 */
export class StageMemories {
  readonly #options: StageMemoriesOptions;

  constructor(options: StageMemoriesOptions) {
    this.#options = options;
  }

  /** True when the stage names keys and the log does not say yet what they had. */
  mustRead(run: RunState, index: number): boolean {
    return run.memoryOf(index) === undefined && memoryKeysOf(run.stage(index)).length > 0;
  }

  /** Reads what the stage names and records it. Resolves also when nobody wants the stage any more. */
  async read(owner: ShardOwner, run: RunState, index: number): Promise<void> {
    const stage = run.stage(index);
    const declared = stage.memory;
    if (declared === undefined) throw new Error(`stage ${stage.id} has no memory`);
    const space = spaceOf(declared, run);
    const values: Record<string, Json> = {};
    const revisions: Record<string, number> = {};
    for (const key of memoryKeysOf(stage)) {
      if (declared.learned === true && key === LEARNED_KEY) {
        values[key] = this.#options.learned();
        continue;
      }
      const found = await this.#again(run, index, () => this.#options.memory.read(space, key));
      if (found === undefined) return;
      revisions[key] = found.revision;
      const value = found.entry?.value;
      if (value !== undefined) values[key] = "value" in value ? value.value : pointerTo(value);
    }
    const stored = await this.#again(run, index, () =>
      this.#options.memory.kept(JSON.stringify(values)),
    );
    if (stored === undefined || this.#isOver(run, index)) return;
    owner.record(run, { type: "memory.read", stage: stage.id, values: stored, revisions });
  }

  /** True when something of the stage's output is to be kept. */
  mustKeep(run: RunState, index: number): boolean {
    return keptKeys(run, run.stage(index)).length > 0;
  }

  /**
   * Writes what the stage keeps of its output and records that. Called again after a restart, it writes nothing twice:
   * each write has an id that follows from the run, the stage and the key.
   * @param output as `stageOutput` makes it
   */
  async keep(owner: ShardOwner, run: RunState, index: number, output: Json): Promise<void> {
    const stage = run.stage(index);
    const declared = stage.memory;
    if (declared === undefined) return;
    const whole = isBlobPointer(output) ? await this.#loaded(run, index, output) : output;
    for (const key of keptKeys(run, stage)) {
      const isWhole = key === declared.output;
      const field = isWhole ? whole : isJsonObject(whole) ? stepInto(whole, key) : undefined;
      if (field === undefined) continue;
      const { text } = checkedMemoryValue(await this.#loaded(run, index, field));
      const revision = await this.#again(run, index, async () =>
        this.#write(run, stage, declared, key, await this.#options.memory.kept(text)),
      );
      if (revision === undefined || this.#isOver(run, index)) return;
      const scope = declared.space.kind;
      owner.record(run, { type: "memory.written", stage: stage.id, key, scope, revision });
    }
  }

  async #write(
    run: RunState,
    { id: stage }: PlanStage,
    declared: StageMemory,
    key: string,
    value: Value,
  ): Promise<number> {
    const { ttlMs } = declared;
    const { revision } = await this.#options.memory.write({
      ...{ space: spaceOf(declared, run), key, value, id: `${run.runId}/${stage}.0` },
      by: { run: run.runId, stage },
      ...(ttlMs === undefined ? {} : { ttlMs }),
    });
    return revision;
  }

  /** A value with the content of every object in it. */
  async #loaded(run: RunState, index: number, value: Json): Promise<Json> {
    if (typeof value !== "object" || value === null) return value;
    if (isBlobPointer(value)) {
      const { path, ...ref } = value[BLOB_KEY];
      const bytes = await this.#again(run, index, () => this.#options.blobs.get(ref));
      const content = JSON.parse(Buffer.from(bytes ?? "null").toString("utf8")) as Json;
      const found = path.reduce<Json>((below, step) => stepInto(below, step) ?? null, content);
      return this.#loaded(run, index, found);
    }
    if (Array.isArray(value)) {
      return Promise.all(value.map((entry: Json) => this.#loaded(run, index, entry)));
    }
    const entries = Object.entries(value as JsonObject).map(
      async ([key, entry]) => [key, await this.#loaded(run, index, entry)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }

  /** Tries until the server has answered; undefined when nobody wants the stage any more. */
  async #again<Result>(
    run: RunState,
    index: number,
    attempt: () => Promise<Result>,
  ): Promise<Result | undefined> {
    const { clock, logger } = this.#options;
    while (!this.#isOver(run, index)) {
      try {
        return await attempt();
      } catch (error) {
        if (failureOf(error) !== "unknown") throw error;
        logger.warn({ event: "memory.unknown", runId: run.runId, err: error });
        await new Promise<void>((resolve) => void clock.schedule(RETRY_MS, resolve));
      }
    }
    return undefined;
  }

  #isOver(run: RunState, index: number): boolean {
    return !run.isWanted(index);
  }
}

/** The keys that the stage keeps of its output: those that no task of it has written itself. */
function keptKeys(run: RunState, { id, memory }: PlanStage): readonly string[] {
  if (memory === undefined) return [];
  const named = [...memory.write, ...(memory.output === undefined ? [] : [memory.output])];
  return [...new Set(named)].filter((key) => !key.endsWith("*") && !run.hasWritten(id, key));
}

function pointerTo(value: Extract<Value, { readonly blob: unknown }>): Json {
  return { [BLOB_KEY]: { ...value.blob, path: [] } };
}
