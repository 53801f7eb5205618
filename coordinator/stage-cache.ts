import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { Logger } from "pino";
import type { CacheAddress, StageCache } from "../core/cache.ts";
import type { Clock } from "../core/clock.ts";
import type { EventOf } from "../core/events.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { PlanStage } from "../core/plan.ts";
import type { Value } from "../core/value.ts";
import { canonicalJson } from "../language/plan-digest.ts";
import { type TreeDigest, treeDigest } from "../language/tree-digest.ts";
import type { Blobs } from "../store/blobs.ts";
import type { LastResult, StageCacheStore } from "../store/stage-cache.ts";
import type { RunState } from "./run-state.ts";
import type { StageInputs } from "./stage-inputs.ts";

export interface StageCachesOptions {
  readonly store: StageCacheStore;
  readonly stageInputs: StageInputs;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type CacheAnswer = EventOf<"stage.reused"> | EventOf<"cache.missed">;

/** What tools and this program put beside the files of a project, and what skills that are cached do not read. */
const LEFT_OUT: ReadonlySet<string> = new Set([".git", ".cascade", "node_modules", "__pycache__"]);

/** Takes results of earlier runs for stages that say `cache`, and keeps those of this one. */
export class StageCaches {
  readonly #options: StageCachesOptions;

  constructor(options: StageCachesOptions) {
    this.#options = options;
  }

  /** True when it is not in the log yet what the cache has for the stage. */
  mustLook(run: RunState, index: number): boolean {
    return run.stage(index).cache !== undefined && run.cacheMissOf(index) === undefined;
  }

