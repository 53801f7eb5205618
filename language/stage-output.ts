import type { Json } from "../core/json.ts";
import type { PlanStage } from "../core/plan.ts";
import type { BlobPointer, Value } from "../core/value.ts";

/**
 * What `${stage}` means: of a stage with a single task, that task's output; else a mapping of `results` (all task
 * outputs in order) and, under each skill's name, that skill's outputs: a list with `foreach`, else the one output.
 * A skill that stands twice in the stage has no name of its own there, only its places in `results`.
 */
export function stageOutput(stage: PlanStage, outputs: readonly Value[]): Json {
  const values = outputs.map(asJson);
  const first = values[0];
  if (stage.single && first !== undefined) return first;
  const bySkill: Record<string, Json> = {};
  const names = stage.skills.map((call) => call.skill);
  for (const [position, skill] of names.entries()) {
    if (names.indexOf(skill) !== names.lastIndexOf(skill)) continue;
    const own = values.filter((_, index) => index % names.length === position);
    bySkill[skill] = stage.foreach === undefined ? (own[0] ?? null) : own;
  }
  return { ...bySkill, results: values };
}

function asJson(value: Value): Json {
  if ("value" in value) return value.value;
  const pointer: BlobPointer = { $blob: { ...value.blob, path: [] } };
  return pointer as unknown as Json;
}
