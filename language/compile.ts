import type { InputSpec, Plan } from "../core/plan.ts";
import type { SkillCatalog } from "../core/skill.ts";
import { allowsSandboxState, allowsStageOutputs, settingsOf } from "./cascade-settings.ts";
import { openCascade } from "./cascade-source.ts";
import type { Diagnostic, Warning } from "./diagnostic.ts";
import { Expander } from "./expand.ts";
import { Findings } from "./findings.ts";
import { Names } from "./names.ts";
import type { Source } from "./parse.ts";
import { PlanBuilder } from "./plan-builder.ts";
import type { Reporter } from "./reporter.ts";
import type { CascadeSyntax } from "./schema.ts";
import { StageCompiler } from "./stage-compiler.ts";
import { type CascadeSources, NO_CASCADES, SubCascades } from "./sub-cascades.ts";

export type Compiled =
  | { readonly ok: true; readonly plan: Plan; readonly warnings: readonly Warning[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Checks a cascade and compiles it to a plan, or says everything that is wrong with it and where.
 * @param sources where the cascades are that its stages use
 */
export function compileCascade(
  source: Source,
  catalog: SkillCatalog,
  sources: CascadeSources = NO_CASCADES,
): Compiled {
  const findings = new Findings();
  const opened = openCascade(source, findings);
  if (opened === undefined) return { ok: false, diagnostics: findings.list() };
  const { cascade, inputs, reporter, stageIds } = opened;
  const builder = new PlanBuilder();
  const names = new Names(inputs, builder.graph, stageIds, {
    allowsOutputs: allowsStageOutputs(cascade),
    allowsSandboxState: allowsSandboxState(cascade),
    ...builder.listed(cascade, reporter),
  });
  const subCascades = new SubCascades({ sources, catalog, builder, around: [cascade.name] });
  const compiler = new StageCompiler({ catalog, names, reporter, stages: builder.stages });
  const parts = { builder, names, compiler, catalog, reporter, subCascades };
  const expander = new Expander({ ...parts, prefix: "" });
  const { target } = expander.cascade(cascade, "outputs", {
    entry: [],
    guard: undefined,
    settings: settingsOf(cascade),
    turns: 1,
  });
  if (!findings.isEmpty) return { ok: false, diagnostics: findings.list() };
  const { name, description } = cascade;
  const plan: Plan = {
    v: 1,
    cascade: name,
    ...versionOf(cascade, reporter),
    ...(description === undefined ? {} : { description }),
    inputs,
    ...builder.listedNames(),
    ...builder.budgets,
    stages: builder.stages,
    result: target.stages,
  };
  return { ok: true, plan, warnings: unusedInputs(inputs, names, reporter) };
}

/** As written: the number 1.10 would read as 1.1. */
function versionOf({ version }: CascadeSyntax, reporter: Reporter): { readonly version?: string } {
  if (version === undefined) return {};
  return { version: reporter.written(["version"]) ?? String(version) };
}

function unusedInputs(
  inputs: readonly InputSpec[],
  names: Names,
  reporter: Reporter,
): readonly Warning[] {
  return inputs.flatMap(({ name }, index): Warning[] => {
    if (names.isUsed(name)) return [];
    const message = `the input "${name}" is not used by any stage`;
    const location = reporter.locate(["inputs", index]);
    return [{ severity: "warning", code: "unused-input", message, location }];
  });
}
