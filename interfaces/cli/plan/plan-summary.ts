import type { Json, JsonObject } from "../../../core/json.ts";
import type { StageMemory } from "../../../core/memory.ts";
import type { InputType, Plan, StageType } from "../../../core/plan.ts";
import { kindOf, modelAskedBy, type SkillCatalog, type SkillKind } from "../../../core/skill.ts";
import { type BudgetSummary, budgetSummaries } from "./budget-summary.ts";
import { KnownValues } from "./known-values.ts";
import { findLoops } from "./loops.ts";
import { type StageWork, stageWorkOf } from "./stage-work.ts";
import { templateText } from "./template-text.ts";
import { mostOf, type WorstCase, worstCaseOf } from "./worst-case.ts";

/** What a run of a cascade would do, as `plan --json` answers it. What only a run can tell is null. */
export interface PlanSummary {
  readonly schemaVersion: 1;
  readonly cascade: string;
  readonly version: string | null;
  readonly description: string | null;
  /** Stages with every turn of the loops: as many as a run has. */
  readonly stageCount: number;
  /** The most tasks. */
  readonly tasks: number | null;
  /** The most tasks of the stages of which it is known. */
  readonly knownTasks: number;
  readonly inputs: readonly InputSummary[];
  /** Ids of stages that can start together, in order. */
  readonly waves: readonly (readonly string[])[];
  /** Of a loop, the first turn. */
  readonly stages: readonly StageSummary[];
  readonly skills: readonly SkillSummary[];
  /** Names of environment variables that are recorded when the run starts; absent when there are none. */
  readonly env?: readonly string[];
  /** Names of secrets that skills may be given; absent when there are none. */
  readonly secrets?: readonly string[];
  /** Of the run and of stages; absent when there are none. */
  readonly budgets?: readonly BudgetSummary[];
  readonly worstCase: WorstCase & { readonly modelCost: ModelCost };
}

export interface InputSummary {
  readonly name: string;
  readonly type: InputType;
  /** As it was given or declared; null when it is to be given or left out. */
  readonly value: Json;
  readonly origin: "given" | "default" | "left-out" | "to-be-given";
}

export interface StageSummary {
  readonly id: string;
  readonly type: StageType;
  /** From 1. */
  readonly wave: number;
  readonly needs: readonly string[];
  /** It runs only when that stage takes the branch, or fails. */
  readonly guard?:
    | { readonly stage: string; readonly branch: string }
    | { readonly stage: string; readonly failed: true };
  readonly when?: string;
  readonly continueOnError: boolean;
  /** It runs also when the run fails before it. */
  readonly isFinal: boolean;
  /** The keys that its skills may use, and what is kept of its output. */
  readonly memory?: StageMemory;
  readonly does: StageWork;
}

export interface SkillSummary {
  readonly name: string;
  readonly version: string;
  readonly kind: SkillKind;
  /** Null: its manifest does not say what it writes, sends or starts. */
  readonly sideEffects: null;
}

export interface ModelCost {
  readonly usd: null;
  /** Prompts are known only when a stage is carried out. */
  readonly reason: "no-model-is-used" | "prompts-are-not-known";
}

export interface PlanRequest {
  readonly plan: Plan;
  /** As they were given. */
  readonly given: JsonObject;
  /** As the run would have them, without those that are to be given. */
  readonly values: JsonObject;
  readonly skills: SkillCatalog;
}

/** Says what a run would do. Pure; equal requests have equal answers. */
export function planSummary({ plan, given, values, skills }: PlanRequest): PlanSummary {
  const known = new KnownValues(plan, values);
  const tasks = tasksOf(plan, known);
  const used = usedSkills(plan, skills);
  const knownTasks = mostOf(
    plan,
    tasks.map((count) => count ?? 0),
  );
  const needsModel = used.some(({ name }) => isAsking(name, skills));
  const stages = stageSummaries(plan, { known, skills });
  return {
    schemaVersion: 1,
    cascade: plan.cascade,
    version: plan.version ?? null,
    description: plan.description ?? null,
    stageCount: plan.stages.length,
    tasks: tasks.includes(undefined) ? null : knownTasks,
    knownTasks,
    inputs: inputSummaries(plan, given),
    waves: wavesOf(stages),
    stages,
    skills: used,
    ...(plan.env === undefined ? {} : { env: plan.env }),
    ...(plan.secrets === undefined ? {} : { secrets: plan.secrets }),
    ...(plan.budgets === undefined
      ? {}
      : { budgets: budgetSummaries(plan, (position) => known.entriesOf(position), skills) }),
    worstCase: {
      ...worstCaseOf(plan, tasks),
      modelCost: {
        usd: null,
        reason: needsModel ? "prompts-are-not-known" : "no-model-is-used",
      },
    },
  };
}

/** Of each stage; undefined when data tells how many. */
function tasksOf({ stages }: Plan, known: KnownValues): readonly (number | undefined)[] {
  return stages.map(({ skills }, position) => {
    if (skills.length === 0) return 0;
    const entries = known.entriesOf(position);
    return entries === undefined ? undefined : entries * skills.length;
  });
}

function inputSummaries({ inputs }: Plan, given: JsonObject): readonly InputSummary[] {
  return inputs.map(({ name, type, required, default: fallback }): InputSummary => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value !== undefined) return { name, type, value, origin: "given" };
    if (fallback !== undefined) return { name, type, value: fallback, origin: "default" };
    return { name, type, value: null, origin: required ? "to-be-given" : "left-out" };
  });
}

function isAsking(name: string, skills: SkillCatalog): boolean {
  const manifest = skills.find(name);
  return manifest !== undefined && modelAskedBy(manifest) !== undefined;
}

/** In the order in which stages first name them. */
function usedSkills({ stages }: Plan, skills: SkillCatalog): readonly SkillSummary[] {
  const names = new Set(stages.flatMap((stage) => stage.skills.map(({ skill }) => skill)));
  return [...names].flatMap((name): SkillSummary[] => {
    const manifest = skills.find(name);
    if (manifest === undefined) return [];
    const { version } = manifest;
    return [{ name, version, kind: kindOf(manifest), sideEffects: null }];
  });
}

function stageSummaries(
  plan: Plan,
  facts: { readonly known: KnownValues; readonly skills: SkillCatalog },
): readonly StageSummary[] {
  const loops = findLoops(plan);
  const idOf = (position: number): string => plan.stages[position]?.id ?? "";
  const waves: number[] = [];
  return plan.stages.flatMap((stage, position): StageSummary[] => {
    const needs = stage.needs.filter((needed) => !loops.isLaterTurn(needed));
    const wave = 1 + needs.reduce((latest, needed) => Math.max(latest, waves[needed] ?? 0), 0);
    waves.push(wave);
    if (loops.isLaterTurn(position)) return [];
    const { id, type, guard, when, continueOnError, isFinal, memory } = stage;
    return [
      {
        id,
        type,
        wave,
        needs: needs.map(idOf),
        ...(guard && { guard: { ...guard, stage: idOf(guard.stage) } }),
        ...(when && { when: templateText(when) }),
        continueOnError: continueOnError === true,
        isFinal: isFinal === true,
        ...(memory === undefined ? {} : { memory }),
        does: stageWorkOf(plan, position, { ...facts, loop: loops.byDecision.get(position) }),
      },
    ];
  });
}

function wavesOf(stages: readonly StageSummary[]): readonly (readonly string[])[] {
  const waves: string[][] = [];
  for (const { id, wave } of stages) {
    waves[wave - 1] ??= [];
    waves[wave - 1]?.push(id);
  }
  return waves;
}
