import type { PlanStage, Template } from "../core/plan.ts";
import { referencesIn } from "./template-references.ts";

/** Every template of a stage, those of its decision, its pause and its skills' inputs among them. */
export function templatesOf(stage: PlanStage): readonly Template[] {
  const { foreach, when, value, decision, pause, skills, cache } = stage;
  return [
    ...[foreach, when, value, decision?.on, cache?.key].filter(
      (template) => template !== undefined,
    ),
    ...(pause?.for === "approval" ? [pause.message] : []),
    ...(decision?.branches ?? []).flatMap((branch) => branch.when ?? []),
    ...skills.flatMap(({ inputs }) => Object.values(inputs)),
  ];
}

const keysByStage = new WeakMap<PlanStage, readonly string[]>();

/** The keys of the memory that `${memory.…}` of the stage names. */
export function memoryKeysOf(stage: PlanStage): readonly string[] {
  let keys = keysByStage.get(stage);
  if (keys === undefined) {
    const references = templatesOf(stage).flatMap(referencesIn);
    const named = references.flatMap(({ scope }) => (scope.kind === "memory" ? [scope.key] : []));
    keys = [...new Set(named)];
    keysByStage.set(stage, keys);
  }
  return keys;
}
