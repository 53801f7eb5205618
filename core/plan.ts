import type { Budget } from "./budget.ts";
import type { StageCache } from "./cache.ts";
import type { StageId } from "./ids.ts";
import type { Json } from "./json.ts";
import type { StageMemory } from "./memory.ts";
import type { ModelFeature } from "./model.ts";

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
  /** Environment variables of the coordinator that the run records when it starts; its sub-cascades' among them. */
  readonly env?: readonly string[];
  /** Names of the secrets that agents may be asked for. */
  readonly secrets?: readonly string[];
  readonly stages: readonly PlanStage[];
  /** What may be spent on models, and how long it may take: by the run as a whole, and by written stages. */
  readonly budgets?: readonly PlanBudget[];
  /** The output of the last of these stages that succeeded is the run's, when it is of a single task. */
  readonly result: readonly number[];
}

/** A budget with whatever it is for. */
export interface PlanBudget {
  /** Whose it is, as people call it: `the run`, `stage review`. */
  readonly name: string;
  readonly limit: Budget;
  /** Positions in `Plan.stages`: what the written stage became. Absent: the whole run. */
  readonly stages?: readonly number[];
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

export type StageType =
  | "sequential"
  | "parallel"
  | "swarm-parallel"
  | "multi-model"
  | "codex-sandbox"
  | "conditional"
  | "transform"
  | "wait"
  | "approve";

export interface PlanStage {
  readonly id: StageId;
  readonly type: StageType;
  /** Positions in `Plan.stages`. */
  readonly needs: readonly number[];
  readonly guard?: Guard;
  /** It is skipped when this is false. */
  readonly when?: Template;
  /** The coordinator evaluates these, and there are no tasks. A decision's value is `{branch, value}`. */
  readonly value?: Template;
  /** The value is a list, of so many entries at most. */
  readonly atMost?: number;
  /** Its value is `{results}`: of these only those count whose decision, at the same position of this list, took `then`. */
  readonly gathers?: readonly number[];
  /** It does nothing but let time pass, or wait for a person or a signal. */
  readonly pause?: Pause;
  /** The value is a gate of these stages: it must be true, unless all of them were skipped. */
  readonly gate?: { readonly source: string; readonly stages: readonly number[] };
  readonly decision?: Decision;
  /** When it fails, the run goes on as if it had been skipped. */
  readonly continueOnError?: true;
  /** It runs also when the run fails before it, once nothing else runs any more. */
  readonly isFinal?: true;
  /** One task for each skill and, with `foreach`, for each item. Tasks are item-major: all skills of item 0 first. */
  readonly skills: readonly SkillCall[];
  readonly foreach?: Template;
  /** Tasks that are under way at once, at most. */
  readonly maxParallel?: number;
  readonly swarm?: SwarmConfig;
  /** Which model skills use that need one. */
  readonly model?: string;
  /** The memory that the stage uses. */
  readonly memory?: StageMemory;
  /** What its task needs of a model. */
  readonly features?: readonly ModelFeature[];
  /** Models outside of the named route may answer when none of it can. */
  readonly mayLeaveModelRoute?: true;
  /** Results of earlier runs are taken for its own, when they follow from the same. */
  readonly cache?: StageCache;
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
  /** True when the stage's output is its one task's output; false when it is a mapping over many. */
  readonly single: boolean;
}

export type Pause =
  | { readonly for: "time"; readonly ms: number }
  | {
      readonly for: "signal";
      readonly signal: string;
      /** How long the signal is waited for; for ever when it is absent. */
      readonly timeoutMs?: number;
      /** What no signal in time means. */
      readonly onTimeout: "fail" | "continue";
    }
  | {
      readonly for: "approval";
      /** What is to be approved, for the person who is asked; a text. */
      readonly message: Template;
      /** How long an answer is waited for; for ever when it is absent. */
      readonly timeoutMs?: number;
      /** What no answer in time means. */
      readonly onTimeout: "approve" | "deny";
    };

/** A stage behind it runs only when that stage took the branch, or failed; else it is skipped. */
export type Guard =
  | { readonly stage: number; readonly branch: string }
  | { readonly stage: number; readonly failed: true };

/** How a conditional stage chooses one of its branches. */
export interface Decision {
  /** Absent when every branch has a condition of its own. */
  readonly on?: Template;
  /** In the order in which they are tried. */
  readonly branches: readonly Branch[];
  /** The branch when no other fits. */
  readonly otherwise?: string;
}

export interface Branch {
  readonly name: string;
  /** It is taken for numbers from here up, unless a branch before it is. */
  readonly atLeast?: number;
  /** It is taken when this is true. */
  readonly when?: Template;
}

export interface SkillCall {
  readonly skill: string;
  /** The sha256 of the skill's folder: no other version runs. Absent when it is too large to be pinned. */
  readonly digest?: string;
  readonly lane: Lane;
  readonly inputs: Readonly<Record<string, Template>>;
  /** What is kept of its output: from the name that it has then to the skill's own. All, when it is absent. */
  readonly outputs?: Readonly<Record<string, string>>;
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
  | Expression
  | { readonly kind: "text"; readonly parts: readonly (string | Reference | Expression)[] }
  | { readonly kind: "list"; readonly items: readonly Template[] }
  | { readonly kind: "map"; readonly entries: Readonly<Record<string, Template>> }
  /** Every combination of the entries of some lists, as mappings; the last list changes fastest. */
  | { readonly kind: "product"; readonly axes: Readonly<Record<string, Template>> }
  /** A secret by its name, and what stands around it. Only agents know its value: see `SecretMarker`. */
  | {
      readonly kind: "secret";
      readonly name: string;
      readonly before: string;
      readonly after: string;
    };

/** An expression that was checked: its names are references, in the text `r0`, `r1`, … in their order. */
export interface Expression {
  readonly kind: "expression";
  /** CEL, printed from the syntax tree; numbers are doubles. */
  readonly text: string;
  readonly references: readonly Reference[];
  /** True when it goes through lists entry by entry, which then must not be long. */
  readonly iterates: boolean;
  /** As written, for errors. */
  readonly source: string;
}

/** What a cascade may know of its own run. */
export type RunField = "id" | "cascade" | "status" | "error" | "timeline";

/** What a `${…}` points at, resolved to its scope at compile time. */
export interface Reference {
  readonly scope: /** An input, or a variable of the environment as it was when the run started: `env.<NAME>`. */
    | { readonly kind: "input"; readonly name: string }
    /** The output of the last of these stages that succeeded; null when none did. */
    | { readonly kind: "stage"; readonly indexes: readonly number[] }
    /** How the last of these stages that was not skipped ended. */
    | { readonly kind: "status"; readonly indexes: readonly number[] }
    /** `{code, message}` of the last of these stages that failed; null when none did. */
    | { readonly kind: "error"; readonly indexes: readonly number[] }
    | { readonly kind: "item" }
    /** The position of the item, from 0. */
    | { readonly kind: "index" }
    | { readonly kind: "constant"; readonly value: Json }
    | { readonly kind: "run"; readonly field: RunField }
    /** What the stage's memory has under a key; null when that is nothing. */
    | { readonly kind: "memory"; readonly key: string };
  readonly path: readonly (string | number)[];
  /** It asks whether there is a value, and is true or false. */
  readonly isPresence?: true;
  /** As written, for errors. */
  readonly source: string;
}
