import type { StageId } from "./ids.ts";
import type { Json } from "./json.ts";

/**
 * A cascade, checked and compiled: pure data, stored by its sha256 and named by every run.
 * Stages stand in an order in which each comes after those it needs.
 */
export interface Plan {
  readonly v: 1;
  readonly cascade: string;
  readonly version?: string;
  readonly description?: string;
  readonly inputs: readonly InputSpec[];
  readonly stages: readonly PlanStage[];
}

export type InputType =
  | "string"
  | "number"
  | "integer"
  | "boolean"
  | "array"
  | "object"
  | "any"
  | "path";

/** One declared input of a cascade or skill. `path` is a string, resolved against the job's directory. */
export interface InputSpec {
  readonly name: string;
  readonly type: InputType;
  readonly description?: string;
  readonly required: boolean;
  readonly default?: Json;
}

export type StageType = "sequential" | "parallel" | "swarm-parallel";

export interface PlanStage {
  readonly id: StageId;
  readonly type: StageType;
  /** Positions in `Plan.stages`. */
  readonly needs: readonly number[];
  /** One task for each skill and, with `foreach`, for each item. Tasks are item-major: all skills of item 0 first. */
  readonly skills: readonly SkillCall[];
  readonly foreach?: Template;
  readonly swarm?: SwarmConfig;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  /** True when the stage's output is its one task's output; false when it is a mapping over many. */
  readonly single: boolean;
}

export interface SkillCall {
  readonly skill: string;
  readonly lane: Lane;
  readonly inputs: Readonly<Record<string, Template>>;
}

export type Lane = "light" | "heavy" | "sandbox";
export const LANES: readonly Lane[] = ["light", "heavy", "sandbox"];

export interface SwarmConfig {
  readonly topology: TopologyName;
  readonly maxAgents: number;
  readonly strategy: StrategyName;
}

export type TopologyName = "mesh" | "hierarchical" | "star" | "ring";
export type StrategyName = "balanced" | "specialized" | "adaptive";

export interface RetryPolicy {
  /** All attempts counted, the first and those lost with an agent included. */
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

/** Compiled `${…}` text: pure data that `language/template.ts` evaluates. */
export type Template =
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "reference"; readonly reference: Reference }
  | { readonly kind: "text"; readonly parts: readonly (string | Reference)[] }
  | { readonly kind: "list"; readonly items: readonly Template[] }
  | { readonly kind: "map"; readonly entries: Readonly<Record<string, Template>> };

/** What a cascade may know of its own run. */
export type RunField = "id" | "cascade" | "timeline";

/** What a `${…}` points at, resolved to its scope at compile time. */
export interface Reference {
  readonly scope:
    | { readonly kind: "input"; readonly name: string }
    | { readonly kind: "stage"; readonly index: number }
    | { readonly kind: "item" }
    | { readonly kind: "run"; readonly field: RunField };
  readonly path: readonly (string | number)[];
  /** As written, for errors. */
  readonly source: string;
}
