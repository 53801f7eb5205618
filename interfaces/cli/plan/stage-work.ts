import type { ModelProvider } from "../../../core/model.ts";
import type { Branch, Lane, Pause, Plan, PlanStage, SwarmConfig } from "../../../core/plan.ts";
import {
  modelAskedBy,
  modelWish,
  type SkillCatalog,
  type SkillManifest,
} from "../../../core/skill.ts";
import { FALSE_BRANCHES, finite, TRUE_BRANCHES } from "../../../language/decision.ts";
import { branchOf } from "./guard-branch.ts";
import type { KnownValues } from "./known-values.ts";
import type { Loop } from "./loops.ts";
import { templateText } from "./template-text.ts";

/** What a stage does when it runs. */
export type StageWork =
  | SkillWork
  | { readonly kind: "transform"; readonly value: string }
  /** The run fails unless this is true. */
  | { readonly kind: "gate"; readonly condition: string }
  | { readonly kind: "wait"; readonly ms: number }
  | SignalWork
  | ApprovalWork
  | ChoiceWork
  | LoopWork;

export interface SignalWork {
  readonly kind: "signal";
  readonly signal: string;
  /** Null: it waits for ever. */
  readonly timeoutMs: number | null;
  readonly onTimeout: "fail" | "continue";
}

export interface ApprovalWork {
  readonly kind: "approval";
  readonly message: string;
  /** Null: it waits for ever. */
  readonly timeoutMs: number | null;
  readonly onTimeout: "approve" | "deny";
}

export interface SkillWork {
  readonly kind: "skills";
  readonly skills: readonly { readonly skill: string; readonly lane: Lane }[];
  /** Null when data tells how many. */
  readonly tasks: number | null;
  readonly foreach?: {
    readonly kind: "foreach" | "matrix";
    readonly over: string;
    readonly entries: number | null;
  };
  readonly maxParallel?: number;
  readonly swarm?: SwarmConfig;
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  readonly timeoutMs: number;
  /** So long an earlier result of the same content is taken; absent when none is. */
  readonly cacheTtlMs?: number;
  readonly model?: { readonly name: string; readonly isUsed: boolean };
  /** Who would answer, for each of its skills that ask a model; absent where it is not known what models there are. */
  readonly answers?: readonly ExpectedAnswer[];
}

export interface ExpectedAnswer {
  readonly skill: string;
  readonly model: string;
  readonly provider: ModelProvider;
  readonly reasons: readonly string[];
  /** The longest answer of one call, its prompt not counted; null: not known. */
  readonly answerUsd: number | null;
}

export interface ChoiceWork {
  readonly kind: "choice";
  /** Null when every branch has a condition of its own. */
  readonly on: string | null;
  /** In the order in which they are tried. */
  readonly branches: readonly BranchSummary[];
  /** The branch when no other fits, or null: then the run fails, unless the branches are for true and false. */
  readonly otherwise: string | null;
}

export interface BranchSummary {
  readonly name: string;
  /** What takes it: its own condition, true, false, a number from `atLeast` up, or a text that is its name. */
  readonly by: "when" | "true" | "false" | "number" | "name";
  readonly when?: string;
  /** Null: any number. */
  readonly atLeast?: number | null;
  /** Ids of the stages right behind it. */
  readonly stages: readonly string[];
}

export interface LoopWork {
  readonly kind: "loop";
  /** It is done again while this is true. */
  readonly condition: string;
  /** How often its stages run, at most. */
  readonly turns: number;
  /** Ids of the stages that are done again, this one last. */
  readonly stages: readonly string[];
}

