import type { Logger } from "pino";
import type { SwarmError } from "./errors.ts";
import type { AgentId } from "./ids.ts";
import type { Json, JsonObject } from "./json.ts";
import type { SkillMemory } from "./memory.ts";
import type { ModelOutlook, ModelWish, SkillModels } from "./model.ts";
import type { SkillPeers } from "./peers.ts";
import type { InputSpec, Lane, PlanStage } from "./plan.ts";
import type { Repairs } from "./repairs.ts";
import type { Sandbox } from "./sandbox.ts";
import type { Steps } from "./steps.ts";

/** What a skill folder's `SKILL.md` declares. Inputs and outputs are checked at run time. */
export interface SkillManifest {
  readonly name: string;
  /** Second names, by which cascades may call it, too. */
  readonly aliases?: readonly string[];
  readonly description: string;
  readonly version: string;
  readonly lane: Lane;
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly InputSpec[];
  /** Its output follows from its inputs and the files that they name, and nothing else comes of it. */
  readonly effects?: "none";
  /** Of a skill in TypeScript or JavaScript: file name of the entry module in the skill's folder. */
  readonly entry?: string;
  /** Of a skill that is a program: its argument list, as written. No shell reads it and no value becomes part of it. */
  readonly argv?: readonly string[];
  /** The model that it asks, by the name of a route, as declared. */
  readonly model?: string;
  /** Of a skill that only instructs a model: what it says to it. */
  readonly prompt?: string;
  /** Absolute path of the skill's folder. */
  readonly folder: string;
  /** The sha256 of that folder as it was read; absent when that is too large. */
  readonly digest?: string;
}

/** `code`: a module that agents load; `argv`: a program that they start; `prompt`: instructs a model. */
export type SkillKind = "code" | "argv" | "prompt";

export function kindOf(manifest: Pick<SkillManifest, "entry" | "argv">): SkillKind {
  if (manifest.entry !== undefined) return "code";
  return manifest.argv === undefined ? "prompt" : "argv";
}

/** The model that a skill asks, by the name of a route; undefined: none. */
export function modelAskedBy(
  manifest: Pick<SkillManifest, "entry" | "argv" | "model">,
): string | undefined {
  return manifest.model ?? (kindOf(manifest) === "prompt" ? "auto-select" : undefined);
}

/** True when nothing comes of a skill but its output: so it is of one that only instructs a model, and else of one that says so. */
export function hasNoEffects(manifest: Pick<SkillManifest, "entry" | "argv" | "effects">): boolean {
  return manifest.effects === "none" || kindOf(manifest) === "prompt";
}

/** What a stage says of models. */
export type ModelPolicy = Pick<PlanStage, "model" | "features" | "mayLeaveModelRoute">;

/** Which model answers for a skill in a stage: the skill's own route, where it has one, goes before the stage's. */
export function modelWish(
  manifest: Pick<SkillManifest, "entry" | "argv" | "model">,
  { model, features, mayLeaveModelRoute }: ModelPolicy,
): ModelWish {
  const route = modelAskedBy(manifest);
  const named = route === undefined || route === "auto-select" ? model : route;
  return {
    ...(named === undefined ? {} : { model: named }),
    ...(features === undefined ? {} : { features }),
    ...(mayLeaveModelRoute === true ? { mayLeaveRoute: true } : {}),
  };
}

/** How everything else finds skills. */
export interface SkillCatalog {
  /** By its name or a second one. */
  find(name: string): SkillManifest | undefined;
  /** Why a skill that is there may not be used: it is broken, or the user has not allowed it. */
  refusalOf(name: string): SwarmError | undefined;
  /** What models its skills could ask; absent: not known here. */
  readonly models?: ModelOutlook;
  /** Those that may be used, without second names. */
  names(): readonly string[];
}

/** Results of earlier tasks, by the sha256 (hex) of all that they follow from. It may forget anything at any time. */
export interface SkillCache {
  /** What is kept under these keys; a key with nothing is left out. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, Json>>;
  put(results: ReadonlyMap<string, Json>): Promise<void>;
}

/** The expressions of the language, for skills that take some as inputs. */
export interface SkillExpressions {
  /**
   * @param names of the values that it may use
   * @returns what evaluates it; throws `expression-failed`, `unknown-reference` or `limit-exceeded` on data that does not fit
   * @throws SwarmError `invalid-expression`, `unknown-reference` or `limit-exceeded` when the text is wrong
   */
  compile(text: string, names: readonly string[]): Promise<(values: JsonObject) => Json>;
}

/** How a program ended that a skill had run. */
export interface CommandEnd {
  readonly exitCode: number;
  /** The beginning, when it is longer than `commandOutputBytes`. */
  readonly stdout: string;
  /** The end, when it is longer. */
  readonly stderr: string;
  /** Those of the two of which a part is left out. */
  readonly cut: readonly ("stdout" | "stderr")[];
  /** The last lines of its standard error in one, without secrets. */
  readonly lastWords: string;
}

/** Programs of this machine. */
export interface SkillCommands {
  /**
   * Runs a program to its end in the job's directory, without a shell and with the environment of skills that are programs.
   * What it started ends with it, and all of it when the task is stopped.
   * @param env variables on top of that environment
   * @throws SwarmError `skill-failed` when it does not start, `skill-crashed` when a signal ended it; the reason of an aborted signal
   */
  run(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<CommandEnd>;
}

/** What a code skill may reach beside its inputs. */
export interface SkillContext {
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly run: {
    readonly runId: string;
    readonly cascade: string;
    readonly stageId: string;
    readonly index: number;
  };
  readonly attempt: number;
  readonly agentId: AgentId;
  /** The job's directory: absolute. */
  readonly directory: string;
  /** Directory of the run's own files, made when first written to: `<job directory>/.cascade/runs/<run>`. */
  readonly runFolder: string;
  readonly cache: SkillCache;
  /** Of skills that run in worker threads (lane `heavy`), and of a trial, nothing is recorded. */
  readonly steps: Steps;
  readonly expressions: SkillExpressions;
  readonly memory: SkillMemory;
  /** The other members of the stage's team. */
  readonly peers: SkillPeers;
  /** Not in worker threads, where skills of the heavy lane run. */
  readonly models?: SkillModels;
  /** Only the skills that run the commands of cascades have it. */
  readonly commands?: SkillCommands;
  /** Only skills of the lane `sandbox` have it. */
  readonly sandbox?: Sandbox;
  /** Runs test suites in that sandbox and looks for fixes; only skills of the lane `sandbox` have it. */
  readonly repairs?: Repairs;
  /** Writes a file of the run in one step (write beside, then rename). Answers its absolute path. */
  writeArtifact(name: string, content: string | Uint8Array): Promise<string>;
}

/**
 * A code skill's entry module exports `run` of this type.
 * Contract: idempotent, for another attempt may run it again; stops soon after `signal` aborts;
 * throws `SwarmError` with disposition `fail` when another attempt cannot help.
 */
export type SkillRun = (inputs: JsonObject, context: SkillContext) => Promise<Record<string, Json>>;
