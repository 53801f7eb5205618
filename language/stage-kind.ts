import { MODEL_FEATURES } from "../core/model.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { StageSyntax } from "./schema.ts";

/**
 * What a written stage is: work of skills, a value to evaluate, a pause, a list of stages, another cascade, a choice between branches, or the
 * end of a loop.
 */
export type StageKind = "pause" | "work" | "transform" | "nested" | "cascade" | "choice" | "loop";

type Key = keyof StageSyntax;

/** The keys that make a stage of a kind, of which it has one. */
const MARKS: Readonly<Record<Exclude<StageKind, "work">, readonly Key[]>> = {
  loop: ["repeat"],
  choice: ["branches", "then", "else", "default"],
  nested: ["stages"],
  cascade: ["cascade"],
  transform: ["transform"],
  pause: ["wait", "approve"],
};

export function kindOf(stage: StageSyntax): StageKind {
  const has = (key: Key): boolean => stage[key] !== undefined;
  if (MARKS.loop.some(has)) return "loop";
  if (MARKS.choice.some(has) || has("condition") || stage.type === "conditional") return "choice";
  if (MARKS.nested.some(has)) return "nested";
  if (MARKS.cascade.some(has)) return "cascade";
  if (MARKS.pause.some(has)) return "pause";
  if (MARKS.transform.some(has) || stage.type === "transform") return "transform";
  return "work";
}

const COMMON: readonly Key[] = [
  ...([
    "stage",
    "stage_id",
    "name",
    "description",
    "type",
    "needs",
    "dependencies",
    "when",
  ] as const),
];
/** For each entry of a list. */
const EACH: readonly Key[] = [...(["foreach", "matrix", "max_parallel", "max_items"] as const)];
const KEYS: Readonly<Record<StageKind, readonly Key[]>> = {
  work: [
    ...([
      "skill",
      "skills",
      "run",
      "http",
      "inputs",
      "outputs",
      "foreach",
      "matrix",
      "max_parallel",
      "swarm_config",
      "error_handling",
    ] as const),
    ...([
      "test_suite",
      "tests",
      "codex_config",
      "fix_strategy",
      "error_recovery",
      "auto_fix",
    ] as const),
    ...([
      "timeout",
      "continue_on_error",
      "gate",
      "prompt",
      "model",
      "memory",
      "cache",
      "budget",
    ] as const),
    ...MODEL_FEATURES,
    "notify",
  ],
  transform: ["transform", "continue_on_error", "gate", "memory"],
  pause: ["wait", "approve", "continue_on_error"],
  nested: ["stages", "gate", "budget", ...EACH],
  cascade: ["cascade", "inputs", "model", "gate", "budget", ...EACH],
  choice: [
    "condition",
    "branches",
    "then",
    "else",
    "default",
    "continue_on_error",
    "gate",
    "budget",
  ],
  loop: ["condition", "repeat", "max_iterations", "continue_on_error", "memory_shared"],
};
const TYPES: Readonly<Record<StageKind, readonly StageSyntax["type"][]>> = {
  work: ["sequential", "parallel", "swarm-parallel", "multi-model", "codex-sandbox"],
  transform: ["transform"],
  pause: ["wait", "approve"],
  nested: ["sequential", "parallel"],
  cascade: ["sequential"],
  choice: ["conditional"],
  loop: ["conditional"],
};
const NAMES: Readonly<Record<StageKind, string>> = {
  work: "a stage with skills",
  transform: "a stage with `transform`",
  pause: "a stage that waits",
  nested: "a stage with `stages`",
  cascade: "a stage with `cascade`",
  choice: "a conditional stage",
  loop: "a stage with `repeat`",
};

/** Keys that mean nothing for a stage of this kind are refused: none is ever ignored. */
export function refuseForeignKeys(
  stage: StageSyntax,
  kind: StageKind,
  path: Path,
  reporter: Reporter,
): void {
  const allowed = new Set<string>([...COMMON, ...KEYS[kind]]);
  for (const key of Object.keys(stage)) {
    if (allowed.has(key)) continue;
    const message = `${NAMES[kind]} has no \`${key}\``;
    reporter.reportKey("invalid-cascade", message, path, key, "write a stage of its own for it");
  }
  if (stage.type !== undefined && !TYPES[kind].includes(stage.type)) {
    const message = `${NAMES[kind]} cannot be of type ${stage.type}`;
    const hint = `it can be ${TYPES[kind].join(", ")}`;
    reporter.report("invalid-cascade", message, [...path, "type"], hint);
  }
}