/** What the stage at this position of the plan does. Pure. */
export function stageWorkOf(
  { stages }: Plan,
  position: number,
  about: {
    readonly known: KnownValues;
    readonly skills: SkillCatalog;
    readonly loop: Loop | undefined;
  },
): StageWork {
  const stage = stages[position];
  if (stage?.gate !== undefined) return { kind: "gate", condition: stage.gate.source };
  if (stage?.value !== undefined) return { kind: "transform", value: templateText(stage.value) };
  if (stage?.pause !== undefined) return pauseWork(stage.pause);
  if (stage?.decision !== undefined) {
    const { on, branches, otherwise } = stage.decision;
    const condition = on === undefined ? null : templateText(on);
    if (about.loop !== undefined) {
      const { turns, body } = about.loop;
      const ids = body.map((at): string => stages[at]?.id ?? "");
      return { kind: "loop", condition: condition ?? "", turns, stages: ids };
    }
    return {
      kind: "choice",
      on: condition,
      branches: branches.map((branch) => {
        const behind = stages.filter(
          ({ guard }) => guard?.stage === position && branchOf(guard) === branch.name,
        );
        return { ...takenBy(branch), stages: behind.map(({ id }) => id) };
      }),
      otherwise: otherwise ?? null,
    };
  }
  if (stage === undefined) throw new Error(`the plan has no stage ${position}`);
  return skillWork(stage, about.known.entriesOf(position), about.skills);
}

function pauseWork(pause: Pause): StageWork {
  if (pause.for === "time") return { kind: "wait", ms: pause.ms };
  if (pause.for === "signal") {
    const { signal, timeoutMs = null, onTimeout } = pause;
    return { kind: "signal", signal, timeoutMs, onTimeout };
  }
  const { message, timeoutMs = null, onTimeout } = pause;
  return { kind: "approval", message: templateText(message), timeoutMs, onTimeout };
}

function takenBy({ name, when, atLeast }: Branch): Omit<BranchSummary, "stages"> {
  if (when !== undefined) return { name, by: "when", when: templateText(when) };
  if (TRUE_BRANCHES.has(name)) return { name, by: "true" };
  if (FALSE_BRANCHES.has(name)) return { name, by: "false" };
  if (atLeast === undefined) return { name, by: "name" };
  const isAny = atLeast === finite(Number.NEGATIVE_INFINITY);
  return { name, by: "number", atLeast: isAny ? null : atLeast };
}

function skillWork(
  stage: PlanStage,
  entries: number | undefined,
  catalog: SkillCatalog,
): SkillWork {
  const { skills, foreach, maxParallel, swarm, retry, timeoutMs, model, cache } = stage;
  const asking = skills.flatMap(({ skill }) => {
    const manifest = catalog.find(skill);
    return manifest === undefined || modelAskedBy(manifest) === undefined ? [] : [manifest];
  });
  return {
    kind: "skills",
    skills: skills.map(({ skill, lane }) => ({ skill, lane })),
    tasks: entries === undefined ? null : entries * skills.length,
    ...(foreach && {
      foreach: {
        kind: foreach.kind === "product" ? "matrix" : "foreach",
        over: templateText(foreach),
        entries: entries ?? null,
      },
    }),
    ...(maxParallel === undefined ? {} : { maxParallel }),
    ...(swarm && { swarm }),
    ...retry,
    timeoutMs,
    ...(cache === undefined ? {} : { cacheTtlMs: cache.ttlMs }),
    ...(model === undefined ? {} : { model: { name: model, isUsed: asking.length > 0 } }),
    ...answersOf(asking, stage, catalog),
  };
}

/** A plan is only made when each of them has a model. */
function answersOf(
  asking: readonly SkillManifest[],
  stage: PlanStage,
  { models }: SkillCatalog,
): { readonly answers?: readonly ExpectedAnswer[] } {
  if (models === undefined || asking.length === 0) return {};
  const answers = asking.map((manifest): ExpectedAnswer => {
    const { model, provider, reasons, worstCostUsd } = models.choose(modelWish(manifest, stage));
    return { skill: manifest.name, model, provider, reasons, answerUsd: worstCostUsd };
  });
  return { answers };
}