  /** What an earlier run made of the same content, or why there is none. Never throws: a cache that cannot be asked has nothing. */
  async look(run: RunState, index: number, tasks: number): Promise<CacheAnswer> {
    const stage = run.stage(index);
    const missed = (why: string, under?: CacheAddress): CacheAnswer => ({
      ...{ type: "cache.missed", stage: stage.id, why },
      ...(under === undefined ? {} : { under }),
    });
    const { cache } = stage;
    if (cache === undefined) throw new Error(`stage ${stage.id} has no cache`);
    try {
      const address = await addressOf(run, index, { cache, tasks }, this.#options.stageInputs);
      if ("why" in address) return missed(address.why);
      const found = await this.#found(run, stage, { address, cache, tasks });
      return "why" in found ? missed(found.why, address) : found;
    } catch (error) {
      this.#options.logger.warn({ event: "cache.unreadable", runId: run.runId, err: error });
      return missed("the cache could not be read");
    }
  }

  /** Keeps what a stage has made, unless the files it was made from have changed meanwhile. What goes wrong costs only that. */
  keep(run: RunState, index: number): void {
    const address = run.cacheMissOf(index)?.under;
    const outputs = run.outputs(index);
    if (address === undefined || outputs === undefined) return;
    const { id: stage } = run.stage(index);
    const { store, clock, logger } = this.#options;
    const unkept = unkeepable(outputs);
    const line = { event: "cache.unkept", runId: run.runId, stageId: stage };
    if (unkept !== undefined) {
      logger.info({ ...line, why: unkept });
      return;
    }
    const result = { run: run.runId, atMs: clock.wallMs(), outputs };
    filesDigest(address.paths)
      .then(async (files) => {
        if (files.status === "known" && files.digest === address.files) {
          await store.put({ cascade: run.plan.cascade, stage, address }, result);
        } else {
          logger.info({ ...line, why: "its files changed while it ran" });
        }
      })
      .catch((error: unknown) => logger.warn({ ...line, err: error }));
  }

  async #found(
    run: RunState,
    stage: PlanStage,
    looked: {
      readonly address: CacheAddress;
      readonly cache: StageCache;
      readonly tasks: number;
    },
  ): Promise<EventOf<"stage.reused"> | Unknown> {
    const { address, cache, tasks } = looked;
    const { store, clock } = this.#options;
    const result = await store.result(address.key);
    if (result === undefined) {
      return { why: whyMissed(address, await store.last(run.plan.cascade, stage.id)) };
    }
    const { run: from, atMs, outputs } = result;
    if (clock.wallMs() - atMs > cache.ttlMs) return { why: `the result of ${from} has expired` };
    if (outputs.length !== tasks || !(await this.#areThere(outputs))) {
      return { why: `the result of ${from} is not whole any more` };
    }
    return { type: "stage.reused", stage: stage.id, from, outputs, cached: true };
  }

  async #areThere(outputs: readonly Value[]): Promise<boolean> {
    const has = outputs.map((output) =>
      "blob" in output ? this.#options.blobs.has(output.blob) : true,
    );
    return (await Promise.all(has)).every(Boolean);
  }
}

interface Unknown {
  readonly why: string;
}

async function addressOf(
  run: RunState,
  index: number,
  { cache, tasks }: { readonly cache: StageCache; readonly tasks: number },
  stageInputs: StageInputs,
): Promise<CacheAddress | Unknown> {
  if (tasks > LIMITS.cachedTasks) {
    return { why: `it has ${tasks} tasks, and ${LIMITS.cachedTasks} may be kept` };
  }
  const stage = run.stage(index);
  const skills: Record<string, string> = {};
  for (const { skill, digest } of stage.skills) {
    if (digest === undefined) return { why: `the skill ${skill} is too large to tell its version` };
    skills[skill] = digest;
  }
  const inputs = Array.from({ length: tasks }, (_, position) =>
    stageInputs.inputsOf({ run, stage: index, index: position, attempt: 1, counted: false }),
  );
  const { directory } = run.created;
  const paths = [...new Set(inputs.flatMap((own, at) => pathsOf(own, at, cache, directory)))];
  if (paths.length > LIMITS.cachedPaths) {
    return {
      why: `its inputs name ${paths.length} paths, and ${LIMITS.cachedPaths} are looked at`,
    };
  }
  const files = await filesDigest(paths.sort());
  if (files.status === "unknown") return { why: files.why };
  const parts = {
    work: digestOf([
      stage.skills.map(({ skill, outputs }) => [skill, outputs ?? null]),
      modelOf(stage),
      tasks,
    ]),
    skills,
    inputs: digestOf([inputs, stageInputs.cacheKeyOf(run, index)]),
    files: files.digest,
  };
  return { key: digestOf(parts), ...parts, paths };
}

/** What the inputs of a task name, absolute. */
function pathsOf(
  inputs: JsonObject,
  task: number,
  { paths }: StageCache,
  directory: string,
): readonly string[] {
  const named = Object.entries(paths[task % paths.length] ?? {});
  return named.flatMap(([input, otherwise]) => {
    const given = inputs[input] ?? otherwise;
    return typeof given === "string" ? [resolve(directory, given)] : [];
  });
}

/** Where they lie belongs to it: outputs may name that. */
async function filesDigest(paths: readonly string[]): Promise<TreeDigest> {
  const digests: [string, string][] = [];
  for (const path of paths) {
    const found = await treeDigest(path, {
      mostFiles: LIMITS.cachedFiles,
      mostBytes: LIMITS.cachedFileBytes,
      judge: (below) =>
        LEFT_OUT.has(below.slice(below.lastIndexOf("/") + 1)) ? "is left out" : "counts",
    });
    if (found.status === "unknown") return found;
    digests.push([path, found.digest]);
  }
  return { status: "known", digest: digestOf(digests) };
}

function modelOf({ model, features, mayLeaveModelRoute }: PlanStage): Json {
  return [model ?? null, [...(features ?? [])], mayLeaveModelRoute === true];
}

function digestOf(value: Json): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** What differs between now and the newest result of the stage. */
function whyMissed(now: CacheAddress, last: LastResult | undefined): string {
  if (last === undefined) return "no earlier result";
  const { run, address: then } = last;
  if (now.work !== then.work) return `the stage does other work than in ${run}`;
  const changed = Object.keys(now.skills).filter(
    (skill) => now.skills[skill] !== then.skills[skill],
  );
  if (changed.length > 0) return `another version of ${changed.join(", ")} than in ${run}`;
  if (now.inputs !== then.inputs) return `other inputs than in ${run}`;
  if (now.files !== then.files) return `other files than in ${run}`;
  return `the result of ${run} is gone`;
}

/** Why outputs are not kept for other runs; undefined when they are. */
function unkeepable(outputs: readonly Value[]): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(outputs));
  if (bytes > LIMITS.messageBatchBytes) {
    return `${bytes} bytes of outputs, and ${LIMITS.messageBatchBytes} are kept`;
  }
  return outputs.some(isNotAnswered) ? "no model answered, but a script or a recording" : undefined;
}

function isNotAnswered(output: Value): boolean {
  if ("blob" in output || !isJsonObject(output.value)) return false;
  return output.value["is_scripted"] === true || output.value["is_replayed"] === true;
}
